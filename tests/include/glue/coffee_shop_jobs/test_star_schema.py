"""The schema in code and the data model that the catalog's comments come from say the same."""

from pathlib import Path

import yaml
from coffee_shop_jobs import star_schema

MODEL = yaml.safe_load(Path(__file__).parents[4].joinpath("include/data_model.yaml").read_text("utf-8"))["tables"]


def test_the_data_model_has_the_tables_columns_and_types_of_the_schema():
    described = {
        table: [(name, column["type"]) for name, column in model["columns"].items()] for table, model in MODEL.items()
    }

    assert described == star_schema.TABLES


def test_every_table_and_column_has_a_comment_of_one_sentence_and_every_table_a_grain():
    for table, model in MODEL.items():
        comments = [model["comment"], *(column["comment"] for column in model["columns"].values())]
        assert all(comment.endswith(".") and "\n" not in comment and len(comment) < 255 for comment in comments), table
        grain = model["grain"].split(", ")
        assert set(grain) <= set(model["columns"]), table

from typing import Any

import pytest
from coffee_shop.load.catalog import CatalogError, Description, read_descriptions, with_comments
from coffee_shop.settings import include_folder

STAFF = Description("Who works here.", {"staffno": "Number on the till.", "business_date": "Day."})


def table(comment: str | None = None) -> Any:
    column = {"Name": "staffno", "Type": "string"} | ({"Comment": comment} if comment else {})
    return {
        "Name": "staff",
        "DatabaseName": "db",
        "CreatedBy": "crawler",
        "StorageDescriptor": {"Columns": [column], "Location": "s3://b/staff/"},
        "PartitionKeys": [{"Name": "business_date", "Type": "string"}],
        "Parameters": {"classification": "parquet"},
    }


def test_comments_are_added_and_all_else_stays() -> None:
    assert with_comments(table(), STAFF) == {
        "Name": "staff",
        "Description": "Who works here.",
        "StorageDescriptor": {
            "Columns": [{"Name": "staffno", "Type": "string", "Comment": "Number on the till."}],
            "Location": "s3://b/staff/",
        },
        "PartitionKeys": [{"Name": "business_date", "Type": "string", "Comment": "Day."}],
        "Parameters": {"classification": "parquet"},
    }


def test_a_table_that_has_them_is_left_alone() -> None:
    assert with_comments(with_comments(table("old"), STAFF), STAFF) is None


def test_a_column_without_a_comment_is_named() -> None:
    with pytest.raises(CatalogError, match=r"staffno of table staff"):
        with_comments(table(), Description("Who works here.", {"business_date": "Day."}))


def test_the_data_model_describes_the_eight_tables() -> None:
    found = read_descriptions(include_folder() / "data_model.yaml")
    assert set(found) == {
        "customer",
        "product",
        "staff",
        "sales_outlet",
        "date",
        "sales_reciept",
        "pastry_inventory",
        "sales_target",
    }
    assert all(table.comment and all(table.columns.values()) for table in found.values())
    assert "business_date" in found["sales_reciept"].columns

"""Small tables of what the driver knows."""

from datetime import date

from coffee_shop_jobs.spark_tables import small_table

SCHEMA = "day date, name string, rank int, is_shared boolean"


def test_a_small_table_has_the_rows_that_it_was_given(spark):
    rows = [(date(2019, 4, 30), 'a "quoted" é, \\ and \x00', 1, True), (date(2019, 5, 1), None, None, False)]

    assert list(map(tuple, small_table(spark, rows, SCHEMA).collect())) == rows


def test_a_small_table_without_rows_has_its_columns(spark):
    table = small_table(spark, [], f"{SCHEMA}, amount decimal(12,2), digest binary")

    assert table.dtypes[-2:] == [("amount", "decimal(12,2)"), ("digest", "binary")]
    assert table.count() == 0


def test_a_small_table_starts_no_python(spark):
    table = small_table(spark, [(date(2019, 4, 30), "a", 1, True)], SCHEMA)

    assert "Python" not in table._jdf.queryExecution().toRdd().toDebugString()

import pytest

from local_aws.athena.trino_types import (
    BIGINT,
    DATE,
    DOUBLE,
    INTEGER,
    REAL,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    Type,
    UnknownHiveType,
    array,
    coerces,
    common_type,
    decimal,
    duck_type,
    from_hive,
    to_hive,
)


@pytest.mark.parametrize(
    ("a", "b", "wide"),
    [
        (INTEGER, BIGINT, BIGINT),
        (INTEGER, decimal(5, 2), decimal(12, 2)),
        (BIGINT, decimal(38, 10), decimal(38, 10)),
        (decimal(5, 2), decimal(4, 3), decimal(6, 3)),
        (decimal(5, 2), DOUBLE, DOUBLE),
        (INTEGER, REAL, REAL),
        (REAL, DOUBLE, DOUBLE),
        (Type("varchar", (3,)), Type("varchar", (5,)), Type("varchar", (5,))),
        (Type("varchar", (3,)), VARCHAR, VARCHAR),
        (DATE, TIMESTAMP, TIMESTAMP),
        (UNKNOWN, DATE, DATE),
        (array(INTEGER), array(DOUBLE), array(DOUBLE)),
        (VARCHAR, INTEGER, None),
        (VARCHAR, DATE, None),
        (Type("boolean"), INTEGER, None),
        (array(INTEGER), array(VARCHAR), None),
        (Type("row", ((None, INTEGER),)), Type("row", ((None, DOUBLE),)), Type("row", ((None, DOUBLE),))),
    ],
)
def test_common_type(a, b, wide):
    assert common_type(a, b) == wide
    assert common_type(b, a) == wide


def test_coercion_only_widens():
    assert coerces(INTEGER, DOUBLE)
    assert not coerces(DOUBLE, INTEGER)
    assert not coerces(decimal(5, 2), decimal(4, 2))


@pytest.mark.parametrize(
    ("hive", "trino", "duck"),
    [
        ("string", "varchar", "VARCHAR"),
        ("int", "integer", "INTEGER"),
        ("float", "real", "FLOAT"),
        ("timestamp", "timestamp(3)", "TIMESTAMP"),
        ("decimal(10,2)", "decimal(10,2)", "DECIMAL(10,2)"),
        ("varchar(5)", "varchar(5)", "VARCHAR"),
        ("array<struct<a:int,b:map<string,decimal(5,1)>>>", "array(row(a integer, b map(varchar, decimal(5,1))))",
         'STRUCT("a" INTEGER, "b" MAP(VARCHAR, DECIMAL(5,1)))[]'),
    ],
)  # fmt: skip
def test_catalog_types(hive, trino, duck):
    t = from_hive(hive)
    assert (str(t), duck_type(t), to_hive(t)) == (trino, duck, hive)


@pytest.mark.parametrize("hive", ["char(3)", "uniontype<int>", "interval"])
def test_unknown_catalog_types(hive):
    with pytest.raises(UnknownHiveType):
        from_hive(hive)

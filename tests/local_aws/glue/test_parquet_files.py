from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.glue.parquet_files import recognise


def test_types(tmp_path):
    table = pa.table(
        {
            "Id": pa.array([1], pa.int64()),
            "small": pa.array([1], pa.int16()),
            "price": pa.array([Decimal("1.2500")], pa.decimal128(12, 4)),
            "day": pa.array([0], pa.date32()),
            "at": pa.array([0], pa.timestamp("us")),
            "name": ["x"],
            "ok": [True],
            "lon": [1.5],
            "raw": pa.array([b"x"], pa.binary()),
            "tags": [["a"]],
            "at_place": [{"Lat": 1}],
            "seen": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    schema = recognise(tmp_path / "a.parquet")
    assert [(column.name, column.type) for column in schema.columns] == [
        ("id", "bigint"),
        ("small", "smallint"),
        ("price", "decimal(12,4)"),
        ("day", "date"),
        ("at", "timestamp"),
        ("name", "string"),
        ("ok", "boolean"),
        ("lon", "double"),
        ("raw", "binary"),
        ("tags", "array<string>"),
        ("at_place", "struct<lat:bigint>"),
        ("seen", "map<string,int>"),
    ]
    assert schema.rows == 1


def test_a_broken_file_is_not_recognised(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    assert recognise(tmp_path / "a.parquet") is None

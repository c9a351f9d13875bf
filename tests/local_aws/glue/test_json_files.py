from local_aws.glue.json_files import SERDE, recognise


def look(text: str, whole_file: bool = True):
    return recognise(
        text.encode(),
        whole_file,
        "none",
        len(text),
    )


def columns(schema):
    return [(column.name, column.type) for column in schema.columns]


def test_types_of_all_objects_together():
    schema = look('{"Id": 1, "big": 3000000000, "f": 1, "t": null, "ok": true}\n{"id": 2, "f": 2.5, "t": "x"}\n')
    assert columns(schema) == [("id", "int"), ("big", "bigint"), ("f", "double"), ("t", "string"), ("ok", "boolean")]
    assert schema.format.serde == SERDE
    assert schema.rows == 2


def test_nested_values():
    schema = look('{"tags": ["a", "b"], "at": {"Lat": 1.5, "lon": 2}, "none": []}')
    assert columns(schema) == [
        ("tags", "array<string>"),
        ("at", "struct<lat:double,lon:int>"),
        ("none", "array<string>"),
    ]


def test_values_that_disagree_are_strings():
    assert columns(look('{"a": 1}{"a": "x"}')) == [("a", "string")]


def test_not_json():
    assert look("a,b\n1,2\n") is None
    assert look("[1, 2]") is None
    assert look('{"a": 1} tail') is None
    assert look("") is None


def test_a_cut_sample_ends_inside_an_object():
    assert columns(look('{"a": 1}\n{"a": 2', whole_file=False)) == [("a", "int")]

"""Forms of properties: texts become what an API wants, and nothing unknown passes."""

import pytest

from local_aws.cloudformation.shapes import (
    LATER,
    PropertyError,
    anything,
    by_name,
    flag,
    many,
    only,
    record,
    text,
    whole,
)

BED = record(
    {
        "Name": text,
        "Rows": whole,
        "Watered": flag,
        "Plants": many(record({"Kind": only("kale", "leek")})),
        "Labels": by_name(text),
        "Plan": anything,
    },
    ("Name",),
)


def test_values_take_their_form():
    assert BED(
        {"Name": 7, "Rows": "4", "Watered": "true", "Plants": [{"Kind": "kale"}], "Labels": {"a": True}, "Plan": [1]},
        "Bed",
    ) == {"Name": "7", "Rows": 4, "Watered": True, "Plants": [{"Kind": "kale"}], "Labels": {"a": "true"}, "Plan": [1]}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Name": "x", "Depth": 1}, "Bed/Depth: the local AWS does not do this property"),
        (
            {"Name": "x", "Plants": [{"Kind": "kale", "Age": 1}]},
            "Bed/Plants/0/Age: the local AWS does not do this property",
        ),
        (
            {"Name": "x", "Plants": [{"Kind": "rose"}]},
            "Bed/Plants/0/Kind: the local AWS does not do 'rose', but kale or leek",
        ),
        ({"Rows": 1}, "Bed/Name: the property is needed and missing"),
        ({"Name": []}, "Bed/Name: expected a text"),
        ({"Name": "x", "Rows": "four"}, "Bed/Rows: expected a whole number, found 'four'"),
        ({"Name": "x", "Rows": True}, "Bed/Rows: expected a whole number"),
        ({"Name": "x", "Watered": "yes"}, "Bed/Watered: expected true or false"),
        ({"Name": "x", "Plants": {}}, "Bed/Plants: expected a list"),
        ({"Name": "x", "Labels": []}, "Bed/Labels: expected an object"),
        ([], "Bed: expected an object"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(value, words):
    with pytest.raises(PropertyError, match=words):
        BED(value, "Bed")


def test_what_is_known_later_passes():
    later = LATER + "Well.Depth}"
    assert BED({"Name": later, "Rows": later, "Watered": later, "Plants": [{"Kind": later}]}, "Bed")["Rows"] == later

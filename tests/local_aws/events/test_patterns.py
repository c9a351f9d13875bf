"""Event patterns. Each case that matches has one beside it that does not."""

import json

import pytest

from local_aws.events.patterns import PatternError, matches, parse

EVENT = {
    "source": "garden",
    "detail-type": "Harvest",
    "resources": ["arn:bed/1", "arn:bed/2"],
    "detail": {"crop": {"name": "Äpfel rot.csv", "kilos": 12.5, "ripe": True, "note": None}, "row": 7},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["garden"]}, True),
        ({"source": ["Garden"]}, False),
        ({"source": ["field", "garden"]}, True),
        ({"source": ["garden"], "detail-type": ["Sowing"]}, False),
        ({"resources": ["arn:bed/2"]}, True),
        ({"resources": ["arn:bed/3"]}, False),
        ({"resources": [{"prefix": "arn:bed/"}]}, True),
        ({"detail": {"row": [7]}}, True),
        ({"detail": {"row": ["7"]}}, False),
        ({"detail": {"row": [7.0]}}, True),
        ({"detail": {"crop": {"ripe": [True]}}}, True),
        ({"detail": {"crop": {"ripe": [1]}}}, False),
        ({"detail": {"row": [True]}}, False),
        ({"detail": {"crop": {"note": [None]}}}, True),
        ({"detail": {"crop": {"colour": [None]}}}, False),
        ({"detail": {"crop": {"name": [{"prefix": "Äpfel "}]}}}, True),
        ({"detail": {"crop": {"name": [{"prefix": "äpfel"}]}}}, False),
        ({"detail": {"crop": {"name": [{"prefix": {"equals-ignore-case": "äPFEL"}}]}}}, True),
        ({"detail": {"crop": {"name": [{"suffix": ".csv"}]}}}, True),
        ({"detail": {"crop": {"name": [{"suffix": ".CSV"}]}}}, False),
        ({"detail": {"crop": {"name": [{"suffix": {"equals-ignore-case": ".CSV"}}]}}}, True),
        ({"detail": {"row": [{"suffix": "7"}]}}, False),
        ({"detail": {"crop": {"name": [{"equals-ignore-case": "ÄPFEL ROT.CSV"}]}}}, True),
        ({"detail": {"crop": {"name": [{"wildcard": "Ä*rot.*"}]}}}, True),
        ({"detail": {"crop": {"name": [{"wildcard": "Ä*grün.*"}]}}}, False),
        ({"detail": {"crop": {"name": [{"wildcard": "Äpfel rot.csv"}]}}}, True),
        ({"detail": {"crop": {"name": [{"wildcard": "Äpfel\\*rot.csv"}]}}}, False),
        ({"detail": {"crop": {"name": [{"wildcard": "Äpfel rot?csv"}]}}}, False),
        ({"detail": {"crop": {"kilos": [{"numeric": [">", 12, "<=", 12.5]}]}}}, True),
        ({"detail": {"crop": {"kilos": [{"numeric": [">", 12.5]}]}}}, False),
        ({"detail": {"crop": {"ripe": [{"numeric": ["=", 1]}]}}}, False),
        ({"source": [{"anything-but": "field"}]}, True),
        ({"source": [{"anything-but": ["field", "garden"]}]}, False),
        ({"detail": {"row": [{"anything-but": [6, 8]}]}}, True),
        ({"source": [{"anything-but": {"prefix": "gar"}}]}, False),
        ({"source": [{"anything-but": {"suffix": ["x", "y"]}}]}, True),
        ({"source": [{"anything-but": {"wildcard": "g*n"}}]}, False),
        ({"detail": {"crop": {"colour": [{"anything-but": "red"}]}}}, False),
        ({"detail": {"crop": {"colour": [{"exists": False}]}}}, True),
        ({"detail": {"crop": {"name": [{"exists": False}]}}}, False),
        ({"detail": {"crop": {"name": [{"exists": True}]}}}, True),
        ({"detail": {"crop": [{"exists": True}]}}, False),  # only of leaves, as on AWS
        ({"detail": {"weather": {"rain": [{"exists": False}]}}}, True),
        ({"detail": {"row": {"number": [7]}}}, False),
        ({"source": ["field", {"prefix": "gar"}]}, True),
    ],
)
def test_matches(pattern, expected):
    assert matches(parse(json.dumps(pattern)), EVENT) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ("{}", "at least one field"),
        ('{"source": "garden"}', '"source" must be an object or an array'),
        ('{"source": []}', "empty arrays"),
        ('{"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}', "detail.ip: the local AWS does not match by 'cidr'"),
        ('{"$or": [{"source": ["a"]}, {"source": ["b"]}]}', "does not match $or"),
        ('{"source": [{"prefix": "a", "suffix": "b"}]}', "one comparison"),
        ('{"source": [["a"]]}', "one comparison"),
        ('{"row": [{"numeric": [">"]}]}', "numeric does not take"),
        ('{"row": [{"numeric": ["!=", 1]}]}', "numeric does not take"),
        ('{"row": [{"exists": "yes"}]}', "exists does not take"),
        ('{"row": [{"anything-but": {"numeric": ["=", 1]}}]}', "anything-but does not take"),
        ('{"row": [{"wildcard": "a**b"}]}', "wildcard does not take"),
        ('{"source": [{"prefix": 1}]}', "prefix does not take"),
        (json.dumps({"source": ["x" * 2048]}), "may be 2048"),
    ],
)
def test_a_pattern_that_is_none_or_not_done_is_refused_with_its_place(text, words):
    with pytest.raises(PatternError) as problem:
        parse(text)
    assert words in str(problem.value)

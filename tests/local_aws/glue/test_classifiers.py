import pytest
from botocore.exceptions import ClientError


def test_the_life_of_a_csv_classifier(aws):
    glue = aws.glue
    glue.create_classifier(CsvClassifier={"Name": "herbs", "Delimiter": ";", "Header": ["name", "n"]})
    found = glue.get_classifier(Name="herbs")["Classifier"]["CsvClassifier"]
    assert (found["Delimiter"], found["Header"], found["Version"]) == (";", ["name", "n"], 1)
    glue.update_classifier(CsvClassifier={"Name": "herbs", "Delimiter": "|"})
    found = glue.get_classifier(Name="herbs")["Classifier"]["CsvClassifier"]
    assert (found["Delimiter"], found["Header"], found["Version"]) == ("|", ["name", "n"], 2)
    assert found["LastUpdated"] >= found["CreationTime"]
    assert [one["CsvClassifier"]["Name"] for one in glue.get_classifiers()["Classifiers"]] == ["herbs"]
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        glue.create_classifier(CsvClassifier={"Name": "herbs"})
    glue.delete_classifier(Name="herbs")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_classifier(Name="herbs")


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"CsvClassifier": {"Name": "x", "ContainsHeader": "MAYBE"}}, "ContainsHeader"),
        ({"CsvClassifier": {"Name": "x", "Serde": "RegexSerDe"}}, "Serde"),
        ({"CsvClassifier": {"Name": "x", "Delimiter": "--"}}, "Delimiter"),
        ({"CsvClassifier": {"Name": "x", "Delimiter": ";", "QuoteSymbol": ";"}}, "QuoteSymbol"),
        ({"CsvClassifier": {"Name": "x", "CustomDatatypes": ["UUID"]}}, "UUID"),
        ({"GrokClassifier": {"Name": "x", "Classification": "x", "GrokPattern": "x"}}, "GrokClassifier"),
    ],
)
def test_refused(aws, request_, named):
    """Limits: the CsvClassifier structure in the Glue API reference."""
    with pytest.raises(ClientError, match=named) as caught:
        aws.glue.create_classifier(**request_)
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"

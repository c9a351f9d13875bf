"""Parameters and their limits."""

import pytest

from local_aws.cloudformation import parameters
from local_aws.cloudformation.errors import ValidationError

TEMPLATE = {
    "Parameters": {
        "Season": {"Type": "String", "Default": "spring", "AllowedValues": ["spring", "autumn"]},
        "Rows": {"Type": "Number", "Default": 4, "MinValue": 2, "MaxValue": 9},
        "Beds": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Widths": {"Type": "List<Number>", "Default": "1,2"},
        "Name": {"Type": "String", "Default": "kale", "AllowedPattern": "[a-z]+", "MinLength": 2, "MaxLength": 6},
        "Sign": {
            "Type": "String",
            "Default": "a@b",
            "AllowedPattern": ".+@.+",
            "ConstraintDescription": "an address.",
        },
        "Key": {"Type": "String", "Default": "hidden", "NoEcho": True},
    }
}


def test_defaults_and_lists():
    texts = parameters.texts(TEMPLATE, {"Rows": "5"})
    assert texts["Rows"] == "5"
    values = parameters.values(TEMPLATE, texts)
    assert values["Season"] == "spring"
    assert values["Rows"] == "5"
    assert values["Beds"] == ["a", "b"]
    assert values["Widths"] == ["1", "2"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Season": "winter"}, "'Season' must be one of AllowedValues: spring, autumn"),
        ({"Rows": "1"}, "'Rows' must be a number not less than 2"),
        ({"Rows": "10"}, "'Rows' must be a number not greater than 9"),
        ({"Rows": "many"}, "'Rows' must be a number"),
        ({"Widths": "1,x"}, "'Widths' must be a number"),
        ({"Name": "K1"}, r"'Name' must match pattern \[a-z\]\+"),
        ({"Name": "x"}, "'Name' must contain 2 to 6 characters"),
        ({"Sign": "ab"}, "'Sign' failed to satisfy constraint: an address."),
        ({"Weeds": "1"}, r"Parameters: \[Weeds\] do not exist in the template"),
    ],
)
def test_limits(given, words):
    with pytest.raises(ValidationError, match=words):
        parameters.texts(TEMPLATE, given)


def test_one_without_default_must_be_given():
    with pytest.raises(ValidationError, match=r"Parameters: \[A\] must have values"):
        parameters.texts({"Parameters": {"A": {"Type": "String"}}}, {})


@pytest.mark.parametrize("kind", ["AWS::SSM::Parameter::Value<String>", "AWS::EC2::VPC::Id"])
def test_a_type_that_would_be_pretended_is_refused(kind):
    with pytest.raises(ValidationError, match="does not do the type"):
        parameters.texts({"Parameters": {"A": {"Type": kind, "Default": "x"}}}, {})


def test_previous_values():
    asked = [{"ParameterKey": "Rows", "UsePreviousValue": True}, {"ParameterKey": "Name", "ParameterValue": "leek"}]
    assert parameters.given_values(asked, {"Rows": "7"}) == {"Rows": "7", "Name": "leek"}
    with pytest.raises(ValidationError, match="no previous value"):
        parameters.given_values(asked, {})


def test_no_echo_is_hidden():
    shown = {
        one["ParameterKey"]: one["ParameterValue"] for one in parameters.shown(TEMPLATE, {"Key": "x", "Rows": "4"})
    }
    assert shown == {"Key": "****", "Rows": "4"}

"""Reading templates: functions, conditions, references, and what is refused by name. No AWS needed."""

import datetime as dt

import pytest

from local_aws.cloudformation import template
from local_aws.cloudformation.errors import ValidationError

NAMES = {"AWS::StackName": "garden", "AWS::Region": "us-east-1", "Season": "spring", "Beds": ["a", "b"]}
TEXT = """
Resources:
  Shed: {Type: AWS::S3::Bucket}
"""


class Garden(template.Made):
    """A shed that exists."""

    def ref(self, logical_id):
        return f"{logical_id.lower()}-1"

    def attribute(self, logical_id, name):
        return f"arn:{logical_id}:{name}"


def value(yaml_text):
    """The value of one expression, written as in a template."""
    parsed = template.read(TEXT + f"Outputs: {{Out: {{Value: {yaml_text}}}}}")
    parsed["Mappings"] = {"Rows": {"spring": {"carrots": 4}}}
    parsed["Conditions"] = {"IsSpring": {"Fn::Equals": [{"Ref": "Season"}, "spring"]}}
    return template.Evaluator(parsed, NAMES, Garden()).value(parsed["Outputs"]["Out"]["Value"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!Ref Season", "spring"),
        ("!Ref Shed", "shed-1"),
        ("!GetAtt Shed.Arn", "arn:Shed:Arn"),
        ("!GetAtt [Shed, Door.Lock]", "arn:Shed:Door.Lock"),
        ("{'Fn::GetAtt': [Shed, Arn]}", "arn:Shed:Arn"),
        ('!Sub "${AWS::StackName}-${Season}"', "garden-spring"),
        ('!Sub "${Shed}/${Shed.Arn}"', "shed-1/arn:Shed:Arn"),
        ('!Sub "${!Season} is ${Season}"', "${Season} is spring"),
        ('!Sub ["${What} in ${Season}", {What: !Ref Shed}]', "shed-1 in spring"),
        ('!Join ["+", [!Ref Season, x, 3]]', "spring+x+3"),
        ('!Split ["/", a/b/c]', ["a", "b", "c"]),
        ("!Select [1, !Ref Beds]", "b"),
        ('!Sub "${Beds}"', "a,b"),
        ("!If [IsSpring, dig, rest]", "dig"),
        ("!If [IsSpring, {A: 1, B: !Ref 'AWS::NoValue'}, 2]", {"A": 1}),
        ("[1, !Ref 'AWS::NoValue', 2]", [1, 2]),
        ("!FindInMap [Rows, !Ref Season, carrots]", 4),
        ("!Base64 dig", "ZGln"),
        ("!And [!Condition IsSpring, !Equals [1, '1']]", True),
        ("!Or [!Equals [a, b], !Not [!Condition IsSpring]]", False),
        ("!Not [!Equals [true, 'true']]", False),
    ],
)
def test_functions(expression, expected):
    assert value(expression) == expected


def test_a_date_is_text():
    parsed = template.read("Metadata: {Version: 2012-10-17}" + TEXT)
    assert parsed["Metadata"]["Version"] == "2012-10-17"
    assert not isinstance(parsed["Metadata"]["Version"], dt.date)


def test_json_is_a_template_too():
    assert template.read('{"Resources": {"Shed": {"Type": "AWS::S3::Bucket"}}}')["Resources"].keys() == {"Shed"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "unsupported structure"),
        ("a: [", "YAML not well-formed"),
        ("Description: none", "At least one Resources member"),
        ("Resources: {}", "At least one Resources member"),
        ("Resources: {Shed: {Properties: {}}}", "must contain a Type member"),
        ("Resources: {'Shed 1': {Type: AWS::S3::Bucket}}", "non alphanumeric"),
        ("A: &x {Type: b}\nResources: {Shed: *x}", "YAML aliases are not allowed"),
        (TEXT + "Transform: AWS::Serverless-2016-10-31", "the local AWS does not do Transform"),
        (TEXT + "Rules: {}", "the local AWS does not do Rules"),
        (TEXT + "Hooks: {}", "the local AWS does not do Hooks"),
        ("Resources: {Shed: {Type: AWS::S3::Bucket, CreationPolicy: {}}}", "resource attribute CreationPolicy"),
        ("Resources: {Shed: {Type: AWS::S3::Bucket, UpdatePolicy: {}}}", "resource attribute UpdatePolicy"),
        ("Resources: {Shed: {Type: AWS::S3::Bucket, DeletionPolicy: Snapshot}}", "DeletionPolicy must be one of"),
        (TEXT + "Outputs: {Out: {Value: 1, Export: {Name: x}}}", "does not do Export of an output"),
        (TEXT + "Outputs: {Out: {Value: !ImportValue x}}", "does not do the function Fn::ImportValue"),
        (TEXT + "Outputs: {Out: {Value: !GetAZs ''}}", "does not do the function Fn::GetAZs"),
        (TEXT + "Outputs: {Out: {Value: !Cidr [a, b]}}", "does not do the function Fn::Cidr"),
        (TEXT + "Outputs: {Out: {Value: '{{resolve:ssm:x}}'}}", "does not do dynamic references"),
    ],
)
def test_refused(text, words):
    with pytest.raises(ValidationError, match=words):
        template.read(text)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("!FindInMap [Rows, winter, carrots]", "Unable to get mapping for Rows::winter::carrots"),
        ("!Select [5, !Ref Beds]", "cannot work out"),
        ("!If [IsWinter, 1, 2]", "unresolved condition dependency IsWinter"),
    ],
)
def test_what_cannot_be_worked_out(expression, words):
    with pytest.raises(ValidationError, match=words):
        value(expression)


CHOICES = """
Conditions:
  IsSpring: !Equals [!Ref Season, spring]
  IsWinter: !Not [!Condition IsSpring]
Resources:
  Shed: {Type: AWS::S3::Bucket, Condition: IsSpring}
  Stove: {Type: AWS::S3::Bucket, Condition: IsWinter}
  Path: {Type: AWS::S3::Bucket, Properties: {BucketName: !If [IsSpring, !Ref Shed, !Ref Stove]}}
Outputs:
  Warm: {Value: !Ref Stove, Condition: IsWinter}
"""


def test_only_what_holds_is_left():
    found = template.with_conditions(template.read(CHOICES), NAMES)
    assert list(found["Resources"]) == ["Shed", "Path"]
    assert found["Resources"]["Path"]["Properties"] == {"BucketName": {"Ref": "Shed"}}
    assert found["Outputs"] == {}
    assert template.in_order(found) == ["Shed", "Path"]


def resources(**parts):
    return {"Resources": {name: {"Type": "AWS::S3::Bucket", **part} for name, part in parts.items()}, "Outputs": {}}


def test_each_comes_after_what_it_needs():
    parsed = resources(
        Gate={"DependsOn": "Fence"},
        Fence={"Properties": {"BucketName": {"Fn::Sub": "${Post.Arn}-x"}}},
        Post={},
        Lock={"DependsOn": ["Gate", "Post"]},
    )
    assert template.in_order(template.with_conditions(parsed, NAMES)) == ["Post", "Fence", "Gate", "Lock"]


def test_a_circle_is_named():
    parsed = resources(A={"DependsOn": "B"}, B={"Properties": {"BucketName": {"Ref": "A"}}}, C={})
    with pytest.raises(ValidationError, match=r"Circular dependency between resources: \[A, B\]"):
        template.with_conditions(parsed, NAMES)


def test_a_reference_that_leads_nowhere_is_named():
    parsed = resources(A={"Properties": {"BucketName": {"Fn::Sub": "x-${Gone}"}}})
    with pytest.raises(ValidationError, match=r"Unresolved resource dependencies \[Gone\] in the Resources block"):
        template.with_conditions(parsed, NAMES)
    parsed = resources(A={"DependsOn": "Gone"})
    with pytest.raises(ValidationError, match=r"\[Gone\] of A"):
        template.with_conditions(parsed, NAMES)


def test_a_condition_cannot_look_at_a_resource():
    parsed = template.read(TEXT + "Conditions: {Has: !Equals [!Ref Shed, x]}")
    parsed["Resources"]["Shed"]["Condition"] = "Has"
    with pytest.raises(ValidationError, match="a condition cannot refer to Shed"):
        template.with_conditions(parsed, NAMES)

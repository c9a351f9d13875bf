"""Stacks through the API: made, changed, taken back, removed; what would be pretended is refused by name."""

import json
import urllib.parse

import pytest
from botocore.exceptions import ClientError

from .conftest import bucket, database


def template(**resources):
    return {"Resources": resources}


def test_a_stack_has_outputs_resources_and_events(aws):
    body = {
        "Description": "A garden",
        "Parameters": {"Season": {"Type": "String", "Default": "spring"}},
        "Resources": {"Shed": bucket("garden-shed"), "Plants": database("plants")},
        "Outputs": {
            "ShedArn": {"Value": {"Fn::GetAtt": ["Shed", "Arn"]}, "Description": "Where the tools are"},
            "Where": {"Value": {"Fn::Sub": "${Plants} in ${Season} by ${AWS::StackName} of ${AWS::AccountId}"}},
        },
    }
    stack = aws.create("events", body, Parameters=[{"ParameterKey": "Season", "ParameterValue": "autumn"}])
    assert (stack["StackStatus"], stack["Description"]) == ("CREATE_COMPLETE", "A garden")
    assert stack["Parameters"] == [{"ParameterKey": "Season", "ParameterValue": "autumn"}]
    assert stack["Outputs"] == [
        {"OutputKey": "ShedArn", "OutputValue": "arn:aws:s3:::garden-shed", "Description": "Where the tools are"},
        {"OutputKey": "Where", "OutputValue": "plants in autumn by events of 123456789012"},
    ]
    assert aws.ids("events") == {"Shed": "garden-shed", "Plants": "plants"}
    assert aws.events("events") == [
        ("events", "CREATE_IN_PROGRESS"),
        ("Shed", "CREATE_IN_PROGRESS"),
        ("Shed", "CREATE_IN_PROGRESS"),
        ("Shed", "CREATE_COMPLETE"),
        ("Plants", "CREATE_IN_PROGRESS"),
        ("Plants", "CREATE_IN_PROGRESS"),
        ("Plants", "CREATE_COMPLETE"),
        ("events", "CREATE_COMPLETE"),
    ]
    one = aws.stacks.describe_stack_resource(StackName="events", LogicalResourceId="Shed")["StackResourceDetail"]
    assert (one["ResourceType"], one["ResourceStatus"]) == ("AWS::S3::Bucket", "CREATE_COMPLETE")
    listed = aws.stacks.list_stack_resources(StackName="events")["StackResourceSummaries"]
    assert [each["PhysicalResourceId"] for each in listed] == ["garden-shed", "plants"]
    assert json.loads(json.dumps(aws.stacks.get_template(StackName="events")["TemplateBody"])) == body


def test_a_name_is_made_when_the_template_has_none(aws):
    aws.create("named", template(Shed={"Type": "AWS::S3::Bucket"}))
    made = aws.ids("named")["Shed"]
    assert made.startswith("named-shed-")
    assert made in aws.buckets()


def test_a_stack_is_there_once(aws):
    aws.create("once", template(Shed=bucket("once-shed")))
    with pytest.raises(ClientError, match="already exists"):
        aws.create("once", template(Shed=bucket("once-shed")))


def test_an_update_changes_what_changed(aws):
    aws.create("grow", template(Shed=bucket("grow-shed"), Plants=database("grow", "kale"), Old=bucket("grow-old")))
    wanted = template(Shed=bucket("grow-shed"), Plants=database("grow", "leek"), New=bucket("grow-new"))
    before = len(aws.events("grow"))
    assert aws.update("grow", wanted)["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.client("glue").get_database(Name="grow")["Database"]["Description"] == "leek"
    assert {"grow-shed", "grow-new"} <= aws.buckets()
    assert "grow-old" not in aws.buckets()
    assert aws.events("grow")[before:] == [
        ("grow", "UPDATE_IN_PROGRESS"),
        ("Plants", "UPDATE_IN_PROGRESS"),
        ("Plants", "UPDATE_COMPLETE"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        ("grow", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Old", "DELETE_IN_PROGRESS"),
        ("Old", "DELETE_COMPLETE"),
        ("grow", "UPDATE_COMPLETE"),
    ]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        aws.update("grow", wanted)


def test_a_change_of_an_output_alone_is_an_update(aws):
    body = template(Shed=bucket("out-shed")) | {"Outputs": {"A": {"Value": "1"}}}
    aws.create("out", body)
    stack = aws.update("out", body | {"Outputs": {"A": {"Value": "2"}}})
    assert stack["Outputs"] == [{"OutputKey": "A", "OutputValue": "2"}]


def test_another_name_replaces_and_what_refers_to_it_follows(aws):
    def body(name):
        policy = {"Version": "2012-10-17", "Statement": []}
        return template(
            Shed=bucket(name),
            Rule={"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Shed"}, "PolicyDocument": policy}},
        )

    aws.create("move", body("move-one"))
    assert aws.update("move", body("move-two"))["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.ids("move") == {"Shed": "move-two", "Rule": "move-two"}
    assert "move-one" not in aws.buckets()
    assert aws.client("s3").get_bucket_policy(Bucket="move-two")["Policy"]


def test_a_named_resource_cannot_be_replaced_by_itself(aws):
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "RoleName": "digger"}
    aws.create("self", template(Digger={"Type": "AWS::IAM::Role", "Properties": role | {"Path": "/a/"}}))
    stack = aws.update("self", template(Digger={"Type": "AWS::IAM::Role", "Properties": role | {"Path": "/b/"}}))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing. Rename digger" in aws.reason("self", "Digger", "UPDATE_FAILED")


def test_what_was_made_is_taken_back_when_one_fails(aws):
    aws.client("s3").create_bucket(Bucket="taken")
    kept = bucket("back-kept") | {"DeletionPolicy": "Retain"}
    data = bucket("back-data") | {"DeletionPolicy": "RetainExceptOnCreate"}
    stack = aws.create(
        "back", template(Shed=bucket("back-shed"), Kept=kept, Data=data, Taken=bucket("taken") | {"DependsOn": "Data"})
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in aws.reason("back", "Taken", "CREATE_FAILED")
    assert "failed to create: [Taken]" in aws.reason("back", "back", "ROLLBACK_IN_PROGRESS")
    assert "back-kept" in aws.buckets()  # Retain
    assert "taken" in aws.buckets()  # not ours
    assert not {"back-shed", "back-data"} & aws.buckets()
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        aws.update("back", template(Shed=bucket("back-shed")))
    aws.delete("back")
    with pytest.raises(ClientError, match="Stack with id back does not exist"):
        aws.stacks.describe_stacks(StackName="back")
    assert "taken" in aws.buckets()


def test_a_resource_that_fails_half_way_is_taken_back_too(aws):
    broken = bucket("half-shed", Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    assert aws.create("half", template(Shed=broken))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "half-shed" not in aws.buckets()


def test_an_update_that_fails_goes_back(aws):
    aws.create("undo", template(Plants=database("undo", "kale"), Shed=bucket("undo-shed")))
    aws.client("glue").create_database(DatabaseInput={"Name": "undo_taken"})
    wanted = template(
        Plants=database("undo", "leek"),
        New=bucket("undo-new"),
        Taken=database("undo_taken") | {"DependsOn": ["Plants", "New"]},
    )
    stack = aws.update("undo", wanted)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.client("glue").get_database(Name="undo")["Database"]["Description"] == "kale"
    assert "undo-new" not in aws.buckets()
    assert "undo-shed" in aws.buckets()
    assert aws.ids("undo") == {"Plants": "undo", "Shed": "undo-shed"}
    assert aws.update("undo", template(Plants=database("undo", "leek")))["StackStatus"] == "UPDATE_COMPLETE"
    assert "undo-shed" not in aws.buckets()


def test_deleting_keeps_what_is_to_be_kept(aws):
    kept = {"DeletionPolicy": "Retain"}
    except_on_create = {"DeletionPolicy": "RetainExceptOnCreate"}
    body = template(Shed=bucket("end-shed"), Kept=bucket("end-kept") | kept, Data=bucket("end-data") | except_on_create)
    aws.create("end", body)
    assert aws.delete("end")["StackStatus"] == "DELETE_COMPLETE"
    assert {"end-kept", "end-data"} <= aws.buckets()
    assert "end-shed" not in aws.buckets()
    aws.stacks.delete_stack(StackName="end")  # a second time is no error


def test_a_bucket_with_objects_stops_the_deletion_until_it_is_left_behind(aws):
    aws.create("full", template(Shed=bucket("full-shed"), Plants=database("full")))
    aws.client("s3").put_object(Bucket="full-shed", Key="spade", Body=b"x")
    stack = aws.delete("full")
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "[Shed]" in stack["StackStatusReason"]
    assert "BucketNotEmpty" in aws.reason("full", "Shed", "DELETE_FAILED")
    assert aws.delete("full", RetainResources=["Shed"])["StackStatus"] == "DELETE_COMPLETE"
    assert "full-shed" in aws.buckets()


def test_replaced_resources_are_kept_when_the_template_says_so(aws):
    def body(name):
        return template(Shed=bucket(name) | {"UpdateReplacePolicy": "Retain"})

    aws.create("keep", body("keep-one"))
    aws.update("keep", body("keep-two"))
    assert {"keep-one", "keep-two"} <= aws.buckets()


def test_a_change_set_says_what_it_would_do_and_does_it(aws):
    before = template(Shed=bucket("plan-shed"), Plants=database("plan", "kale"), Old=bucket("plan-old"))
    aws.create("plan", before)
    wanted = template(Shed=bucket("plan-barn"), Plants=database("plan", "leek"), New=bucket("plan-new"))
    aws.stacks.create_change_set(StackName="plan", ChangeSetName="one", TemplateBody=json.dumps(wanted))
    found = aws.stacks.describe_change_set(StackName="plan", ChangeSetName="one")
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    changes = [one["ResourceChange"] for one in found["Changes"]]
    assert [(one["Action"], one["LogicalResourceId"], one.get("Replacement")) for one in changes] == [
        ("Modify", "Shed", "True"),
        ("Modify", "Plants", "False"),
        ("Add", "New", None),
        ("Remove", "Old", None),
    ]
    assert changes[0]["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "BucketName",
        "RequiresRecreation": "Always",
    }
    assert changes[3]["PhysicalResourceId"] == "plan-old"
    assert "plan-old" in aws.buckets()  # nothing has happened yet
    aws.stacks.execute_change_set(StackName="plan", ChangeSetName="one")
    assert aws.settled("plan")["StackStatus"] == "UPDATE_COMPLETE"
    assert {"plan-barn", "plan-new"} <= aws.buckets()
    assert not {"plan-shed", "plan-old"} & aws.buckets()
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        aws.stacks.execute_change_set(StackName="plan", ChangeSetName="one")


def test_a_change_set_without_changes_has_failed(aws):
    body = template(Shed=bucket("same-shed"))
    aws.create("same", body)
    aws.stacks.create_change_set(StackName="same", ChangeSetName="none", TemplateBody=json.dumps(body))
    found = aws.stacks.describe_change_set(StackName="same", ChangeSetName="none")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in found["StatusReason"]
    aws.stacks.delete_change_set(StackName="same", ChangeSetName="none")
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        aws.stacks.describe_change_set(StackName="same", ChangeSetName="none")


def test_a_change_set_can_make_a_stack(aws):
    asked = {
        "StackName": "first",
        "ChangeSetName": "one",
        "TemplateBody": json.dumps(template(Shed=bucket("first-shed"))),
    }
    with pytest.raises(ClientError, match="Stack with id first does not exist"):
        aws.stacks.create_change_set(**asked, ChangeSetType="UPDATE")
    aws.stacks.create_change_set(**asked, ChangeSetType="CREATE")
    assert aws.stacks.describe_stacks(StackName="first")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert "first-shed" not in aws.buckets()
    aws.stacks.get_waiter("change_set_create_complete").wait(StackName="first", ChangeSetName="one")
    aws.stacks.execute_change_set(StackName="first", ChangeSetName="one")
    aws.stacks.get_waiter("stack_create_complete").wait(StackName="first", WaiterConfig={"Delay": 1})
    assert "first-shed" in aws.buckets()


def test_a_change_set_can_take_over_what_is_there(aws):
    aws.client("s3").create_bucket(Bucket="found-shed")
    aws.client("s3").put_object(Bucket="found-shed", Key="spade", Body=b"x")
    versioned = bucket("found-shed", VersioningConfiguration={"Status": "Enabled"}) | {"DeletionPolicy": "Retain"}
    aws.stacks.create_change_set(
        StackName="found",
        ChangeSetName="one",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template(Shed=versioned, Plants=database("found"))),
        ImportExistingResources=True,
    )
    changes = aws.stacks.describe_change_set(StackName="found", ChangeSetName="one")["Changes"]
    assert [one["ResourceChange"]["Action"] for one in changes] == ["Import", "Add"]
    aws.stacks.execute_change_set(StackName="found", ChangeSetName="one")
    assert aws.settled("found")["StackStatus"] == "CREATE_COMPLETE"
    assert aws.client("s3").get_bucket_versioning(Bucket="found-shed")["Status"] == "Enabled"
    assert aws.client("s3").head_object(Bucket="found-shed", Key="spade")["ContentLength"] == 1


def test_only_what_is_named_in_plain_text_and_kept_is_taken_over(aws):
    aws.client("s3").create_bucket(Bucket="strange-shed")
    asked = {"StackName": "strange", "ChangeSetType": "CREATE", "ImportExistingResources": True}
    kept = {"DeletionPolicy": "Retain"}
    for number, shed in enumerate((bucket("strange-shed"), bucket({"Fn::Sub": "${AWS::StackName}-shed"}) | kept)):
        name = f"try{number}"
        aws.stacks.create_change_set(ChangeSetName=name, TemplateBody=json.dumps(template(Shed=shed)), **asked)
        changes = aws.stacks.describe_change_set(StackName="strange", ChangeSetName=name)["Changes"]
        assert [one["ResourceChange"]["Action"] for one in changes] == ["Add"]
    aws.stacks.execute_change_set(StackName="strange", ChangeSetName="try1")
    assert aws.settled("strange")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "strange-shed" in aws.buckets()


def test_parameters_keep_their_values(aws):
    body = {
        "Parameters": {"What": {"Type": "String", "Default": "kale"}, "Where": {"Type": "String", "Default": "bed"}},
        **template(Plants=database("kept", "") | {}),
    }
    body["Resources"]["Plants"]["Properties"]["DatabaseInput"]["Description"] = {"Fn::Sub": "${What} in ${Where}"}
    aws.create("kept", body, Parameters=[{"ParameterKey": "What", "ParameterValue": "leek"}])
    previous = {"ParameterKey": "What", "UsePreviousValue": True}
    stack = aws.stacks.update_stack(
        StackName="kept",
        UsePreviousTemplate=True,
        Parameters=[previous, {"ParameterKey": "Where", "ParameterValue": "pot"}],
    )
    aws.settled(stack["StackId"])
    assert aws.client("glue").get_database(Name="kept")["Database"]["Description"] == "leek in pot"


def test_roles_need_to_be_agreed_to(aws):
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }
    unnamed, named = json.dumps(template(R=role)), json.dumps(template(R=_named(role)))
    with pytest.raises(ClientError, match=r"InsufficientCapabilities.*\[CAPABILITY_IAM\]"):
        aws.stacks.create_stack(StackName="who", TemplateBody=unnamed)
    with pytest.raises(ClientError, match=r"InsufficientCapabilities.*\[CAPABILITY_NAMED_IAM\]"):
        aws.stacks.create_stack(StackName="who", TemplateBody=named, Capabilities=["CAPABILITY_IAM"])
    made = aws.stacks.create_stack(StackName="who", TemplateBody=unnamed, Capabilities=["CAPABILITY_IAM"])
    assert aws.settled(made["StackId"])["StackStatus"] == "CREATE_COMPLETE"


def _named(role):
    return role | {"Properties": role["Properties"] | {"RoleName": "gardener"}}


def test_a_template_can_lie_in_s3(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="a b/t.json", Body=json.dumps(template(Shed=bucket("url-shed"))))
    made = aws.stacks.create_stack(
        StackName="url", TemplateURL=f"{aws.url}/templates/{urllib.parse.quote('a b')}/t.json"
    )
    assert aws.settled(made["StackId"])["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="S3 error"):
        aws.stacks.create_stack(StackName="none", TemplateURL="https://templates.s3.amazonaws.com/gone.json")


# --------------------------------------------------------------------------------------- refused rather than pretended


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::SQS::QueueInlinePolicy",
        "AWS::Lambda::Alias",
        "AWS::Glue::Trigger",
        "AWS::MWAA::Environment",
        "Custom::Gnome",
    ],
)
def test_a_type_outside_the_list_is_refused_by_name(aws, kind):
    body = json.dumps(template(Shed=bucket("typed-shed"), Other={"Type": kind}))
    with pytest.raises(ClientError, match=rf"Unrecognized resource types: \[{kind}\]"):
        aws.stacks.create_stack(StackName="typed", TemplateBody=body)
    with pytest.raises(ClientError, match=rf"Unrecognized resource types: \[{kind}\]"):
        aws.stacks.validate_template(TemplateBody=body)
    assert "typed-shed" not in aws.buckets()
    with pytest.raises(ClientError, match="does not exist"):
        aws.stacks.describe_stacks(StackName="typed")


def test_what_is_only_on_aws_is_left_out_where_its_condition_is_false(aws):
    body = template(
        Shed=bucket("left-out-shed"),
        Airflow={
            "Type": "AWS::MWAA::Environment",
            "Condition": "Wanted",
            "Properties": {"Name": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}},
        },
    )
    body["Parameters"] = {"Want": {"Type": "String", "Default": "no"}}
    body["Conditions"] = {"Wanted": {"Fn::Equals": [{"Ref": "Want"}, "yes"]}}
    text = json.dumps(body)
    aws.stacks.validate_template(TemplateBody=text)
    wanted = [{"ParameterKey": "Want", "ParameterValue": "yes"}]
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::MWAA::Environment\]"):
        aws.stacks.create_stack(StackName="left-out", TemplateBody=text, Parameters=wanted)
    body["Resources"]["Airflow"]["Type"] = "Custom::Gnome"
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[Custom::Gnome\]"):
        aws.stacks.create_stack(StackName="left-out", TemplateBody=json.dumps(body))
    body["Resources"]["Airflow"] |= {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::GetAZs": ""}}}
    with pytest.raises(ClientError, match="does not do the function Fn::GetAZs"):
        aws.stacks.create_stack(StackName="left-out", TemplateBody=json.dumps(body), Parameters=wanted)
    assert "left-out-shed" not in aws.buckets()
    aws.stacks.create_stack(StackName="left-out", TemplateBody=text)
    aws.stacks.get_waiter("stack_create_complete").wait(StackName="left-out", WaiterConfig={"Delay": 1})
    made = aws.stacks.describe_stack_resources(StackName="left-out")["StackResources"]
    assert [one["LogicalResourceId"] for one in made] == ["Shed"]


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (bucket("p", ObjectLockEnabled=True), "X/ObjectLockEnabled"),
        (bucket("p", WebsiteConfiguration={"IndexDocument": "i"}), "X/WebsiteConfiguration"),
        (bucket("p", LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Transitions": []}]}), "0/Transitions"),
        (
            bucket("p", NotificationConfiguration={"QueueConfigurations": []}),
            "X/NotificationConfiguration/QueueConfigurations",
        ),
        ({"Type": "AWS::Glue::Crawler", "Properties": {"Schedule": {}, "Role": "r", "Targets": {}}}, "X/Schedule"),
        (
            {
                "Type": "AWS::Glue::Crawler",
                "Properties": {"Role": "r", "Targets": {"S3Targets": [], "JdbcTargets": []}},
            },
            "X/Targets/JdbcTargets",
        ),
        (
            {"Type": "AWS::Glue::Job", "Properties": {"Role": "r", "Command": {"Name": "pythonshell"}}},
            "X/Command/ScriptLocation|X/Command/Name",
        ),
        ({"Type": "AWS::IAM::Role", "Properties": {"PermissionsBoundary": "a"}}, "X/PermissionsBoundary"),
        ({"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "w", "Tags": []}}, "X/Tags"),
        ({"Type": "AWS::SES::EmailIdentity", "Properties": {"EmailIdentity": "a@b.c", "DkimAttributes": {}}}, "X/Dkim"),
    ],
)
def test_a_property_that_would_be_ignored_is_refused_by_its_path(aws, resource, path):
    with pytest.raises(ClientError, match=f"Encountered unsupported property in {resource['Type']}: .*({path})"):
        aws.create("props", template(X=resource))


@pytest.mark.parametrize(
    "option",
    [
        {"Tags": [{"Key": "a", "Value": "b"}]},
        {"RoleARN": "arn:aws:iam::123456789012:role/somebody"},
        {"OnFailure": "DO_NOTHING"},
        {"DisableRollback": True},
        {"NotificationARNs": ["arn:aws:sns:us-east-1:123456789012:t"]},
        {"EnableTerminationProtection": True},
        {"StackPolicyBody": "{}"},
        {"TimeoutInMinutes": 3},
    ],
)
def test_an_option_that_would_be_ignored_is_refused_by_name(aws, option):
    name = next(iter(option))
    with pytest.raises(ClientError, match=f"does not do {name} of CreateStack"):
        aws.create("options", template(Shed=bucket("options-shed")), **option)


def test_calls_outside_the_list_are_refused_by_name(aws):
    with pytest.raises(ClientError, match="CreateStackSet"):
        aws.stacks.create_stack_set(StackSetName="sets", TemplateBody="{}")
    with pytest.raises(ClientError, match="ListExports"):
        aws.stacks.list_exports()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"Outputs": {"A": {"Value": {"Fn::GetAtt": ["Shed", "Colour"]}}}}, "does not support attribute type Colour"),
        ({"Outputs": {"A": {"Value": {"Fn::GetAtt": ["Barn", "Arn"]}}}}, r"\[Barn\] in the Outputs block"),
        ({"Parameters": {"A": {"Type": "String"}}}, r"Parameters: \[A\] must have values"),
    ],
)
def test_a_wrong_template_makes_nothing(aws, part, words):
    with pytest.raises(ClientError, match=words):
        aws.create("wrong", template(Shed=bucket("wrong-shed")) | part)
    assert "wrong-shed" not in aws.buckets()


def test_a_template_in_the_call_may_have_51200_bytes(aws):
    body = template(Shed=bucket("long-shed")) | {"Description": "x" * 51_200}
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        aws.create("long", body)


def test_what_a_template_asks_for(aws):
    body = {
        "Description": "A garden",
        "Parameters": {"Rows": {"Type": "Number", "Default": 4, "Description": "How many"}},
        **template(
            Shed=bucket("sum-shed"), R={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
        ),
    }
    found = aws.stacks.get_template_summary(TemplateBody=json.dumps(body))
    assert found["ResourceTypes"] == ["AWS::IAM::Role", "AWS::S3::Bucket"]
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["Parameters"][0]["DefaultValue"] == "4"
    assert aws.stacks.validate_template(TemplateBody=json.dumps(body))["Description"] == "A garden"


def test_stacks_are_listed_also_when_gone(aws):
    aws.create("gone", template(Shed=bucket("gone-shed")))
    aws.delete("gone")
    listed = aws.stacks.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert "gone" in {one["StackName"] for one in listed}
    assert "gone" not in {one["StackName"] for one in aws.stacks.describe_stacks()["Stacks"]}

import json

from local_aws import refusals


def test_s3_s_error_holds_its_details_and_no_character_that_xml_lacks():
    answer = refusals.error("s3", "rest-xml", 404, "NoSuchKey", "gone", Key="a<b\x01c")
    assert answer.status == 404
    assert b"<Error><Code>NoSuchKey</Code><Message>gone</Message><Key>a&lt;b\xef\xbf\xbdc</Key>" in answer.body


def test_json_s_error_names_its_type_in_body_and_header():
    answer = refusals.error("glue", "json", 400, "EntityNotFoundException", "no table")
    assert json.loads(answer.body) == {"__type": "EntityNotFoundException", "message": "no table"}
    assert answer.headers["x-amzn-errortype"] == "EntityNotFoundException"


def test_what_is_not_for_real_is_named_with_the_place_to_look():
    answer = refusals.not_for_real("glue", "ListWorkflows", "json")
    assert b"glue.ListWorkflows" in answer.body
    assert b"docs/local-aws.md" in answer.body

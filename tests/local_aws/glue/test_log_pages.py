"""Following a log: each event comes once."""

import inspect

from moto.logs import models as moto_logs

from local_aws.glue import log_pages


def test_a_page_with_events_has_a_token_and_an_empty_one_none(aws):
    """The Amazon provider, hooks/glue.py, print_job_logs: "if the response is empty there is no nextToken in it"."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")

    def put(*messages):
        import time

        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": message} for message in messages]
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    def look(token):
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName="g", logStreamNames=["s"], startTime=0, PaginationConfig={"StartingToken": token}
        )
        seen = []
        for page in pages:
            seen += [event["message"] for event in page["events"]]
            token = page.get("nextToken") or token
        return seen, token

    put("one", "two")
    first, token = look(None)
    nothing, token = look(token)
    put("three")
    third, token = look(token)
    assert (first, nothing, third) == (["one", "two"], [], ["three"])


def test_the_place_in_moto():
    assert log_pages._stock.__qualname__ == "LogGroup.filter_log_events"
    assert moto_logs.LogGroup.filter_log_events is log_pages._filter_log_events
    source = inspect.getsource(log_pages._stock)
    assert "if events_page and last_index < len(events):" in source
    assert 'group, stream_name, event_id = next_token.split("@")' in source

"""SQS as it is used here: visibility, dead letters of a queue, a restart."""

import json

from local_aws import server


def test_what_is_received_is_hidden_then_back_and_goes_to_the_dead_letters(running):
    sqs = running.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead", "maxReceiveCount": 2}
    url = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")

    def receive():
        return sqs.receive_message(QueueUrl=url, VisibilityTimeout=30).get("Messages", [])

    for _ in range(2):
        (message,) = receive()
        assert receive() == []
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert receive() == []
    (message,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == "x"


def test_messages_outlive_a_restart(tmp_path, connect):
    running = server.start(tmp_path)
    sqs = connect(running.url, "sqs")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    running.stop()
    running = server.start(tmp_path)
    try:
        sqs = connect(running.url, "sqs")
        url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["x"]
    finally:
        running.stop()

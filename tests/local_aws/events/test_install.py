"""Contract tests: each place in moto that events, Lambda, alarms and topics replace or lean on is where we think."""

import inspect

from moto.awslambda import models as lambda_models
from moto.awslambda import responses as lambda_responses
from moto.cloudwatch import models as cloudwatch_models
from moto.cloudwatch import responses as cloudwatch_responses
from moto.events import models as events_models
from moto.events import responses as events_responses
from moto.iam.models import Policy, Role
from moto.logs.models import LogsBackend
from moto.s3 import models as s3_models
from moto.s3 import notifications
from moto.s3 import responses as s3_responses
from moto.sns import models as sns_models
from moto.sqs.models import Queue, SQSBackend

from local_aws.events import rules, s3_events
from local_aws.lambdas import functions
from local_aws.sns import topics


def parameters(function) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_s3_tells_event_bridge_through_a_module_global(running):
    assert "_send_event_bridge_message(account_id, bucket, event_name, key)" in inspect.getsource(
        notifications.send_event
    )
    assert notifications._send_event_bridge_message is s3_events.send
    assert parameters(s3_events.moto_put_bucket_notification_configuration) == [
        "self", "bucket_name", "notification_config",
    ]  # fmt: skip
    assert hasattr(s3_responses.S3Response, "get_bucket_notification")
    assert "event_bridge" in inspect.getsource(s3_models.FakeBucket.set_notification_configuration)


def test_events(running):
    assert events_models.Rule.send_to_targets is rules.send_to_targets
    assert "rule.send_to_targets(event_msg)" in inspect.getsource(events_models.EventsBackend.put_events)
    for name in ("scheduled_expression", "role_arn", "state", "event_pattern"):
        assert name in parameters(rules.moto_put_rule), name
    assert parameters(rules.moto_put_targets) == ["self", "name", "event_bus_arn", "targets"]
    assert hasattr(events_responses.EventsHandler, "test_event_pattern")
    rule = events_models.Rule("r", "1", "us-east-1", None, '{"source": ["a"]}', None, None, "default", None)
    assert (rule.state, rule.event_pattern.get_pattern(), rule.targets) == ("ENABLED", {"source": ["a"]}, [])


def test_lambda(running):
    source = inspect.getsource(lambda_models)
    assert "fn = LambdaFunction(" in source
    assert "self._lambdas = LambdaStorage(" in source
    assert lambda_models.LambdaFunction is functions.Function
    assert lambda_models.LambdaStorage is functions.Storage
    (stock,) = [one for one in functions.Function.__mro__ if one.__name__ == "LambdaFunction"]
    for name in ("get_configuration", "get_code", "update_configuration", "update_function_code", "_set_function_code"):
        assert hasattr(stock, name), name
    for name in (
        "add_permission",
        "delete_function",
        "put_function_concurrency",
        "put_function_event_invoke_config",
        "update_function_code",
        "update_function_event_invoke_config",
    ):
        assert hasattr(lambda_models.LambdaBackend, name), name
        assert f"self.backend.{name}(" in inspect.getsource(lambda_responses), name
    made = functions.Storage("us-east-1", "1")
    assert made.latest() == []
    assert made._aliases.default_factory is dict  # moto's is a lambda, which cannot be kept


def test_cloudwatch_and_sns(running):
    for name in ("put_metric_alarm", "delete_alarms", "set_alarm_state", "put_metric_data"):
        assert f"self.cloudwatch_backend.{name}(" in inspect.getsource(cloudwatch_responses), name
    assert "update_state" in vars(cloudwatch_models.Alarm)
    assert sns_models.Subscription.publish is topics.publish_to_subscription
    assert "subscription.publish(" in inspect.getsource(sns_models.Topic.publish)
    assert parameters(topics.moto_subscribe) == ["self", "topic_arn", "endpoint", "protocol"]


def test_what_we_call(running):
    assert {"queue_name", "message_body", "message_attributes"} < set(parameters(SQSBackend.send_message))
    for name in ("approximate_number_of_messages", "policy"):
        assert isinstance(vars(Queue)[name], property), name
    assert parameters(LogsBackend.put_log_events) == ["self", "log_group_name", "log_stream_name", "log_events"]
    assert "self.managed_policies: dict[str, ManagedPolicy]" in inspect.getsource(Role)
    assert "default_version_id" in inspect.getsource(Policy.__init__)

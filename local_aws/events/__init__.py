"""EventBridge: S3's events and those of PutEvents reach the targets of the rules that match them."""

from pathlib import Path


def install(home: Path) -> None:
    """Put our rules in the place of moto's; see `rules` and `s3_events`."""
    from moto.events.models import EventsBackend, Rule
    from moto.events.responses import EventsHandler
    from moto.s3 import notifications
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    from local_aws.events import rules, s3_events

    notifications._send_event_bridge_message = s3_events.send
    S3Backend.put_bucket_notification_configuration = (  # type: ignore[method-assign]
        s3_events.put_bucket_notification_configuration
    )
    S3Response.get_bucket_notification = s3_events.get_bucket_notification  # type: ignore[method-assign]
    for owner, name in ((Rule, "send_to_targets"), (EventsBackend, "put_rule"), (EventsBackend, "put_targets")):
        setattr(owner, name, getattr(rules, name))
    EventsHandler.test_event_pattern = rules.test_event_pattern  # type: ignore[assignment, method-assign]

"""SNS whose e-mails are files like SES's. A subscription is confirmed as soon as it is made."""

from pathlib import Path


def install(home: Path) -> None:
    """Write mails below `home` and put our subscriptions in the place of moto's."""
    from moto.sns.models import SNSBackend, Subscription

    from local_aws.sns import topics

    topics.keep_mails_in(home / "mail")
    for owner, name, ours in (
        (SNSBackend, "subscribe", topics.subscribe),
        (Subscription, "publish", topics.publish_to_subscription),
    ):
        setattr(owner, name, ours)

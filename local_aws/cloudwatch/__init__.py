"""CloudWatch: metrics of the callers and of the services here, and alarms that look at them."""

from pathlib import Path


def install(home: Path) -> None:
    """Open the metrics below `home` and put our API in the place of moto's."""
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    from local_aws.cloudwatch import alarms, api, metrics

    metrics.open_metrics(home / "metrics.sqlite")
    CloudWatchBackend.put_metric_data = api.put_metric_data  # type: ignore[method-assign]
    for name in ("put_metric_alarm", "delete_alarms", "set_alarm_state"):
        setattr(CloudWatchBackend, name, getattr(alarms, name))
    CloudWatchResponse.describe_alarms = alarms.describe_alarms  # type: ignore[method-assign]
    for name in ("get_metric_statistics", "list_metrics"):
        setattr(CloudWatchResponse, name, getattr(api, name))


def start() -> None:
    """Start to measure and to look."""
    from local_aws.cloudwatch import watch

    watch.start()


def stop() -> None:
    """Stop, and close the metrics."""
    from local_aws.cloudwatch import metrics, watch

    watch.stop()
    metrics.close_metrics()

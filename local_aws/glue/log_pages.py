"""FilterLogEvents with the tokens that CloudWatch Logs gives.

moto gives no token with the last page, so that whoever follows a log (GlueJobOperator with verbose=True) gets all of
it again at each look. With CloudWatch Logs a page that has events has a token, and only an empty one has none: the
Amazon provider's GlueJobHook.print_job_logs is written for that ("if the response is empty there is no nextToken").
"""

from typing import Any

from moto.logs import models as moto_logs

_stock = moto_logs.LogGroup.filter_log_events
Page = tuple[list[dict[str, Any]], str | None, list[dict[str, Any]]]


def _filter_log_events(self: moto_logs.LogGroup, *arguments: Any, **named: Any) -> Page:
    events, token, searched = _stock(self, *arguments, **named)
    if events and token is None:
        token = f"{self.name}@{events[-1]['logStreamName']}@{events[-1]['eventId']}"
    return events, token, searched


def install() -> None:
    """Replace moto's FilterLogEvents. Doing it twice is the same as once."""
    moto_logs.LogGroup.filter_log_events = _filter_log_events  # type: ignore[method-assign]

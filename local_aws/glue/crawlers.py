"""Crawlers: moto's records, with a crawl that really looks."""

import contextlib
import threading
import time
import traceback
from datetime import timedelta
from statistics import median
from typing import Any

from moto.core.utils import utcnow
from moto.glue import models as moto_glue
from moto.glue.exceptions import (
    CrawlerNotRunningException,
    CrawlerRunningException,
    GlueClientError,
    InvalidInputException,
)
from moto.logs.models import logs_backends

from local_aws import log_streams
from local_aws.actions import Place
from local_aws.glue import crawl, roles
from local_aws.state import changed

LOG_GROUP = "/aws-glue/crawlers"
INCREMENTAL = "CRAWL_NEW_FOLDERS_ONLY"
SERVER_ENDED = "The local AWS was ended while this crawl was under way"
_CRAWL_STATUS = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}

_SETTINGS = {
    "Role": "role",
    "DatabaseName": "database_name",
    "Description": "description",
    "Targets": "targets",
    "Schedule": "schedule",
    "Classifiers": "classifiers",
    "TablePrefix": "table_prefix",
    "SchemaChangePolicy": "schema_change_policy",
    "RecrawlPolicy": "recrawl_policy",
    "LineageConfiguration": "lineage_configuration",
    "Configuration": "configuration",
    "CrawlerSecurityConfiguration": "crawler_security_configuration",
}


class CrawlerStoppingException(GlueClientError):
    """The crawler is on its way to a stop (botocore: CrawlerStoppingException)."""

    def __init__(self, message: str) -> None:
        super().__init__("CrawlerStoppingException", message)


class Crawl(moto_glue.FakeCrawl):
    """One crawl. Its state is set by the thread that does it.

    States: RUNNING, STOPPING, COMPLETED, STOPPED, FAILED.
    """

    def __init__(self, crawler_name: str) -> None:
        super().__init__(crawler_name)
        self.error_message: str | None = None
        self.counted = crawl.Counted()

    @property
    def status(self) -> str:
        """State of the crawl."""
        return str(self._status)

    @status.setter
    def status(self, value: str) -> None:
        self._status = value

    def advance(self) -> None:
        """Do nothing: looking at a crawl does not move it."""

    @property
    def under_way(self) -> bool:
        """Whether somebody is still at it."""
        return self._status in ("RUNNING", "STOPPING")

    @property
    def seconds(self) -> float:
        """Seconds that it took, or has taken so far."""
        took: timedelta = (self.end_time or utcnow()) - self.start_time
        return took.total_seconds()

    def end(self, status: str, message: str | None = None) -> None:
        """Note that the crawl is over."""
        self.end_time = utcnow()
        self.error_message = message
        self._status = status

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore; a crawl that was under way when it was saved is done by nobody now."""
        self.__dict__.update(state)
        if self.under_way:
            self.end("FAILED", SERVER_ENDED)


class Crawler(moto_glue.FakeCrawler):
    """A crawler. seen: the folders of earlier crawls, for incremental ones."""

    crawls: list[Crawl]  # type: ignore[assignment]

    def __init__(self, **settings: Any) -> None:
        check("CreateCrawler", settings, settings["backend"])
        super().__init__(**settings)
        self.schema_change_policy = _policy(self.schema_change_policy)
        self.recrawl_policy = self.recrawl_policy or {"RecrawlBehavior": "CRAWL_EVERYTHING"}
        self.seen: set[str] = set()

    def change(self, request: dict[str, Any]) -> None:
        """Change the settings that are given, as UpdateCrawler does.

        Raises CrawlerRunningException, InvalidInputException.
        """
        if self.crawls and self.crawls[-1].under_way:
            raise CrawlerRunningException(f"Crawler with name {self.name} is currently running")
        changed = {ours: request[name] for name, ours in _SETTINGS.items() if name in request}
        settings = {ours: getattr(self, ours) for ours in _SETTINGS.values()} | changed
        check("UpdateCrawler", settings, self.backend)
        for name, value in changed.items():
            setattr(self, name, value)
        self.schema_change_policy = _policy(self.schema_change_policy)
        if "targets" in changed:
            self.seen = set()
        self.version += 1
        self.last_updated = utcnow()

    def as_dict(self) -> dict[str, Any]:
        """Return the crawler as GetCrawler shows it."""
        shown: dict[str, Any] = super().as_dict()
        if not self.crawls:
            return shown
        last = self.crawls[-1]
        shown["CrawlElapsedTime"] = round(last.seconds * 1000) if last.under_way else 0
        finished = next((one for one in reversed(self.crawls) if not one.under_way), None)
        shown.pop("LastCrawl")
        if finished is not None:
            shown["LastCrawl"] = {
                "Status": _CRAWL_STATUS.get(finished.status, finished.status),
                "LogGroup": finished.log_group,
                "LogStream": finished.log_stream,
                "MessagePrefix": finished.message_prefix,
                "StartTime": finished.start_time,
                **({"ErrorMessage": finished.error_message} if finished.error_message else {}),
            }
        return shown

    def metrics(self) -> dict[str, Any]:
        """Return what GetCrawlerMetrics says of this crawler."""
        times = [one.seconds for one in self.crawls if not one.under_way]
        counted = self.crawls[-1].counted if self.crawls else crawl.Counted()
        return {
            "CrawlerName": self.name,
            "TimeLeftSeconds": 0.0,
            "StillEstimating": bool(self.crawls) and self.crawls[-1].under_way,
            "LastRuntimeSeconds": times[-1] if times else 0.0,
            "MedianRuntimeSeconds": median(times) if times else 0.0,
            "TablesCreated": counted.created,
            "TablesUpdated": counted.updated,
            "TablesDeleted": counted.deleted,
        }

    def start_crawler(self) -> None:
        """Begin a crawl. Raises CrawlerRunningException."""
        if self.crawls and self.crawls[-1].under_way:
            raise CrawlerRunningException(f"Crawler with name {self.name} has already started")
        started = Crawl(self.name)
        self.crawls.append(started)
        threading.Thread(target=_carry_out, args=(self, started), name=started.crawl_id, daemon=True).start()

    def stop_crawler(self) -> None:
        """Ask the crawl to stop. Raises CrawlerNotRunningException, CrawlerStoppingException."""
        if not self.crawls or not self.crawls[-1].under_way:
            raise CrawlerNotRunningException(f"Crawler with name {self.name} isn't running")
        if self.crawls[-1].status == "STOPPING":
            raise CrawlerStoppingException(f"Crawler with name {self.name} is already stopping")
        self.crawls[-1].status = "STOPPING"


def _policy(given: dict[str, str] | None) -> dict[str, str]:
    """Glue's defaults for what the policy leaves open."""
    return {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
        **{name: value for name, value in (given or {}).items() if value},
    }


def check(operation: str, settings: dict[str, Any], backend: Any) -> None:
    """Refuse what AWS refuses in a crawler's settings, and by name what is not done here."""
    wrong = (
        _wrong_targets(settings["targets"])
        or _wrong_policies(settings)
        or _wrong_configuration(settings["configuration"])
        or _not_here(settings)
    )
    if wrong is None and roles.find(backend.account_id, backend.region_name, settings["role"]) is None:
        wrong = f"Service is unable to assume provided role. Please verify role's TrustPolicy: {settings['role']}"
    unknown = [name for name in settings["classifiers"] or [] if name not in backend.classifiers]
    if wrong is None and unknown:
        wrong = f"Classifier(s) not found: {', '.join(unknown)}"
    if wrong is not None:
        raise InvalidInputException(operation, wrong)


def _wrong_targets(targets: dict[str, Any] | None) -> str | None:
    kinds = [kind for kind, listed in (targets or {}).items() if listed]
    if not kinds:
        return "At least one target must be specified."
    if kinds != ["S3Targets"]:
        return f"Targets: the local AWS crawls S3Targets only, not {', '.join(kinds)}"
    for target in (targets or {})["S3Targets"]:
        if not target.get("Path", "").removeprefix("s3://").strip("/"):
            return "S3Targets: a target needs a Path with a bucket"
        others = sorted(set(target) - {"Path", "Exclusions"})
        if others:
            return f"S3Targets: the local AWS knows Path and Exclusions only, not {', '.join(others)}"
    return None


def _wrong_policies(settings: dict[str, Any]) -> str | None:
    """Source of the sentence: AWS's own, as quoted in LBHackney-IT/Data-Platform pull request 2418."""
    behaviour = (settings["recrawl_policy"] or {}).get("RecrawlBehavior", "CRAWL_EVERYTHING")
    if behaviour == "CRAWL_EVENT_MODE":
        return "RecrawlPolicy CRAWL_EVENT_MODE: the local AWS does not crawl by events"
    policy = _policy(settings["schema_change_policy"])
    if behaviour == INCREMENTAL and policy != {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}:
        return (
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior '
            "value and LOG UpdateBehavior value."
        )
    return None


def _wrong_configuration(configuration: str | None) -> str | None:
    try:
        crawl.options(configuration)
    except ValueError as error:
        return f"Configuration: {error}"
    return None


def _not_here(settings: dict[str, Any]) -> str | None:
    if settings["schedule"]:
        return "Schedule: the local AWS starts no crawlers by the clock"
    if (settings["lineage_configuration"] or {}).get("CrawlerLineageSettings") == "ENABLE":
        return "LineageConfiguration: the local AWS keeps no lineage"
    if not settings["database_name"]:
        return "DatabaseName: the local AWS has no default database"
    return None


def _carry_out(crawler: Crawler, current: Crawl) -> None:
    """Do one crawl. The last thing it does is to set the final state."""
    log = _open_log(crawler, current)
    log(f"BENCHMARK : Running Start Crawl for Crawler {crawler.name}")
    try:
        crawl.carry_out(crawler, current.counted, lambda: current.status == "STOPPING", log)
    except crawl.StoppedError:
        current.end("STOPPED")
    except crawl.FailedError as error:
        log(f"ERROR : {error}")
        current.end("FAILED", str(error))
    except Exception as error:
        log("ERROR : " + "".join(traceback.format_exception(error)))
        current.end("FAILED", f"Internal Service Exception: {type(error).__name__}: {error}")
    else:
        log("BENCHMARK : Crawler has finished running and is in state READY")
        current.end("COMPLETED")
    changed()


def _open_log(crawler: Crawler, current: Crawl) -> Any:
    """Return the function that adds a line to the crawler's log: none is written when its role may not.

    Source: tecRacer, "Glue Crawlers: No GetObject, No Problem" (a crawler without rights on its log goes on without).
    """
    place = Place(crawler.backend.account_id, crawler.backend.region_name)
    try:
        caller = crawl.caller_of(crawler)
    except crawl.FailedError:
        return lambda _: None
    if not log_streams.make(caller, roles.SERVICE, place, LOG_GROUP, crawler.name):
        return lambda _: None
    logs = logs_backends[place.account][place.region]

    def add(line: str) -> None:
        event = {"timestamp": int(time.time() * 1000), "message": f"[{current.crawl_id}] {line}"}
        with contextlib.suppress(Exception):  # a deleted log group must not fail a crawl
            logs.put_log_events(LOG_GROUP, crawler.name, [event])

    return add

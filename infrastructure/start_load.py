"""Lambda: an object that landed in the raw bucket starts a run of the load DAG (contract 3.4).

EventBridge calls ``handler`` with an S3 "Object Created" event. The run's id comes from the object, so an event that
is delivered twice starts one run. Anything that a later try may mend is raised: Lambda then retries, and after its
last try puts the event into the dead-letter queue. Standard library and boto3 only; the same code for MWAA and any
other Airflow.

Environment:
    DAG_ID: the DAG to start.
    MWAA_ENVIRONMENT: name of the MWAA environment; or, for any other Airflow:
    AIRFLOW_URL and AIRFLOW_SECRET_ID: its address, and the Secrets Manager secret with ``username`` and ``password``.
    AIRFLOW_TIMEOUT_SECONDS: how long to wait for one answer (20).
"""

import hashlib
import json
import logging
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Protocol

LOG = logging.getLogger("start_load")  # a logger of its own, so that boto3's lines stay out
LOG.setLevel(logging.INFO)

NOTE_LENGTH = 1000  # Airflow's limit for a run's note


class AirflowError(Exception):
    """Airflow answered with an error; ``status`` is its HTTP status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"Airflow answered {status}: {words[:500]}")
        self.status = status


class Airflow(Protocol):
    """Something that carries a call to Airflow's REST API; ``path`` starts behind /api/v2."""

    def call(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None) -> dict[str, Any]:
        """Send one call and return its JSON.

        Raises:
            AirflowError: any status but 2xx.
        """
        ...


class MwaaAirflow:
    """Airflow on Amazon MWAA: IAM signs the caller in (MWAA's InvokeRestApi)."""

    def __init__(self, environment: str) -> None:
        import boto3
        from botocore.config import Config

        # a custom endpoint has no host prefix "env."
        custom = bool(os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_MWAA"))
        # MWAA takes about ten calls a second: a burst is throttled and waits here; a start that is repeated gets 409
        retries: Any = {"total_max_attempts": 3, "mode": "standard"}
        config = Config(inject_host_prefix=not custom, read_timeout=_timeout(), retries=retries)
        self._client = boto3.client("mwaa", config=config)
        self._environment = environment

    def call(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None) -> dict[str, Any]:
        """See ``Airflow.call``."""
        arguments: dict[str, Any] = {"Name": self._environment, "Method": method, "Path": path}
        arguments |= {"QueryParameters": query} if query else {}
        arguments |= {"Body": body} if body is not None else {}
        errors = self._client.exceptions
        try:
            answer: dict[str, Any] = self._client.invoke_rest_api(**arguments)["RestApiResponse"]
        except (errors.RestApiClientException, errors.RestApiServerException) as error:
            status = int(error.response.get("RestApiStatusCode", 500))
            raise AirflowError(status, json.dumps(error.response.get("RestApiResponse"))) from error
        return answer


class UrlAirflow:
    """Any other Airflow: user and password from Secrets Manager buy a token at /auth/token."""

    def __init__(self, url: str, secret_id: str) -> None:
        import boto3

        self._url = url.rstrip("/")
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
        names = json.loads(secret)
        token = self._send("POST", "/auth/token", {"username": names["username"], "password": names["password"]}, {})
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}

    def call(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None) -> dict[str, Any]:
        """See ``Airflow.call``."""
        words = "?" + urllib.parse.urlencode(query) if query else ""
        return self._send(method, f"/api/v2{path}{words}", body, self._headers)

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self._url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_timeout()) as answer:  # noqa: S310  # the template allows http(s)
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            raise AirflowError(error.code, error.read().decode(errors="replace")) from error


def _timeout() -> float:
    return float(os.environ.get("AIRFLOW_TIMEOUT_SECONDS", "20"))


def connect() -> Airflow:
    """Return the Airflow that the environment names."""
    if environment := os.environ.get("MWAA_ENVIRONMENT"):
        return MwaaAirflow(environment)
    return UrlAirflow(os.environ["AIRFLOW_URL"], os.environ["AIRFLOW_SECRET_ID"])


def run_id(bucket: str, key: str, version: str) -> str:
    """Return the run's id: ``upload-`` and 24 hex digits of SHA-256 over bucket, key and version (contract 3.4)."""
    return "upload-" + hashlib.sha256("\n".join((bucket, key, version)).encode()).hexdigest()[:24]


def read_event(event: dict[str, Any]) -> dict[str, str]:
    """Return bucket, key, version and etag of an EventBridge event "Object Created".

    A bucket without versions gives no version id; the sequencer then tells one upload from the next. EventBridge,
    unlike S3's own notifications, does not escape the key.

    Raises:
        KeyError: the event has another form.
    """
    item = event["detail"]["object"]
    return {
        "bucket": event["detail"]["bucket"]["name"],
        "key": item["key"],
        "version": item.get("version-id") or item["sequencer"],
        "etag": item.get("etag", ""),
    }


def start_load(airflow: Airflow, dag_id: str, item: dict[str, str]) -> str:
    """Start a run for one object unless one waits already; return what was done in one sentence.

    Raises:
        AirflowError: any answer but success and 409.
    """
    queued = airflow.call("GET", f"/dags/{dag_id}/dagRuns", {"state": "queued", "limit": "1"}, None)["dag_runs"]
    if queued:
        # it will list the bucket later than this event, so it sees this object
        return f"{queued[0]['dag_run_id']} is queued and not started: it will find {item['key']}"
    new = run_id(item["bucket"], item["key"], item["version"])
    note = f"s3://{item['bucket']}/{item['key']}"[:NOTE_LENGTH]
    body = {"dag_run_id": new, "logical_date": None, "conf": item, "note": note}
    try:
        airflow.call("POST", f"/dags/{dag_id}/dagRuns", {}, body)
    except AirflowError as error:
        if error.status != 409:
            raise
        return f"{new} was started before for {item['key']}"
    return f"{new} started for {item['key']}"


def why_left_alone(key: str) -> str | None:
    """Return why an object starts no load (contract 3.1, what is read), None when it starts one.

    The rule lets the prefixes through, which EventBridge can tell by case, and not names without regard to it.
    """
    *folders, name = key.split("/")
    if not name:
        return "it is a folder marker"
    if any(part.startswith((".", "_")) for part in (*folders, name)):
        return "its name, or that of a folder above it, begins with . or _"
    if not name.lower().endswith(".csv"):
        return "its name does not end in .csv"
    if "archive" in map(str.lower, folders):
        return "it is in a folder archive/"
    return None


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Start the load for the object that the event names; return what was done."""
    item = read_event(event)
    if reason := why_left_alone(item["key"]):
        done = f"{item['key']} starts no load, because {reason}"
    else:
        done = start_load(connect(), os.environ["DAG_ID"], item)
    LOG.info(done)
    return {"done": done}

"""Workgroups: what the local Athena keeps of their configuration, and what it refuses.

Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
"""

from __future__ import annotations

import copy
import time
from typing import Any

from moto.athena.models import AthenaBackend, WorkGroup

from local_aws.athena.faults import InvalidRequest

_KEPT = {
    "ResultConfiguration", "EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled",
    "BytesScannedCutoffPerQuery", "RequesterPaysEnabled", "EngineVersion", "EnableMinimumEncryptionConfiguration",
}  # fmt: skip
_RESULT_KEPT = {"OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner"}
_ENGINE = "Athena engine version 3"
_LEAST_CUTOFF = 10_000_000


def check(configuration: dict[str, Any]) -> None:
    """Refuse settings that would be pretended.

    Raises:
        InvalidRequest: naming the setting.
    """
    for key in sorted(set(configuration) - _KEPT):
        raise InvalidRequest(f"WorkGroup setting {key} is not in the local Athena's table")
    if configuration.get("RequesterPaysEnabled") or configuration.get("EnableMinimumEncryptionConfiguration"):
        which = (
            "RequesterPaysEnabled"
            if configuration.get("RequesterPaysEnabled")
            else "EnableMinimumEncryptionConfiguration"
        )
        raise InvalidRequest(f"WorkGroup setting {which} is not in the local Athena's table")
    selected = (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    if selected not in ("AUTO", _ENGINE):
        raise InvalidRequest(f"Engine version {selected} is not in the local Athena's table")
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    if cutoff is not None and int(cutoff) < _LEAST_CUTOFF:
        raise InvalidRequest(f"BytesScannedCutoffPerQuery must be at least {_LEAST_CUTOFF}")
    check_results(configuration.get("ResultConfiguration") or {})


def check_results(results: dict[str, Any]) -> None:
    """Refuse result settings that would be pretended."""
    for key in sorted(set(results) - _RESULT_KEPT):
        raise InvalidRequest(f"Result setting {key} is not in the local Athena's table")
    encryption = (results.get("EncryptionConfiguration") or {}).get("EncryptionOption")
    if encryption not in (None, "SSE_S3"):
        raise InvalidRequest(f"Result encryption {encryption} is not in the local Athena's table")
    location = results.get("OutputLocation")
    if location is not None and not location.startswith("s3://"):
        raise InvalidRequest("outputLocation is not a valid S3 path.")


def found(backend: AthenaBackend, name: str) -> WorkGroup:
    """Return a workgroup by name.

    Raises:
        InvalidRequest: as Athena words it.
    """
    if name not in backend.work_groups:
        raise InvalidRequest(f"WorkGroup {name} is not found.")
    return backend.work_groups[name]


def described(group: WorkGroup) -> dict[str, Any]:
    """Return the WorkGroup that GetWorkGroup returns."""
    configuration = copy.deepcopy(group.configuration)
    configuration["EngineVersion"] = {
        "SelectedEngineVersion": (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO"),
        "EffectiveEngineVersion": _ENGINE,
    }
    return {
        "Name": group.name,
        "State": group.state,
        "Configuration": configuration,
        "Description": group.description or "",
        "CreationTime": created(group),
    }


def created(group: WorkGroup) -> float:
    """When the workgroup was made; moto keeps no such time, so it is noted at first sight."""
    if "creation_time" not in group.__dict__:
        group.__dict__["creation_time"] = time.time()
    return float(group.__dict__["creation_time"])


_UPDATE_NAMES = {
    "EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "BytesScannedCutoffPerQuery",
    "RequesterPaysEnabled", "EngineVersion",
}  # fmt: skip


def update(
    backend: AthenaBackend, name: str, *, description: str | None = None, state: str | None = None,
    updates: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Change a workgroup, with UpdateWorkGroup's ConfigurationUpdates.

    Source: https://docs.aws.amazon.com/athena/latest/APIReference/API_UpdateWorkGroup.html
    """
    group = found(backend, name)
    configuration = copy.deepcopy(group.configuration)
    updates = dict(updates or {})
    results = dict(updates.pop("ResultConfigurationUpdates", None) or {})
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    for key in sorted(set(updates) - _UPDATE_NAMES):
        raise InvalidRequest(f"WorkGroup setting {key} is not in the local Athena's table")
    configuration.update(updates)
    kept = dict(configuration.get("ResultConfiguration") or {})
    for key in ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner"):
        if results.pop(f"Remove{key}", False):
            kept.pop(key, None)
        if key in results:
            kept[key] = results.pop(key)
    if results:
        raise InvalidRequest(f"Result setting {sorted(results)[0]} is not in the local Athena's table")
    configuration["ResultConfiguration"] = kept
    check(configuration)
    group.configuration = configuration
    if description is not None:
        group.description = description
    if state is not None:
        group.state = state

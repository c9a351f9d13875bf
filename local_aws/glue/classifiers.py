"""Custom classifiers: the CSV kind. Grok, XML and JSON-path classifiers are refused by name."""

from typing import Any

from moto.core.utils import utcnow
from moto.glue.exceptions import AlreadyExistsException, EntityNotFoundException, InvalidInputException

from local_aws.glue.csv_files import CsvClassifier

# The limits of the CsvClassifier structure in the Glue API reference.
_TYPES = {"BINARY", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "INT", "LONG", "SHORT", "STRING", "TIMESTAMP"}
_SERDES = {"OpenCSVSerDe", "LazySimpleSerDe", "None"}
_HEADERS = {"UNKNOWN", "PRESENT", "ABSENT"}


def create(known: dict[str, dict[str, Any]], request: dict[str, Any]) -> None:
    """CreateClassifier: request as in the Glue API. Raises AlreadyExistsException, InvalidInputException."""
    settings = _csv_settings("CreateClassifier", request)
    if settings["Name"] in known:
        raise AlreadyExistsException(f"Classifier with name {settings['Name']}")
    now = utcnow()
    known[settings["Name"]] = {**settings, "CreationTime": now, "LastUpdated": now, "Version": 1}


def update(known: dict[str, dict[str, Any]], request: dict[str, Any]) -> None:
    """UpdateClassifier: the settings given change, the others stay."""
    settings = _csv_settings("UpdateClassifier", request)
    found = get(known, settings["Name"])
    found.update(settings, LastUpdated=utcnow(), Version=found["Version"] + 1)


def get(known: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return a classifier's settings. Raises EntityNotFoundException."""
    if name not in known:
        raise EntityNotFoundException(f"Classifier {name} not found.")
    return known[name]


def _csv_settings(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] | None = request.get("CsvClassifier")
    if settings is None:
        kind = ", ".join(request) or "nothing"
        raise InvalidInputException(operation, f"The local AWS has CSV classifiers only, not {kind}")
    for name, allowed in (("ContainsHeader", _HEADERS), ("Serde", _SERDES)):
        if settings.get(name) is not None and settings[name] not in allowed:
            raise InvalidInputException(operation, f"{name} must be one of {', '.join(sorted(allowed))}")
    for name in ("Delimiter", "QuoteSymbol"):
        if settings.get(name) is not None and len(settings[name]) != 1:
            raise InvalidInputException(operation, f"{name} must be one character")
    if settings.get("Delimiter") and settings.get("Delimiter") == settings.get("QuoteSymbol"):
        raise InvalidInputException(operation, "QuoteSymbol must be different from Delimiter")
    wrong = set(settings.get("CustomDatatypes") or []) - _TYPES
    if wrong:
        raise InvalidInputException(operation, f"CustomDatatypes: {', '.join(sorted(wrong))} not supported")
    return settings


def as_reader(settings: dict[str, Any]) -> CsvClassifier:
    """Return how a crawler uses a classifier."""
    return CsvClassifier(
        name=settings["Name"],
        delimiter=settings.get("Delimiter") or ",",
        quote=settings.get("QuoteSymbol") or '"',
        contains_header=settings.get("ContainsHeader") or "UNKNOWN",
        header=tuple(settings.get("Header") or ()),
        trims=settings.get("DisableValueTrimming") is False,
        single_column=bool(settings.get("AllowSingleColumn")),
        types=tuple(settings.get("CustomDatatypes") or ()) if settings.get("CustomDatatypeConfigured") else (),
        serde=settings.get("Serde") or "None",
    )

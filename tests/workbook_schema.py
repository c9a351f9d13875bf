"""Whether a workbook keeps to ISO 29500, as Microsoft's validator of Office files sees it."""

from pathlib import Path


def schema_errors(file: Path) -> list[str]:
    """Return each fault with the part of the file that it is in; that texts stand in their cells is none."""
    from openxml_audit import OpenXmlValidator, ValidationSeverity

    result = OpenXmlValidator(max_errors=100).validate(file)
    wrong = [error for error in result.errors if error.severity is ValidationSeverity.ERROR]
    return [f"{error.part_uri} {error.path}: {error.description}" for error in wrong]

"""What a query can end with, worded as Athena does.

Source: Amazon Athena User Guide, "Athena error catalog" (categories and types).
"""


class QueryError(Exception):
    """A query that ends as FAILED; the text is what StateChangeReason says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")


class NotForReal(QueryError):
    """A statement that Athena may know and that would only be pretended here."""

    def __init__(self, what: str) -> None:
        super().__init__("NOT_SUPPORTED", f"The local Athena does not do {what}; see docs/local-aws.md")

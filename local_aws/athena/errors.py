"""What a query can fail with, worded and coded as Athena does."""

from __future__ import annotations

# AthenaError.ErrorType by what the documentation calls each number; which code gets which is unproven beyond that.
# Source: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
_ERROR_TYPES = {
    "": 1003,  # DDL task failed
    "SYNTAX_ERROR": 1006,
    "TABLE_NOT_FOUND": 1301,
    "COLUMN_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "VIEW_NOT_FOUND": 1110,
    "FUNCTION_NOT_FOUND": 1303,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "INVALID_CAST_ARGUMENT": 1001,
    "DIVISION_BY_ZERO": 1001,
    "HIVE_BAD_DATA": 1001,
    "HIVE_CANNOT_OPEN_SPLIT": 1001,
    "INVALID_VIEW": 1107,
    "INVALID_TABLE_PROPERTY": 1103,
    "NOT_SUPPORTED": 1200,
    "EXCEEDED_MEMORY_LIMIT": 0,
}
_USER_ERROR = 1000


class QueryError(Exception):
    """A query that Athena would end as FAILED.

    Args:
        code: Athena's name for the error, such as ``TABLE_NOT_FOUND``; empty where Hive's own text stands alone.
        message: the text after the code.
        at: 1-based (line, column) in the query, where Athena names one.
    """

    def __init__(self, code: str, message: str, at: tuple[int, int] | None = None) -> None:
        place = f"line {at[0]}:{at[1]}: " if at else ""
        super().__init__(f"{code}: {place}{message}" if code else message)
        self.code = code

    @property
    def error_type(self) -> int:
        """Number that Athena's GetQueryExecution carries in AthenaError.ErrorType."""
        return _ERROR_TYPES.get(self.code, _USER_ERROR)


class Refused(QueryError):
    """A construct, function or option that Athena may know and the local Athena does not."""

    def __init__(self, what: str, at: tuple[int, int] | None = None) -> None:
        super().__init__("NOT_SUPPORTED", f"{what} is not in the local Athena's table", at)


class MalformedQuery(Exception):
    """SQL that does not parse: Athena answers StartQueryExecution itself with an error."""

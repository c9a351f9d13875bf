"""What a query can fail with, worded and coded as Athena does."""

from __future__ import annotations

# AthenaError.ErrorType values: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
# (category 2 is "user", 1 "system", 3 "other").
_USER_TYPES = {
    "SYNTAX_ERROR": 1006,
    "TABLE_NOT_FOUND": 1301,
    "COLUMN_NOT_FOUND": 1300,
    "SCHEMA_NOT_FOUND": 1302,
    "HIVE_PATH_ALREADY_EXISTS": 1103,
    "HIVE_BAD_DATA": 1101,
    "ACCESS_DENIED": 1,
    "EXCEEDED_LIMIT": 401,
}
_OTHER_USER_ERROR = 1000


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
        return _USER_TYPES.get(self.code, _OTHER_USER_ERROR)


class Refused(QueryError):
    """A construct, function or option that Athena may know and the local Athena does not."""

    def __init__(self, what: str, at: tuple[int, int] | None = None) -> None:
        super().__init__("NOT_SUPPORTED", f"{what} is not in the local Athena's table", at)


class MalformedQuery(Exception):
    """SQL that does not parse: Athena answers StartQueryExecution itself with an error."""

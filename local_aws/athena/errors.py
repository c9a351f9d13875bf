"""What a query can fail with, worded and coded as Athena does."""

from __future__ import annotations

from local_aws.access import AccessDenied

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


def denied(refusal: AccessDenied, *, is_ddl: bool) -> QueryError:
    """Return what a query ends with when its caller may not do what it takes.

    Sources: LBHackney-IT/Data-Platform pull request 2777 (a file); OvertureMaps/data issue 205 (the catalog, of a
    query); awsdocs/amazon-athena-user-guide issue 81 (the catalog, of a DDL statement).
    """
    one = refusal.refused
    words = f"User: {refusal.caller.shown} is not authorized to perform: {one.action} on resource: "
    if one.action.startswith("s3:"):
        return QueryError("PERMISSION_DENIED", f'{words}"{one.resource}" {refusal.why} (Service: S3, Status Code: 403)')
    words += f"{one.resource} {refusal.why} "
    words += "(Service: AmazonDataCatalog; Status Code: 400; Error Code: AccessDeniedException)"
    if is_ddl:
        task = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
        return QueryError("", f"{task} MetaException(message:{words})")
    return QueryError("", words)


class Refused(QueryError):
    """A construct, function or option that Athena may know and the local Athena does not."""

    def __init__(self, what: str, at: tuple[int, int] | None = None) -> None:
        super().__init__("NOT_SUPPORTED", f"{what} is not in the local Athena's table", at)


class MalformedQuery(Exception):
    """SQL that does not parse: Athena answers StartQueryExecution itself with an error."""

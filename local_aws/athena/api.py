"""Athena's API: the calls that replace moto's, which only pretend."""

from __future__ import annotations

import json
import time
from typing import Any, cast

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse
from moto.glue.models import glue_backends

from local_aws.access import AccessDenied, Caller, act, caller_of, credential
from local_aws.actions import Permission, s3_arn
from local_aws.athena import executions, results, statements, workgroups
from local_aws.athena.errors import MalformedQuery, QueryError
from local_aws.athena.executions import Execution
from local_aws.athena.faults import InvalidRequest, MetadataNotFound, ResourceNotFound

_CATALOGS = ("awsdatacatalog",)


def _executions(backend: AthenaBackend) -> dict[str, Execution]:
    """Return the backend's executions, which are the local Athena's own kind."""
    return cast("dict[str, Execution]", backend.executions)


def _backend(response: AthenaResponse) -> AthenaBackend:
    return response.athena_backend


# --- executions ------------------------------------------------------------------------------------------------------


def start_query_execution(self: AthenaResponse) -> str:
    """StartQueryExecution: checks, then the query runs in a thread."""
    ask = {
        "query": self._get_param("QueryString"),
        "parameters": self._get_param("ExecutionParameters"),
        "context": self._get_param("QueryExecutionContext") or {},
        "results": self._get_param("ResultConfiguration") or {},
        "workgroup": self._get_param("WorkGroup") or "primary",
    }
    token = self._get_param("ClientRequestToken")
    backend = _backend(self)
    if token:
        for old in _executions(backend).values():
            if old.token == token:
                if old.asked != ask:
                    raise InvalidRequest("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
                return json.dumps({"QueryExecutionId": old.id})
    if (self._get_param("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration", {}).get("Enabled"):
        raise InvalidRequest("ResultReuseByAgeConfiguration is not in the local Athena's table")
    access_key = credential(self.headers.get("Authorization", ""))[0]
    execution, statement = _new_execution(backend, ask, token, access_key)
    _executions(backend)[execution.id] = execution
    executions.submit(execution, statement)
    return json.dumps({"QueryExecutionId": execution.id})


def _new_execution(
    backend: AthenaBackend, ask: dict[str, Any], token: str | None, access_key: str
) -> tuple[Execution, statements.Statement]:
    group = workgroups.found(backend, ask["workgroup"])
    if group.state != "ENABLED":
        raise InvalidRequest(f"WorkGroup {group.name} is disabled.")
    catalog = ask["context"].get("Catalog") or "AwsDataCatalog"
    if catalog.lower() not in _CATALOGS:
        raise InvalidRequest(f"Catalog {catalog} is not in the local Athena's table")
    workgroups.check_results(ask["results"])
    folder = _output_folder(group.configuration, ask["results"], caller_of(access_key))
    database = (ask["context"].get("Database") or "default").lower()
    try:
        statement = statements.parse(
            ask["query"], ask["parameters"], database, lambda name: _prepared_text(backend, group.name, name)
        )
    except (MalformedQuery, QueryError) as e:
        raise InvalidRequest(str(e), "MALFORMED_QUERY") from e
    if statement.prepared is not None:
        _keep_prepared(backend, group.name, *statement.prepared)
    execution_id = executions.new_id()
    execution = Execution(
        id=execution_id,
        account=backend.account_id,
        region=backend.region_name,
        query=ask["query"],
        parameters=ask["parameters"],
        database=database,
        catalog=catalog,
        workgroup=group.name,
        output_folder=folder,
        output_location=folder + statement.result_name(execution_id),
        statement_type=statement.statement_type,
        substatement_type=statement.kind,
        cutoff=group.configuration.get("BytesScannedCutoffPerQuery"),
        metrics=bool(group.configuration.get("PublishCloudWatchMetricsEnabled")),
        enforced=bool(group.configuration.get("EnforceWorkGroupConfiguration")),
        token=token,
        asked=ask,
        caller=access_key,
        engine_version=workgroups.described(group)["Configuration"]["EngineVersion"],
    )
    return execution, statement


def _prepared_text(backend: AthenaBackend, group: str, name: str) -> str | None:
    found = backend.prepared_statements.get(name)
    return found.query_statement if found is not None and _group_name(found.workgroup) == group else None


def _group_name(group: Any) -> str:
    return str(getattr(group, "name", group))


def _keep_prepared(backend: AthenaBackend, group: str, name: str, text: str) -> None:
    """PREPARE keeps a statement in the workgroup, DEALLOCATE PREPARE (no text) drops it."""
    if text:
        backend.create_prepared_statement(name, backend.work_groups[group], text, "")
    elif backend.prepared_statements.pop(name, None) is None:
        raise InvalidRequest(f"Prepared statement {name} not found", "MALFORMED_QUERY")


def _output_folder(configuration: dict[str, Any], asked: dict[str, Any], caller: Caller) -> str:
    """Return where results go.

    Its caller must be allowed to ask for the bucket's location. Source: aws/aws-cdk pull request 11203.
    """
    from local_aws.s3 import object_store

    own = (configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    location = own if configuration.get("EnforceWorkGroupConfiguration") else asked.get("OutputLocation") or own
    if not location:
        raise InvalidRequest(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input.",
            "INVALID_INPUT",
        )
    bucket = location.removeprefix("s3://").split("/", 1)[0]
    if bucket not in object_store.buckets() or not _may_locate(caller, bucket):
        raise InvalidRequest(f"Unable to verify/create output bucket {bucket}", "INVALID_INPUT")
    return str(location) if location.endswith("/") else f"{location}/"


def _may_locate(caller: Caller, bucket: str) -> bool:
    try:
        act(caller, executions.ATHENA, [Permission("s3:GetBucketLocation", s3_arn(bucket))])
    except AccessDenied:
        return False
    return True


def _execution(self: AthenaResponse, execution_id: str) -> Execution:
    found = _executions(_backend(self)).get(execution_id)
    if found is None:
        raise InvalidRequest(f"QueryExecution {execution_id} was not found", "INVALID_QUERY_EXECUTION_ID")
    return found


def get_query_execution(self: AthenaResponse) -> str:
    """GetQueryExecution."""
    return json.dumps({"QueryExecution": _execution(self, self._get_param("QueryExecutionId")).as_dict()})


def batch_get_query_execution(self: AthenaResponse) -> str:
    """BatchGetQueryExecution."""
    found, missing = [], []
    for execution_id in self._get_param("QueryExecutionIds") or []:
        try:
            found.append(_execution(self, execution_id).as_dict())
        except InvalidRequest:
            missing.append(
                {
                    "QueryExecutionId": execution_id,
                    "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                    "ErrorMessage": f"QueryExecution {execution_id} was not found",
                }
            )
    return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})


def list_query_executions(self: AthenaResponse) -> str:
    """ListQueryExecutions, newest first."""
    group = self._get_param("WorkGroup") or "primary"
    workgroups.found(_backend(self), group)
    ids = [e.id for e in reversed(_executions(_backend(self)).values()) if e.workgroup == group]
    page, token = _page(ids, self._get_param("NextToken"), self._get_param("MaxResults"), 50)
    return json.dumps({"QueryExecutionIds": page, **token})


def stop_query_execution(self: AthenaResponse) -> str:
    """StopQueryExecution."""
    executions.stop(_execution(self, self._get_param("QueryExecutionId")))
    return "{}"


def _page(items: list[Any], token: str | None, size: int | None, most: int) -> tuple[list[Any], dict[str, str]]:
    try:
        start = int(token or 0)
    except ValueError as e:
        raise InvalidRequest("Invalid next token", "INVALID_NEXT_TOKEN") from e
    end = start + min(int(size or most), most)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def get_query_results(self: AthenaResponse) -> str:
    """GetQueryResults: pages through the result file; a query's first row holds the column names."""
    execution = _execution(self, self._get_param("QueryExecutionId"))
    if execution.state != executions.SUCCEEDED:
        if execution.state in (executions.QUEUED, executions.RUNNING):
            message = f"Query has not yet finished. Current state: {execution.state}"
        else:
            message = f"Query did not finish successfully. Final query state: {execution.state}"
        raise InvalidRequest(message, "INVALID_QUERY_EXECUTION_STATE")
    rows = _result_rows(execution)
    page, token = _page(rows, self._get_param("NextToken"), self._get_param("MaxResults"), 1000)
    data = [{"Data": [{} if v is None else {"VarCharValue": v} for v in row]} for row in page]
    return json.dumps(
        {
            "UpdateCount": execution.update_count,
            "ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": execution.columns}},
            **token,
        }
    )


def _result_rows(execution: Execution) -> list[list[str | None]]:
    from local_aws.s3 import object_store

    bucket, _, key = execution.output_location.removeprefix("s3://").partition("/")
    if not key.endswith((".csv", ".txt")):
        return []
    try:
        body = object_store.read(bucket, key)
    except Exception as e:
        raise InvalidRequest(f"Could not find results at {execution.output_location}", "RESULT_NOT_FOUND") from e
    return results.from_csv(body) if key.endswith(".csv") else results.from_text(body)


def get_query_runtime_statistics(self: AthenaResponse) -> str:
    """GetQueryRuntimeStatistics: the time line; stages would be pretended."""
    execution = _execution(self, self._get_param("QueryExecutionId"))
    statistics = execution.as_dict()["Statistics"]
    timeline = {n: v for n, v in statistics.items() if n.endswith("InMillis")}
    return json.dumps({"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": {"InputBytes": execution.scanned}}})


# --- workgroups ------------------------------------------------------------------------------------------------------


def create_work_group(self: AthenaResponse) -> str:
    """CreateWorkGroup."""
    name = self._get_param("Name")
    configuration = self._get_param("Configuration") or {}
    if name in _backend(self).work_groups:
        raise InvalidRequest(f"WorkGroup {name} is already created")
    workgroups.check(configuration)
    _backend(self).create_work_group(name, configuration, self._get_param("Description"), self._get_param("Tags") or [])
    workgroups.created(_backend(self).work_groups[name])
    return "{}"


def get_work_group(self: AthenaResponse) -> str:
    """GetWorkGroup."""
    group = workgroups.found(_backend(self), self._get_param("WorkGroup"))
    return json.dumps({"WorkGroup": workgroups.described(group)})


def list_work_groups(self: AthenaResponse) -> str:
    """ListWorkGroups."""
    groups = []
    for group in sorted(_backend(self).work_groups.values(), key=lambda g: g.name):
        whole = workgroups.described(group)
        summary = {k: whole[k] for k in ("Name", "State", "Description", "CreationTime")}
        groups.append({**summary, "EngineVersion": whole["Configuration"]["EngineVersion"]})
    page, token = _page(groups, self._get_param("NextToken"), self._get_param("MaxResults"), 50)
    return json.dumps({"WorkGroups": page, **token})


def update_work_group(self: AthenaResponse) -> str:
    """UpdateWorkGroup."""
    workgroups.update(
        _backend(self), self._get_param("WorkGroup"), description=self._get_param("Description"),
        state=self._get_param("State"), updates=self._get_param("ConfigurationUpdates"),
    )  # fmt: skip
    return "{}"


def delete_work_group(self: AthenaResponse) -> str:
    """DeleteWorkGroup; one that holds queries goes only with RecursiveDeleteOption."""
    backend, name = _backend(self), str(self._get_param("WorkGroup"))
    if name == "primary":
        raise InvalidRequest("The primary WorkGroup cannot be deleted")
    workgroups.found(backend, name)
    mine = [e.id for e in _executions(backend).values() if e.workgroup == name]
    if mine and not self._get_param("RecursiveDeleteOption"):
        raise InvalidRequest(f"WorkGroup {name} is not empty")
    for execution_id in mine:
        executions.stop(_executions(backend)[execution_id])
        del backend.executions[execution_id]
    backend.delete_work_group(name)
    return "{}"


# --- named queries and prepared statements ---------------------------------------------------------------------------


def delete_named_query(self: AthenaResponse) -> str:
    """DeleteNamedQuery."""
    if _backend(self).named_queries.pop(self._get_param("NamedQueryId"), None) is None:
        raise InvalidRequest(f"Named query {self._get_param('NamedQueryId')} was not found")
    return "{}"


def _prepared(self: AthenaResponse) -> Any:
    group, name = self._get_param("WorkGroup"), self._get_param("StatementName")
    workgroups.found(_backend(self), group)
    found = _backend(self).prepared_statements.get(name)
    if found is None or _group_name(found.workgroup) != group:
        raise ResourceNotFound(f"Prepared statement {name} was not found in workgroup {group}")
    return found


def create_prepared_statement(self: AthenaResponse) -> str:
    """CreatePreparedStatement."""
    group, name = self._get_param("WorkGroup"), self._get_param("StatementName")
    workgroups.found(_backend(self), group)
    if name in _backend(self).prepared_statements:
        raise InvalidRequest(f"Prepared statement {name} already exists in workgroup {group}")
    _backend(self).create_prepared_statement(
        name, group, self._get_param("QueryStatement"), self._get_param("Description")
    )
    return "{}"


def update_prepared_statement(self: AthenaResponse) -> str:
    """UpdatePreparedStatement."""
    found = _prepared(self)
    found.query_statement, found.description = self._get_param("QueryStatement"), self._get_param("Description")
    return "{}"


def get_prepared_statement(self: AthenaResponse) -> str:
    """GetPreparedStatement."""
    found = _prepared(self)
    described = {
        "StatementName": found.statement_name,
        "QueryStatement": found.query_statement,
        "WorkGroupName": _group_name(found.workgroup),
        "Description": found.description or "",
        "LastModifiedTime": found.last_modified_time.timestamp(),
    }
    return json.dumps({"PreparedStatement": described})


def list_prepared_statements(self: AthenaResponse) -> str:
    """ListPreparedStatements."""
    group = self._get_param("WorkGroup")
    workgroups.found(_backend(self), group)
    mine = [p for _, p in sorted(_backend(self).prepared_statements.items()) if _group_name(p.workgroup) == group]
    found = [{"StatementName": p.statement_name, "LastModifiedTime": p.last_modified_time.timestamp()} for p in mine]
    page, token = _page(found, self._get_param("NextToken"), self._get_param("MaxResults"), 50)
    return json.dumps({"PreparedStatements": page, **token})


def delete_prepared_statement(self: AthenaResponse) -> str:
    """DeletePreparedStatement."""
    del _backend(self).prepared_statements[_prepared(self).statement_name]
    return "{}"


# --- catalog ---------------------------------------------------------------------------------------------------------


def _check_catalog(self: AthenaResponse) -> None:
    name = self._get_param("CatalogName") or ""
    if name.lower() not in _CATALOGS:
        raise InvalidRequest(f"Catalog {name} was not found")


def list_data_catalogs(self: AthenaResponse) -> str:
    """ListDataCatalogs: the Glue catalog, which every account has."""
    return json.dumps({"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]})


def get_data_catalog(self: AthenaResponse) -> str:
    """GetDataCatalog."""
    if self._get_param("Name").lower() not in _CATALOGS:
        raise InvalidRequest(f"Catalog {self._get_param('Name')} was not found")
    return json.dumps({"DataCatalog": {"Name": "AwsDataCatalog", "Type": "GLUE", "Parameters": {}}})


def _databases(self: AthenaResponse) -> dict[str, Any]:
    backend = _backend(self)
    return dict(glue_backends[backend.account_id][backend.region_name].databases)


def _database(self: AthenaResponse) -> Any:
    _check_catalog(self)
    name = self._get_param("DatabaseName")
    databases = _databases(self)
    if name.lower() not in databases:
        raise MetadataNotFound(f"Database {name} not found.")
    return databases[name.lower()]


def _database_summary(database: Any) -> dict[str, Any]:
    described = {"Name": database.name, "Description": database.input.get("Description"),
                 "Parameters": database.input.get("Parameters")}  # fmt: skip
    return {k: v for k, v in described.items() if v}


def get_database(self: AthenaResponse) -> str:
    """GetDatabase, from the Glue catalog."""
    return json.dumps({"Database": _database_summary(_database(self))})


def list_databases(self: AthenaResponse) -> str:
    """ListDatabases, from the Glue catalog."""
    _check_catalog(self)
    found = [_database_summary(d) for _, d in sorted(_databases(self).items())]
    page, token = _page(found, self._get_param("NextToken"), self._get_param("MaxResults"), 50)
    return json.dumps({"DatabaseList": page, **token})


def _table_metadata(table: Any) -> dict[str, Any]:
    described = table.as_dict()
    storage = described.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = {
        **(described.get("Parameters") or {}),
        "inputformat": storage.get("InputFormat", ""),
        "location": storage.get("Location", ""),
        "outputformat": storage.get("OutputFormat", ""),
        "serde.serialization.lib": serde.get("SerializationLibrary", ""),
        **{f"serde.param.{k}": v for k, v in (serde.get("Parameters") or {}).items()},
    }
    return {
        "Name": table.name,
        "CreateTime": table.created_time.timestamp() if table.created_time else time.time(),
        "TableType": described.get("TableType", "EXTERNAL_TABLE"),
        "Columns": [_described_column(c) for c in storage.get("Columns") or []],
        "PartitionKeys": [_described_column(c) for c in described.get("PartitionKeys") or []],
        "Parameters": {k: v for k, v in parameters.items() if v},
    }


def _described_column(c: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in c.items() if k in ("Name", "Type", "Comment") and v}


def get_table_metadata(self: AthenaResponse) -> str:
    """GetTableMetadata, from the Glue catalog."""
    tables, name = _database(self).tables, self._get_param("TableName")
    if name.lower() not in tables:
        raise MetadataNotFound(f"Table {name} not found.")
    return json.dumps({"TableMetadata": _table_metadata(tables[name.lower()])})


def list_table_metadata(self: AthenaResponse) -> str:
    """ListTableMetadata, from the Glue catalog; Expression is a regular expression."""
    import re

    expression = self._get_param("Expression")
    tables = [_table_metadata(t) for _, t in sorted(_database(self).tables.items())]
    if expression:
        tables = [t for t in tables if re.fullmatch(expression, t["Name"])]
    page, token = _page(tables, self._get_param("NextToken"), self._get_param("MaxResults"), 50)
    return json.dumps({"TableMetadataList": page, **token})


# What replaces what in moto's AthenaResponse; those moto does not have are added.
REPLACED = (
    start_query_execution, get_query_execution, list_query_executions, stop_query_execution, get_query_results,
    get_query_runtime_statistics, create_work_group, get_work_group, list_work_groups, delete_work_group, get_database,
    list_databases, list_data_catalogs, get_data_catalog, create_prepared_statement, get_prepared_statement,
)  # fmt: skip
ADDED = (
    batch_get_query_execution, update_work_group, get_table_metadata, list_table_metadata, delete_named_query,
    update_prepared_statement, list_prepared_statements, delete_prepared_statement,
)  # fmt: skip

"""Which kind of statement a text is, and what those do that are no queries, with the clients of their caller."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import sqlglot
from botocore.exceptions import ClientError
from ministack.services import athena
from sqlglot import exp

from local_aws.athena.reading import QueryError, Session, Table, bucket_and_key, look_up, not_for_real, plan, select
from local_aws.athena.trino import Result, type_name

HIVE_ESCAPES = str.maketrans({sign: f"%{ord(sign):02X}" for sign in "\"#%'*/:=?\\{}[]^"})  # in names of folders
OPTIONS = ("format", "external_location", "partitioned_by", "write_compression", "parquet_compression", "compression")
Does = Callable[[Session], Result]
Match = re.Match[str]


def parse(text: str, parameters: Sequence[str] | None = None) -> tuple[str, Does]:
    """Return Athena's SubstatementType and what a statement does, the parameters put in place of its question marks."""
    text = re.sub(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.DOTALL).rstrip("; \n")
    for kind, (pattern, header, lines) in FORMS.items():
        if match := re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL):
            return kind, partial(_in_the_catalog, lines, match, header)
    unload = re.fullmatch(UNLOAD, text, re.IGNORECASE | re.DOTALL)
    if unload:
        text = f"create table t with ({unload['options'] or PARQUET}) as {unload['query']}"
    tree = sqlglot.parse_one(text, read="trino")
    marks = list(tree.find_all(exp.Placeholder))
    if len(marks) != len(parameters or ()):
        raise QueryError(f"SYNTAX_ERROR: Incorrect number of parameters: expected {len(marks)}")
    for mark, value in zip(marks, parameters or (), strict=True):
        mark.replace(sqlglot.parse_one(value, read="trino"))
    if isinstance(tree, exp.Query):
        return "SELECT", partial(select, tree)
    if isinstance(tree, exp.Create) and unload:
        return "UNLOAD", partial(_unload, tree, unload["place"].rstrip("/") + "/")
    if isinstance(tree, exp.Create) and tree.kind == "TABLE" and tree.expression is not None:
        return "CREATE_TABLE_AS_SELECT", partial(_create_table_as, tree)
    raise not_for_real(f"statements such as: {text.splitlines()[0][:80]}")


def _in_the_catalog(does: Any, match: Match, header: Sequence[str], session: Session) -> Result:
    """Do a statement and return its lines; an error that its IF [NOT] EXISTS expects is none."""
    lines: Any = []
    try:
        lines = does(match, session)
    except ClientError as error:
        expected = error.response["Error"]["Code"] in ("AlreadyExistsException", "EntityNotFoundException")
        if not (expected and match.groupdict().get("exists")):
            raise
    return Result([(name, "string") for name in header], [[line] for line in (lines if header else [])])


def _named(match: Match, session: Session) -> tuple[str, str]:
    return (match["database"] or session.database).lower(), match["table"].lower()


def _change(operation: str, match: Match, session: Session) -> None:
    """Do a statement that is one call of Glue."""
    name, fields = (match["database"] or session.database).lower(), match.groupdict()
    of = {"Name": name} if "table" not in fields else {"DatabaseName": name, "Name": fields["table"].lower()}
    getattr(session.client_of("glue"), operation)(**({"DatabaseInput": of} if operation == "create_database" else of))


def _create_table(match: Match, session: Session) -> None:
    """Do CREATE EXTERNAL TABLE, whose words ministack reads."""
    table = athena._parse_ddl(match[0])
    if not isinstance(table, athena._CreateTable) or table.iceberg:
        raise not_for_real(f"this form of CREATE EXTERNAL TABLE: {match[0][:80]}")
    made = athena._create_table_input(table)
    session.client_of("glue").create_table(DatabaseName=table.database or session.database, TableInput=made)


def _repair(match: Match, session: Session) -> None:
    """Do MSCK REPAIR TABLE: add the partitions whose key=value folders are there and the catalog lacks."""
    table = look_up(*_named(match, session), session=session)
    bucket, prefix = bucket_and_key(table.location)
    pages = session.client_of("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    _add_partitions_of([f"s3://{bucket}/{key}" for key in keys], table, session)


def _alter_partitions(match: Match, session: Session) -> None:
    parts = re.findall(r"partition\s*\(([^)]*)\)(?:\s*location\s*'([^']*)')?", match["parts"], re.IGNORECASE)
    partitions = [(tuple(re.findall(r"=\s*'([^']*)'", keys)), place) for keys, place in parts]
    database, name = _named(match, session)
    if match["verb"].lower() == "add":
        _add_partitions(look_up(database, name, session), partitions, session)
    else:
        gone = [{"Values": values} for values, _ in partitions]
        session.client_of("glue").batch_delete_partition(DatabaseName=database, TableName=name, PartitionsToDelete=gone)


def _show(operation: str, result: str, match: Match, session: Session) -> list[str]:
    """Return the names that a call of Glue lists, as far as they are LIKE the statement's pattern."""
    place = {"DatabaseName": match["database"] or session.database} if operation == "get_tables" else {}
    pages = session.client_of("glue").get_paginator(operation).paginate(**place)
    like = (match["like"] or "*").replace("*", ".*")
    return sorted(entry["Name"] for page in pages for entry in page[result] if re.fullmatch(like, entry["Name"]))


def _show_partitions(match: Match, session: Session) -> list[str]:
    table = look_up(*_named(match, session), session=session)
    rows = sorted(values for values, _ in table.partitions)
    return ["/".join(f"{key}={value}" for key, value in zip(table.keys, row, strict=True)) for row in rows]


def _describe(match: Match, session: Session) -> list[str]:
    database, name = _named(match, session)
    table = session.client_of("glue").get_table(DatabaseName=database, Name=name)["Table"]
    keys = table.get("PartitionKeys") or []
    columns = [*table["StorageDescriptor"]["Columns"], *keys]
    if match[0].lower().startswith("show"):
        return [column["Name"] for column in columns]
    rows = [[column.get(part, "") for part in ("Name", "Type", "Comment")] for column in columns]
    if keys:  # once more, below a title
        blank, title = ["", "", ""], ["# Partition Information", "", ""]
        rows += [blank, title, [f"# {DESCRIBED[0]}", *DESCRIBED[1:]], blank, *rows[-len(keys) :]]
    return ["\t".join(f"{value:<20}" for value in row) for row in rows]


def _explain(match: Match, session: Session) -> list[str]:
    query: Any = sqlglot.parse_one(match["query"], read="trino")
    plans = session.connection.execute(f"explain {plan(query, session)[0]}").fetchall()
    return [line for _, words in plans for line in str(words).splitlines()]


def _create_table_as(tree: exp.Create, session: Session) -> Result:
    """CREATE TABLE AS: write a query's rows and put a table over them into the catalog."""
    table: Any = tree.find(exp.Table)
    options = _options(tree)
    database, name = (table.db or session.database).lower(), table.name.lower()
    folder = options.get("external_location") or f"{session.output_folder}tables/{session.execution_id}"
    folder, keys = folder.rstrip("/") + "/", options.get("partitioned_by", [])
    described, result = _write(tree.expression, folder, keys, session)
    fields = {column: {"Name": column, "Type": type_name(kind, "hive")} for column, kind in described.items()}
    made = athena._CreateTable(
        *(database, name, True, [field for column, field in fields.items() if column not in keys]),
        *([fields[key] for key in keys], None, folder, *athena._STORED_AS["parquet"]),
        table_properties={"classification": "parquet"},
    )
    catalog = session.client_of("glue")
    try:
        catalog.create_table(DatabaseName=database, TableInput=athena._create_table_input(made))
    except catalog.exceptions.AlreadyExistsException:
        raise QueryError(f"TABLE_ALREADY_EXISTS: Table 'awsdatacatalog.{database}.{name}' already exists") from None
    if keys:
        _add_partitions_of(result.files, look_up(database, name, session), session)
    return result


def _options(tree: exp.Create) -> dict[str, Any]:
    """Return what WITH says; what is not done here, such as another format than Parquet, is an error."""
    options: dict[str, Any] = {}
    for part in getattr(tree.args.get("properties"), "expressions", []):
        if isinstance(part, exp.PartitionedByProperty):
            options["partitioned_by"] = [key.name.lower() for key in part.this.expressions]
        elif isinstance(part, exp.FileFormatProperty):
            options["format"] = part.name.upper()
        else:
            options[part.name.lower()] = part.args["value"].name
    unknown = sorted(options.keys() - set(OPTIONS))
    if unknown or options.get("format", "PARQUET") != "PARQUET":
        raise not_for_real(f"WITH ({unknown[0] if unknown else 'format = ' + options['format']})")
    return options


def _write(query: Any, folder: str, keys: list[str], session: Session) -> tuple[dict[str, str], Result]:
    """Write a query's rows as Parquet below a folder; return DuckDB's types of the columns, and what was written."""
    sql, scanned = plan(query, session)
    described, files = session.connection.execute(f"describe {sql}").fetchall(), []
    names = ", ".join(exp.to_identifier(key, quoted=True).sql(dialect="duckdb") for key in keys)
    with TemporaryDirectory() as temporary:
        target, by = Path(temporary, "rows"), f", partition_by ({names})" if keys else ""  # a folder, if there are keys
        session.connection.execute(f"copy ({sql}) to '{target}' (format parquet, compression snappy{by})")
        for path in sorted(file for file in Path(temporary).rglob("*") if file.is_file()):
            pairs = [part.partition("=") for part in path.parent.relative_to(target).parts] if keys else []
            inside = "".join(f"{key}={unquote(value).translate(HIVE_ESCAPES)}/" for key, _, value in pairs)
            files.append(f"{folder}{inside}{session.execution_id}_{path.stem}")
            session.put(files[-1], path.read_bytes())
    return {name: kind for name, kind, *_ in described}, Result(scanned=scanned, files=files)


def _unload(tree: exp.Create, folder: str, session: Session) -> Result:
    """UNLOAD, read as CREATE TABLE AS: write a query's rows and no table."""
    return _write(tree.expression, folder, _options(tree).get("partitioned_by", []), session)[1]


def _add_partitions_of(files: Iterable[str], table: Table, session: Session) -> None:
    """Add the partitions of files in key=value folders, such as ``year=2020/month=01/``, below a table."""
    partitions = []
    for folder in sorted({file.removeprefix(table.location).rpartition("/")[0] for file in files}):
        pairs = [part.partition("=") for part in folder.split("/")]
        if [key.lower() for key, _, _ in pairs] == list(table.keys):
            partitions.append((tuple(unquote(value) for _, _, value in pairs), f"{table.location}{folder}/"))
    _add_partitions(table, partitions, session)


def _add_partitions(table: Table, partitions: Iterable[tuple[tuple[str, ...], str]], session: Session) -> None:
    """Add the partitions that the catalog lacks; one without a location has its key=value folder."""
    new, known = [], {values for values, _ in table.partitions}
    for values, place in partitions:
        own = "".join(f"{key}={value.translate(HIVE_ESCAPES)}/" for key, value in zip(table.keys, values, strict=True))
        storage = table.description["StorageDescriptor"] | {"Location": place or f"{table.location}{own}"}
        new += [] if values in known else [{"Values": list(values), "StorageDescriptor": storage}]
    for first in range(0, len(new), 100):  # Glue API Reference, BatchCreatePartition
        names = {"DatabaseName": table.database, "TableName": table.name}
        session.client_of("glue").batch_create_partition(**names, PartitionInputList=new[first : first + 100])


DESCRIBED = ("col_name", "data_type", "comment")
PARQUET = "format = 'PARQUET'"
UNLOAD = r"unload\s*\((?P<query>.*)\)\s*to\s*'(?P<place>s3://[^']+)'\s*(?:with\s*\((?P<options>.*)\))?"
_SCHEMA = r"\s+(?:database|schema)\s+"
_IF = r"(?P<exists>if\s+(?:not\s+)?exists\s+)?"
_DATABASE = r"[`\"]?(?P<database>\w+)[`\"]?"
_NAME = rf"(?:{_DATABASE}\.)?[`\"]?(?P<table>\w+)[`\"]?"
_LIKE = r"(?:(?:\s+like)?\s+'(?P<like>[^']*)')?"
_SHOW_TABLES = partial(_show, "get_tables", "TableList")
_SHOW_DATABASES = partial(_show, "get_databases", "DatabaseList")
# Athena's SubstatementType: how it is written, the columns of its result, and what returns the result's lines
FORMS: dict[str, tuple[str, Sequence[str], Callable[[Match, Session], Any]]] = {
    "CREATE_DATABASE": (rf"create{_SCHEMA}{_IF}{_DATABASE}.*", (), partial(_change, "create_database")),
    "DROP_DATABASE": (rf"drop{_SCHEMA}{_IF}{_DATABASE}.*", (), partial(_change, "delete_database")),
    "CREATE_TABLE": (rf"create\s+external\s+table\s+{_IF}.*", (), _create_table),
    "DROP_TABLE": (rf"drop\s+table\s+{_IF}{_NAME}", (), partial(_change, "delete_table")),
    "MSCK_REPAIR": (rf"msck\s+repair\s+table\s+{_NAME}", (), _repair),
    "ALTER_TABLE": (rf"alter\s+table\s+{_NAME}\s+(?P<verb>add|drop)\s+(?P<parts>.*partition.*)", (), _alter_partitions),
    "SHOW_TABLES": (rf"show\s+tables(?:\s+(?:in|from)\s+{_DATABASE})?{_LIKE}", ("tab_name",), _SHOW_TABLES),
    "SHOW_DATABASES": (rf"show\s+(?:databases|schemas){_LIKE}", ("database_name",), _SHOW_DATABASES),
    "SHOW_PARTITIONS": (rf"show\s+partitions\s+{_NAME}", ("partition",), _show_partitions),
    "SHOW_COLUMNS": (rf"show\s+columns\s+(?:in|from)\s+{_NAME}", ("field",), _describe),
    "DESCRIBE_TABLE": (rf"desc(?:ribe)?\s+(?:formatted\s+|extended\s+)?{_NAME}", DESCRIBED, _describe),
    "EXPLAIN": (r"explain\s+(?P<query>(?:select|with)\s.*)", ("Query Plan",), _explain),
}  # fmt: skip

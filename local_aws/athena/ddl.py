"""Hive's statements on the Glue catalog: create and drop tables, add and drop partitions, show what is there.

Source: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as url_quote
from urllib.parse import unquote

from local_aws.athena.engine import ResultColumn
from local_aws.athena.errors import QueryError, Refused
from local_aws.athena.tables import GlueCatalog
from local_aws.athena.trino_types import VARCHAR, UnknownHiveType, from_hive
from local_aws.athena.words import Words

PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerDe": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}
_TEXT = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerDe": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
}
_SERDES = {PARQUET["SerDe"], _TEXT["SerDe"], "org.apache.hadoop.hive.serde2.OpenCSVSerde"}


@dataclass
class Shown:
    """Lines that a statement prints, under named columns."""

    columns: list[ResultColumn] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)


Action = Callable[[GlueCatalog], Shown]


@dataclass(frozen=True)
class Ddl:
    """A parsed statement: the API's SubstatementType and StatementType, and what it does."""

    kind: str
    statement_type: str
    action: Action


def _shown(name: str, values: list[str]) -> Shown:
    return Shown([ResultColumn(name, VARCHAR)], [[v] for v in values])


def parse(sql: str, database: str) -> Ddl | None:
    """Recognise a DDL or utility statement; None when it is none of them.

    Raises:
        MalformedQuery: for one that does not parse.
    """
    words = Words(sql)
    for keywords, read in _STATEMENTS:
        if words.take_if(*keywords):
            ddl = read(words, database)
            words.end()
            return ddl
    return None


# --- databases -------------------------------------------------------------------------------------------------------


def _if_not_exists(words: Words) -> bool:
    return words.take_if("IF", "NOT", "EXISTS")


def _create_database(words: Words, database: str) -> Ddl:
    gently, name = _if_not_exists(words), words.identifier()
    described: dict[str, Any] = {"Name": name}
    if words.take_if("COMMENT"):
        described["Description"] = words.string()
    if words.take_if("LOCATION"):
        described["LocationUri"] = words.string()
    if words.take_if("WITH", "DBPROPERTIES"):
        described["Parameters"] = words.properties()

    def run(catalog: GlueCatalog) -> Shown:
        if name in catalog.backend.databases:
            if gently:
                return Shown()
            raise _hive_error(f"AlreadyExistsException(message:Database {name} already exists)")
        catalog.ask("CreateDatabase", name)
        catalog.backend.create_database(name, described)
        return Shown()

    return Ddl("CREATE_DATABASE", "DDL", run)


def _drop_database(words: Words, database: str) -> Ddl:
    gently, name = words.take_if("IF", "EXISTS"), words.identifier()
    cascade = words.take_if("CASCADE")
    if not cascade:
        words.take_if("RESTRICT")

    def run(catalog: GlueCatalog) -> Shown:
        catalog.ask("GetDatabase", name)
        if name not in catalog.backend.databases:
            if gently:
                return Shown()
            raise QueryError("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
        if catalog.backend.databases[name].tables and not cascade:
            raise _hive_error(
                f"InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
            )
        catalog.ask("DeleteDatabase", name, "*")
        catalog.backend.delete_database(name)
        return Shown()

    return Ddl("DROP_DATABASE", "DDL", run)


def _hive_error(text: str) -> QueryError:
    return QueryError("", f"FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. {text}")


# --- tables ----------------------------------------------------------------------------------------------------------


def _columns(words: Words) -> list[dict[str, str]]:
    words.expect("(")
    columns = []
    while True:
        column = {"Name": words.identifier(), "Type": words.type_text()}
        try:
            from_hive(column["Type"])
        except UnknownHiveType as e:
            raise Refused(f"column type {e}") from e
        if words.take_if("COMMENT"):
            column["Comment"] = words.string()
        columns.append(column)
        if not words.take_if(","):
            words.expect(")")
            return columns


@dataclass
class _TableText:
    """The clauses of CREATE EXTERNAL TABLE."""

    columns: list[dict[str, str]]
    keys: list[dict[str, str]] = field(default_factory=list)
    comment: str | None = None
    serde: str | None = None
    serde_properties: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=lambda: dict(_TEXT))
    location: str | None = None
    properties: dict[str, str] = field(default_factory=dict)


def _table_text(words: Words) -> _TableText:  # noqa: C901 - one branch per clause
    t = _TableText(_columns(words))
    while words.next is not None and words.next.text != ";":
        if words.take_if("COMMENT"):
            t.comment = words.string()
        elif words.take_if("PARTITIONED", "BY"):
            t.keys = _columns(words)
        elif words.take_if("ROW", "FORMAT", "SERDE"):
            t.serde = words.string()
            if words.take_if("WITH", "SERDEPROPERTIES"):
                t.serde_properties = words.properties()
        elif words.take_if("ROW", "FORMAT", "DELIMITED"):
            t.serde_properties = _delimited(words)
        elif words.take_if("STORED", "AS"):
            t.formats = _stored_as(words)
        elif words.take_if("LOCATION"):
            t.location = words.string()
        elif words.take_if("TBLPROPERTIES"):
            t.properties = words.properties()
        elif words.take_if("CLUSTERED"):
            raise Refused("CLUSTERED BY")
        else:
            raise words.wrong("a clause of CREATE EXTERNAL TABLE")
    return t


def _delimited(words: Words) -> dict[str, str]:
    found = {}
    while True:
        if words.take_if("FIELDS", "TERMINATED", "BY"):
            found["field.delim"] = found["serialization.format"] = words.string()
        elif words.take_if("LINES", "TERMINATED", "BY"):
            found["line.delim"] = words.string()
        elif words.take_if("ESCAPED", "BY"):
            found["escape.delim"] = words.string()
        else:
            return found


def _stored_as(words: Words) -> dict[str, str]:
    if words.take_if("PARQUET"):
        return dict(PARQUET)
    if words.take_if("TEXTFILE"):
        return dict(_TEXT)
    if words.take_if("INPUTFORMAT"):
        given = {"InputFormat": words.string()}
        words.expect("OUTPUTFORMAT")
        serde = PARQUET if "arquet" in given["InputFormat"] else _TEXT
        return {**serde, **given, "OutputFormat": words.string()}
    raise Refused(f"STORED AS {words.take().text}")


def _create_table(words: Words, database: str) -> Ddl:
    gently = _if_not_exists(words)
    db, name = words.table(database)
    t = _table_text(words)
    if t.location is None:
        raise words.wrong("'LOCATION'")
    serde = t.serde or t.formats["SerDe"]
    if serde not in _SERDES:
        raise Refused(f"SERDE {serde}")
    location = t.location if t.location.endswith("/") else f"{t.location}/"
    if not location.startswith("s3://"):
        raise QueryError("", f"FAILED: SemanticException Invalid location: {location}")
    table = table_input(
        name, t.columns, t.keys, location, t.formats["InputFormat"], t.formats["OutputFormat"], serde,
        t.serde_properties or {"serialization.format": "1"}, t.properties,
    )  # fmt: skip
    if t.comment is not None:
        table["Description"] = t.comment
        table["Parameters"]["comment"] = t.comment

    def run(catalog: GlueCatalog) -> Shown:
        tables = _database(catalog, db).tables
        if name in tables:
            if gently:
                return Shown()
            raise _hive_error(f"AlreadyExistsException(message:Table {name} already exists.)")
        catalog.ask("CreateTable", db, name)
        catalog.backend.create_table(db, name, table)
        return Shown()

    return Ddl("CREATE_TABLE", "DDL", run)


def table_input(
    name: str, columns: list[dict[str, str]], keys: list[dict[str, str]], location: str, input_format: str,
    output_format: str, serde: str, serde_properties: dict[str, str], properties: dict[str, str],
) -> dict[str, Any]:  # fmt: skip
    """Return a catalog entry as Athena makes it."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": keys,
        "Parameters": {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(time.time())), **properties},
        "StorageDescriptor": {
            "Columns": columns,
            "Location": location,
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_properties},
            "Compressed": False,
            "NumberOfBuckets": -1,
            "StoredAsSubDirectories": False,
        },
    }


def _database(catalog: GlueCatalog, name: str) -> Any:
    catalog.ask("GetDatabase", name)
    if name not in catalog.backend.databases:
        raise QueryError("", f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
    return catalog.backend.databases[name]


def _table(catalog: GlueCatalog, database: str, name: str) -> Any:
    tables = _database(catalog, database).tables
    catalog.ask("GetTable", database, name)
    if name not in tables:
        raise QueryError("", f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
    return tables[name]


def _drop_table(words: Words, database: str) -> Ddl:
    gently = words.take_if("IF", "EXISTS")
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        if gently and name not in _database(catalog, db).tables:
            return Shown()
        if _table(catalog, db, name).as_dict().get("TableType") == "VIRTUAL_VIEW":
            raise QueryError(
                "", f"FAILED: SemanticException [Error 10130]: Cannot drop a view with DROP TABLE: {db}.{name}"
            )
        if catalog.backend.databases[db].tables[name].partitions:
            catalog.ask("GetPartitions", db, name)
            catalog.ask("DeletePartition", db, name)
        catalog.ask("DeleteTable", db, name)
        catalog.backend.delete_table(db, name)
        return Shown()

    return Ddl("DROP_TABLE", "DDL", run)


def _drop_view(words: Words, database: str) -> Ddl:
    gently = words.take_if("IF", "EXISTS")
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        tables = _database(catalog, db).tables
        if name not in tables or tables[name].as_dict().get("TableType") != "VIRTUAL_VIEW":
            if gently and name not in tables:
                return Shown()
            raise QueryError("VIEW_NOT_FOUND" if name not in tables else "", f"View '{db}.{name}' does not exist")
        catalog.ask("DeleteTable", db, name)
        catalog.backend.delete_table(db, name)
        return Shown()

    return Ddl("DROP_VIEW", "DDL", run)


# --- partitions ------------------------------------------------------------------------------------------------------


def _partition_spec(words: Words) -> dict[str, str]:
    words.expect("PARTITION", "(")
    found = {}
    while True:
        key = words.identifier()
        words.expect("=")
        word = words.take()
        found[key] = word.text
        if not words.take_if(","):
            words.expect(")")
            return found


def _values(table: Any, spec: dict[str, str]) -> list[str]:
    keys = [k["Name"].lower() for k in table.as_dict().get("PartitionKeys") or []]
    if sorted(keys) != sorted(spec):
        raise QueryError(
            "", f"FAILED: SemanticException partition spec {spec} doesn't contain all ({len(keys)}) partition columns"
        )
    return [spec[k] for k in keys]


def partition_folder(keys: list[str], values: list[str]) -> str:
    """Hive's folder of a partition: ``day=2021-03-01/``."""
    return "".join(f"{k}={url_quote(v, safe=' -_.~+@&!$,;()')}/" for k, v in zip(keys, values, strict=True))


def add_partition(catalog: GlueCatalog, table: Any, values: list[str], location: str | None = None) -> None:
    """Register a partition with the table's own format."""
    catalog.ask("BatchCreatePartition", table.database_name, table.name)
    described = table.as_dict()
    storage = dict(described["StorageDescriptor"])
    keys = [k["Name"].lower() for k in described["PartitionKeys"]]
    storage["Location"] = location or storage["Location"].rstrip("/") + "/" + partition_folder(keys, values)
    table.create_partition({"Values": values, "StorageDescriptor": storage, "Parameters": {}})


def _alter_table(words: Words, database: str) -> Ddl:
    db, name = words.table(database)
    if words.take_if("ADD"):
        return _add_partitions(words, db, name)
    if words.take_if("DROP"):
        return _drop_partitions(words, db, name)
    raise Refused(f"ALTER TABLE ... {words.take().text.upper()}")


def _add_partitions(words: Words, db: str, name: str) -> Ddl:
    gently = _if_not_exists(words)
    if words.take_if("COLUMNS"):
        raise Refused("ALTER TABLE ADD COLUMNS")
    wanted: list[tuple[dict[str, str], str | None]] = []
    while words.next is not None and words.next.text.upper() == "PARTITION":
        spec = _partition_spec(words)
        location = words.string() if words.take_if("LOCATION") else None
        wanted.append((spec, location))
        words.take_if(",")
    if not wanted:
        raise words.wrong("'PARTITION'")

    def run(catalog: GlueCatalog) -> Shown:
        table = _table(catalog, db, name)
        new = [(_values(table, spec), location) for spec, location in wanted]
        for values, _ in new:
            if str(values) in table.partitions and not gently:
                raise _hive_error("AlreadyExistsException(message:Partition already exists.)")
        for values, location in new:
            if str(values) not in table.partitions:
                folder = location if location is None or location.endswith("/") else f"{location}/"
                add_partition(catalog, table, values, folder)
        return Shown()

    return Ddl("ALTER_TABLE_ADD_PARTITION", "DDL", run)


def _drop_partitions(words: Words, db: str, name: str) -> Ddl:
    gently = words.take_if("IF", "EXISTS")
    specs = [_partition_spec(words)]
    while words.take_if(","):
        specs.append(_partition_spec(words))

    def run(catalog: GlueCatalog) -> Shown:
        table = _table(catalog, db, name)
        for spec in specs:
            values = _values(table, spec)
            if str(values) not in table.partitions:
                if gently:
                    continue
                raise QueryError("", f"FAILED: SemanticException [Error 10006]: Partition not found {spec}")
            catalog.ask("DeletePartition", db, name)
            table.delete_partition(values)
        return Shown()

    return Ddl("ALTER_TABLE_DROP_PARTITION", "DDL", run)


def _msck(words: Words, database: str) -> Ddl:
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        table = _table(catalog, db, name)
        catalog.ask("GetPartitions", db, name)
        described = table.as_dict()
        keys = [k["Name"].lower() for k in described.get("PartitionKeys") or []]
        location = described["StorageDescriptor"]["Location"].rstrip("/") + "/"
        found: dict[str, list[str]] = {}
        pattern = re.compile("/".join(f"{re.escape(k)}=([^/]+)" for k in keys) + "/")
        for file in catalog.files_at(location) if keys else []:
            m = pattern.match(file.uri.removeprefix(location))
            if m is not None:
                found.setdefault(m[0], [unquote(v) for v in m.groups()])
        new = {folder: values for folder, values in found.items() if str(values) not in table.partitions}
        lines = []
        if new:
            lines.append("Partitions not in metastore:\t" + "\t".join(f"{name}:{f.rstrip('/')}" for f in new))
        for folder, values in new.items():
            add_partition(catalog, table, values, location + folder)
            lines.append(f"Repair: Added partition to metastore {name}:{folder.rstrip('/')}")
        return _shown("result", lines) if lines else Shown()

    return Ddl("MSCK_REPAIR_TABLE", "DDL", run)


# --- show and describe -----------------------------------------------------------------------------------------------


def _show_partitions(words: Words, database: str) -> Ddl:
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        table = _table(catalog, db, name)
        keys = [k["Name"] for k in table.as_dict().get("PartitionKeys") or []]
        catalog.ask("GetPartitions", db, name)
        if not keys:
            raise _hive_error(f"Table {db}.{name} is not a partitioned table")
        lines = ["/".join(f"{k}={v}" for k, v in zip(keys, p.values, strict=True)) for p in table.partitions.values()]
        return _shown("partition", sorted(lines))

    return Ddl("SHOW_PARTITIONS", "UTILITY", run)


def _show_tables(words: Words, database: str) -> Ddl:
    db = words.identifier() if words.take_if("IN") or words.take_if("FROM") else database
    pattern = words.string() if words.next is not None and words.next.kind == "string" else None

    def run(catalog: GlueCatalog) -> Shown:
        names = sorted(_database(catalog, db).tables)
        catalog.ask("GetTables", db, "*")
        if pattern is not None:
            form = re.compile(
                "|".join(re.escape(p).replace(r"\*", ".*").replace(r"\.\.*", ".*") for p in pattern.split("|"))
            )
            names = [n for n in names if form.fullmatch(n)]
        return _shown("tab_name", names)

    return Ddl("SHOW_TABLES", "UTILITY", run)


def _show_databases(words: Words, database: str) -> Ddl:
    def run(catalog: GlueCatalog) -> Shown:
        catalog.ask("GetDatabases", "*")
        return _shown("database_name", sorted(catalog.backend.databases))

    return Ddl("SHOW_DATABASES", "UTILITY", run)


def _show_columns(words: Words, database: str) -> Ddl:
    if not words.take_if("IN"):
        words.expect("FROM")
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        described = _table(catalog, db, name).as_dict()
        columns = [*described["StorageDescriptor"]["Columns"], *(described.get("PartitionKeys") or [])]
        return _shown("field", [c["Name"] for c in columns])

    return Ddl("SHOW_COLUMNS", "UTILITY", run)


def _describe(words: Words, database: str) -> Ddl:
    for option in ("EXTENDED", "FORMATTED"):
        if words.take_if(option):
            raise Refused(f"DESCRIBE {option}")
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        described = _table(catalog, db, name).as_dict()
        keys = described.get("PartitionKeys") or []
        columns = [*described["StorageDescriptor"]["Columns"], *keys]
        lines = [f"{c['Name']:<20}\t{c['Type']:<20}\t{c.get('Comment', ''):<20}" for c in columns]
        if keys:
            lines += [
                "\t \t ",
                "# Partition Information\t \t ",
                f"{'# col_name':<22}\t{'data_type':<20}\t{'comment':<20}",
                "\t \t ",
            ]
            lines += [f"{c['Name']:<20}\t{c['Type']:<20}\t{c.get('Comment', ''):<20}" for c in keys]
        return Shown([ResultColumn(n, VARCHAR) for n in ("col_name", "data_type", "comment")], [[v] for v in lines])

    return Ddl("DESCRIBE", "UTILITY", run)


def _show_create_table(words: Words, database: str) -> Ddl:
    db, name = words.table(database)

    def run(catalog: GlueCatalog) -> Shown:
        described = _table(catalog, db, name).as_dict()
        if described.get("TableType") == "VIRTUAL_VIEW":
            raise Refused("SHOW CREATE TABLE of a view")
        return _shown("createtab_stmt", _create_statement(db, name, described))

    return Ddl("SHOW_CREATE_TABLE", "UTILITY", run)


def _create_statement(db: str, name: str, described: dict[str, Any]) -> list[str]:
    def listed(columns: list[dict[str, str]]) -> list[str]:
        lines = []
        for i, c in enumerate(columns):
            comment = f" COMMENT '{c['Comment']}'" if c.get("Comment") else ""
            lines.append(f"  `{c['Name']}` {c['Type']}{comment}{', ' if i + 1 < len(columns) else ')'}")
        return lines

    storage = described["StorageDescriptor"]
    lines = [f"CREATE EXTERNAL TABLE `{db}.{name}`(", *listed(storage["Columns"])]
    if described.get("Description"):
        lines.append(f"COMMENT '{described['Description']}'")
    if described.get("PartitionKeys"):
        lines += ["PARTITIONED BY ( ", *listed(described["PartitionKeys"])]
    serde = storage["SerdeInfo"]
    lines += ["ROW FORMAT SERDE ", f"  '{serde['SerializationLibrary']}' "]
    if serde.get("Parameters"):
        pairs = [f"  '{k}'='{v}'" for k, v in sorted(serde["Parameters"].items())]
        lines += ["WITH SERDEPROPERTIES ( ", *(p + ", " for p in pairs[:-1]), pairs[-1] + ") "]
    lines += [
        "STORED AS INPUTFORMAT ",
        f"  '{storage['InputFormat']}' ",
        "OUTPUTFORMAT ",
        f"  '{storage['OutputFormat']}'",
    ]
    lines += ["LOCATION", f"  '{storage['Location'].rstrip('/')}'"]
    pairs = [
        f"  '{k}'='{v}'"
        for k, v in sorted((described.get("Parameters") or {}).items())
        if k not in ("EXTERNAL", "comment")
    ]
    if pairs:
        lines += ["TBLPROPERTIES (", *(p + ", " for p in pairs[:-1]), pairs[-1] + ")"]
    return lines


_STATEMENTS: tuple[tuple[tuple[str, ...], Callable[[Words, str], Ddl]], ...] = (
    (("CREATE", "DATABASE"), _create_database),
    (("CREATE", "SCHEMA"), _create_database),
    (("DROP", "DATABASE"), _drop_database),
    (("DROP", "SCHEMA"), _drop_database),
    (("CREATE", "EXTERNAL", "TABLE"), _create_table),
    (("DROP", "TABLE"), _drop_table),
    (("DROP", "VIEW"), _drop_view),
    (("ALTER", "TABLE"), _alter_table),
    (("MSCK", "REPAIR", "TABLE"), _msck),
    (("SHOW", "PARTITIONS"), _show_partitions),
    (("SHOW", "TABLES"), _show_tables),
    (("SHOW", "DATABASES"), _show_databases),
    (("SHOW", "SCHEMAS"), _show_databases),
    (("SHOW", "COLUMNS"), _show_columns),
    (("SHOW", "CREATE", "TABLE"), _show_create_table),
    (("DESCRIBE",), _describe),
    (("DESC",), _describe),
)

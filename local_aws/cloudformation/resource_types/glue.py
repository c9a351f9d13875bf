"""The catalog's databases and tables, classifiers, crawlers and jobs.

Source: AWS CloudFormation resource reference, AWS::Glue::*, and the Glue API reference. What of a setting is honoured
is for the local Glue to say: it refuses the others itself.
"""

from typing import Any

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import by_name, flag, many, only, record, text, whole

_COLUMN = record({"Name": text, "Type": text, "Comment": text}, ("Name",))
_TABLE_INPUT = record(
    {
        "Name": text,
        "Description": text,
        "TableType": text,
        "Parameters": by_name(text),
        "PartitionKeys": many(_COLUMN),
        "StorageDescriptor": record(
            {
                "Columns": many(_COLUMN),
                "Location": text,
                "InputFormat": text,
                "OutputFormat": text,
                "Compressed": flag,
                "Parameters": by_name(text),
                "SerdeInfo": record({"Name": text, "SerializationLibrary": text, "Parameters": by_name(text)}),
            }
        ),
    },
    ("Name",),
)


def _delete(call: Any, **names: str) -> None:
    try:
        call(**names)
    except ClientError as error:
        if not gone(error, "EntityNotFoundException"):
            raise


class Database(ResourceType):
    """A database of the catalog."""

    name = "AWS::Glue::Database"
    name_property = "DatabaseInput"
    replaces = frozenset({"CatalogId"})
    form = record(
        {
            "CatalogId": text,
            "DatabaseInput": record(
                {"Name": text, "Description": text, "LocationUri": text, "Parameters": by_name(text)}
            ),
        },
        ("CatalogId", "DatabaseInput"),
    )

    @override
    def custom_name(self, properties: Properties) -> str | None:
        name: str | None = properties["DatabaseInput"].get("Name")
        return name

    @override
    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        return super().generated_name(place, logical_id, suffix).lower()

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("glue").create_database(
            CatalogId=properties["CatalogId"], DatabaseInput=properties["DatabaseInput"] | {"Name": name}
        )
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("glue").update_database(
            CatalogId=new["CatalogId"], Name=physical_id, DatabaseInput=new["DatabaseInput"] | {"Name": physical_id}
        )

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        _delete(place.client("glue").delete_database, CatalogId=properties["CatalogId"], Name=physical_id)


class Table(ResourceType):
    """A table of the catalog; its physical id is its name."""

    name = "AWS::Glue::Table"
    name_property = "TableInput"
    replaces = frozenset({"CatalogId", "DatabaseName"})
    form = record(
        {"CatalogId": text, "DatabaseName": text, "TableInput": _TABLE_INPUT},
        ("CatalogId", "DatabaseName", "TableInput"),
    )

    @override
    def custom_name(self, properties: Properties) -> str | None:
        name: str = properties["TableInput"]["Name"]
        return name

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("glue").create_table(
            CatalogId=properties["CatalogId"],
            DatabaseName=properties["DatabaseName"],
            TableInput=properties["TableInput"],
        )
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("glue").update_table(
            CatalogId=new["CatalogId"], DatabaseName=new["DatabaseName"], TableInput=new["TableInput"]
        )

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        database = properties["DatabaseName"]
        glue = place.client("glue")
        _delete(glue.delete_table, CatalogId=properties["CatalogId"], DatabaseName=database, Name=physical_id)


class Classifier(ResourceType):
    """A classifier of CSV files."""

    name = "AWS::Glue::Classifier"
    name_property = "CsvClassifier"
    form = record(
        {
            "CsvClassifier": record(
                {
                    "Name": text,
                    "Delimiter": text,
                    "QuoteSymbol": text,
                    "ContainsHeader": text,
                    "Header": many(text),
                    "AllowSingleColumn": flag,
                    "DisableValueTrimming": flag,
                }
            )
        },
        ("CsvClassifier",),
    )

    @override
    def custom_name(self, properties: Properties) -> str | None:
        name: str | None = properties["CsvClassifier"].get("Name")
        return name

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("glue").create_classifier(CsvClassifier=properties["CsvClassifier"] | {"Name": name})
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        place.client("glue").update_classifier(CsvClassifier=new["CsvClassifier"] | {"Name": physical_id})

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        _delete(place.client("glue").delete_classifier, Name=physical_id)


class Crawler(ResourceType):
    """A crawler of S3 folders. A schedule would be pretended: nothing here starts a crawl by the clock."""

    name = "AWS::Glue::Crawler"
    name_property = "Name"
    form = record(
        {
            "Name": text,
            "Description": text,
            "Role": text,
            "DatabaseName": text,
            "TablePrefix": text,
            "Classifiers": many(text),
            "Configuration": text,
            "Targets": record(
                {"S3Targets": many(record({"Path": text, "Exclusions": many(text), "SampleSize": whole}))},
                ("S3Targets",),
            ),
            "RecrawlPolicy": record({"RecrawlBehavior": text}),
            "SchemaChangePolicy": record({"UpdateBehavior": text, "DeleteBehavior": text}),
        },
        ("Role", "Targets"),
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("glue").create_crawler(**(properties | {"Name": name}))
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        emptied = {name: _EMPTY_CRAWLER.get(name) for name in old.keys() - new.keys()}
        lost = sorted(name for name, value in emptied.items() if value is None)
        if lost:
            raise ValueError(f"{', '.join(lost)} cannot be taken away from a crawler; give a value")
        place.client("glue").update_crawler(**(emptied | new | {"Name": physical_id}))

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        _delete(place.client("glue").delete_crawler, Name=physical_id)


# UpdateCrawler leaves what it is not given, so a property that a template no longer has is set to what it was without
_EMPTY_CRAWLER: dict[str, Any] = {
    "Description": "",
    "TablePrefix": "",
    "Classifiers": [],
    "Configuration": "",
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
}


class Job(ResourceType):
    """A Spark job."""

    name = "AWS::Glue::Job"
    name_property = "Name"
    form = record(
        {
            "Name": text,
            "Description": text,
            "Role": text,
            "Command": record(
                {"Name": only("glueetl"), "PythonVersion": only("3"), "ScriptLocation": text},
                ("Name", "ScriptLocation"),
            ),
            "DefaultArguments": by_name(text),
            "NonOverridableArguments": by_name(text),
            "ExecutionProperty": record({"MaxConcurrentRuns": whole}),
            "GlueVersion": text,
            "MaxRetries": whole,
            "NumberOfWorkers": whole,
            "Timeout": whole,
            "WorkerType": text,
        },
        ("Role", "Command"),
    )

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("glue").create_job(**(properties | {"Name": name}))
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        # UpdateJob replaces all settings
        settings = {name: value for name, value in new.items() if name != "Name"}
        place.client("glue").update_job(JobName=physical_id, JobUpdate=settings)

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        place.client("glue").delete_job(JobName=physical_id)  # answers with success when there is none

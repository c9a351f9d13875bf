"""moto's Glue backend and API with what they lack, and with our crawlers, jobs and tables in the place of theirs."""

from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.glue import models as moto_glue
from moto.glue import responses as moto_responses
from moto.glue import urls
from moto.glue.exceptions import AlreadyExistsException, CrawlerRunningException

from local_aws.glue import catalog, classifiers


class Backend(moto_glue.GlueBackend):
    """The Glue service of one region.

    classifiers: settings by name; endpoint_url: where the API was last called, so where a job run can call it.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.classifiers: dict[str, dict[str, Any]] = {}
        self.endpoint_url = ""

    @property
    def _url_module(self) -> Any:  # (moto looks for it beside the class)
        return urls

    # names are stored in lower case, "for Hive compatibility"

    def create_database(
        self, database_name: str, database_input: dict[str, Any], tags: dict[str, str] | None = None
    ) -> moto_glue.FakeDatabase:
        """Create a database."""
        return super().create_database(database_name.lower(), database_input, tags)

    def get_database(self, database_name: str) -> moto_glue.FakeDatabase:
        """Return a database."""
        return super().get_database(database_name.lower())

    def update_database(self, database_name: str, database_input: dict[str, Any]) -> None:
        """Update a database."""
        super().update_database(database_name.lower(), database_input)

    def delete_database(self, database_name: str) -> None:
        """Delete a database."""
        super().delete_database(database_name.lower())

    def create_table(
        self, database_name: str, table_name: str, table_input: dict[str, Any], *others: Any
    ) -> moto_glue.FakeTable:
        """Create a table."""
        return super().create_table(database_name.lower(), table_name.lower(), table_input, *others)

    def get_table(self, database_name: str, table_name: str) -> moto_glue.FakeTable:
        """Return a table."""
        return super().get_table(database_name, table_name.lower())

    def delete_table(self, database_name: str, table_name: str) -> None:
        """Delete a table."""
        super().delete_table(database_name, table_name.lower())

    # crawlers

    def update_crawler(self, request: dict[str, Any]) -> None:
        """UpdateCrawler, request as in the API."""
        crawler: Any = self.get_crawler(request["Name"])
        crawler.change(request)

    def delete_crawler(self, name: str) -> None:
        """Delete a crawler. Raises CrawlerRunningException."""
        crawler: Any = self.get_crawler(name)
        if crawler.crawls and crawler.crawls[-1].under_way:
            raise CrawlerRunningException(f"Crawler with name {name} is currently running")
        super().delete_crawler(name)

    # jobs

    def create_job(self, name: str, *settings: Any, **named: Any) -> None:
        """Create a job. Raises AlreadyExistsException, where moto overwrites."""
        if name in self.jobs:
            raise AlreadyExistsException("Job")
        super().create_job(name, *settings, **named)

    def update_job(self, name: str, changes: dict[str, Any]) -> None:
        """UpdateJob: changes as in the API's JobUpdate."""
        job: Any = self.get_job(name)
        job.change(changes)

    def batch_stop_job_run(self, name: str, run_ids: list[str]) -> dict[str, Any]:
        """BatchStopJobRun: which runs were asked to stop, and why the others were not."""
        job: Any = self.get_job(name)
        told = {run_id: job.stop_run(run_id) for run_id in run_ids}
        return {
            "SuccessfulSubmissions": [
                {"JobName": name, "JobRunId": run_id} for run_id, error in told.items() if error is None
            ],
            "Errors": [
                {"JobName": name, "JobRunId": run_id, "ErrorDetail": error} for run_id, error in told.items() if error
            ],
        }


class Api(moto_responses.GlueResponse):
    """The operations of the Glue API that moto does not have, or has otherwise."""

    @property
    def glue_backend(self) -> Backend:
        """The Glue service of the caller's account and region."""
        return cast("Backend", super().glue_backend)

    # catalog

    def batch_create_partition(self) -> ActionResult:
        """Answer BatchCreatePartition."""
        catalog.check_batch(self.parameters)
        return super().batch_create_partition()

    def batch_update_partition(self) -> ActionResult:
        """Answer BatchUpdatePartition."""
        catalog.check_batch(self.parameters)
        return super().batch_update_partition()

    def batch_delete_partition(self) -> ActionResult:
        """Answer BatchDeletePartition."""
        catalog.check_batch(self.parameters)
        return super().batch_delete_partition()

    def batch_get_partition(self) -> ActionResult:
        """Answer BatchGetPartition."""
        catalog.check_batch(self.parameters)
        return super().batch_get_partition()

    def batch_delete_table(self) -> ActionResult:
        """Answer BatchDeleteTable."""
        catalog.check_batch(self.parameters)
        return super().batch_delete_table()

    def get_partitions(self) -> ActionResult:
        """Answer GetPartitions."""
        asked = self.parameters
        found = self.glue_backend.get_partitions(asked["DatabaseName"], asked["TableName"], asked.get("Expression", ""))
        shown, token = catalog.page(found, asked.get("NextToken"), asked.get("MaxResults"), catalog.PARTITIONS_PAGE)
        partitions = [partition.as_dict() for partition in shown]
        if asked.get("ExcludeColumnSchema"):
            partitions = [_without_columns(partition) for partition in partitions]
        return ActionResult({"Partitions": partitions, "NextToken": token})

    def get_tables(self) -> ActionResult:
        """Answer GetTables."""
        asked = self.parameters
        found = self.glue_backend.get_tables(asked["DatabaseName"], asked.get("Expression"))
        shown, token = catalog.page(found, asked.get("NextToken"), asked.get("MaxResults"), catalog.TABLES_PAGE)
        return ActionResult({"TableList": [table.as_dict() for table in shown], "NextToken": token})

    # classifiers

    def create_classifier(self) -> ActionResult:
        """Answer CreateClassifier."""
        classifiers.create(self.glue_backend.classifiers, self.parameters)
        return EmptyResult()

    def update_classifier(self) -> ActionResult:
        """Answer UpdateClassifier."""
        classifiers.update(self.glue_backend.classifiers, self.parameters)
        return EmptyResult()

    def get_classifier(self) -> ActionResult:
        """Answer GetClassifier."""
        found = classifiers.get(self.glue_backend.classifiers, self.parameters["Name"])
        return ActionResult({"Classifier": {"CsvClassifier": found}})

    def get_classifiers(self) -> ActionResult:
        """Answer GetClassifiers."""
        found = [{"CsvClassifier": settings} for settings in self.glue_backend.classifiers.values()]
        return ActionResult({"Classifiers": found})

    def delete_classifier(self) -> ActionResult:
        """Answer DeleteClassifier."""
        classifiers.get(self.glue_backend.classifiers, self.parameters["Name"])
        del self.glue_backend.classifiers[self.parameters["Name"]]
        return EmptyResult()

    # crawlers

    def update_crawler(self) -> ActionResult:
        """Answer UpdateCrawler."""
        self.glue_backend.update_crawler(self.parameters)
        return EmptyResult()

    def get_crawler_metrics(self) -> ActionResult:
        """Answer GetCrawlerMetrics."""
        names = self.parameters.get("CrawlerNameList") or list(self.glue_backend.crawlers)
        known: list[Any] = [self.glue_backend.crawlers[name] for name in names if name in self.glue_backend.crawlers]
        return ActionResult({"CrawlerMetricsList": [crawler.metrics() for crawler in known]})

    # jobs

    def start_job_run(self) -> ActionResult:
        """Answer StartJobRun."""
        self.glue_backend.endpoint_url = f"http://{self.headers['Host']}"
        return super().start_job_run()

    def update_job(self) -> ActionResult:
        """Answer UpdateJob."""
        self.glue_backend.update_job(self.parameters["JobName"], self.parameters["JobUpdate"])
        return ActionResult({"JobName": self.parameters["JobName"]})

    def batch_stop_job_run(self) -> ActionResult:
        """Answer BatchStopJobRun."""
        asked = self.glue_backend.batch_stop_job_run(self.parameters["JobName"], self.parameters["JobRunIds"])
        return ActionResult(asked)


def _without_columns(partition: dict[str, Any]) -> dict[str, Any]:
    storage = {name: value for name, value in partition["StorageDescriptor"].items() if name != "Columns"}
    return {**partition, "StorageDescriptor": storage}

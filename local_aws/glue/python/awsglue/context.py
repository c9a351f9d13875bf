"""`GlueContext`: only the way to a SparkSession that scripts made from Glue's template use."""

from typing import Any, NoReturn

from pyspark import SparkContext
from pyspark.sql import SparkSession


class GlueContext:
    """Holds the SparkSession. Everything about DynamicFrames is refused by name."""

    def __init__(self, sparkContext: SparkContext, **_: Any) -> None:  # noqa: N803 (AWS's name)
        self.spark_session = SparkSession.builder.getOrCreate()
        self._context: Any = sparkContext

    def get_logger(self) -> Any:
        """Spark's own logger, which writes to the error log of the run."""
        return self._context._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def __getattr__(self, name: str) -> NoReturn:
        raise NotImplementedError(
            f"GlueContext.{name} is part of Amazon's own library and not in the local AWS; read and write with "
            "glue_context.spark_session instead"
        )

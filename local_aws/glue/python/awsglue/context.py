"""`GlueContext`: only the way to a SparkSession that scripts made from Glue's template use."""

from typing import Any, NoReturn


class GlueContext:
    """Holds the SparkSession. Everything about DynamicFrames is refused by name."""

    def __init__(self, sparkContext: Any, **_: Any) -> None:  # noqa: N803 (AWS's name)
        from pyspark.sql import SparkSession

        self.spark_session = SparkSession(sparkContext)

    def __getattr__(self, name: str) -> NoReturn:
        raise NotImplementedError(f"GlueContext.{name} is Amazon's own and not in the local AWS; use spark_session")

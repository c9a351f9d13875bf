"""`Job`: marks the beginning and the end of a script. Without bookmarks, that is all it does on AWS too."""

from awsglue.context import GlueContext


class Job:
    """The frame `job.init(...)` .. `job.commit()`. A run with bookmarks switched on never starts here."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context

    def init(self, job_name: str, args: dict[str, str] | None = None) -> None:
        """Begin. Nothing to load: bookmarks are refused when the run starts."""

    def commit(self) -> None:
        """End. Nothing to save."""

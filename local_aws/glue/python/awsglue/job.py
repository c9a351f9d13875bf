"""`Job`: the frame of a script. Without bookmarks, which are refused when a run starts, it does nothing on AWS too."""

from typing import Any


class Job:
    """The frame `job.init(...)` .. `job.commit()`."""

    def __init__(self, _: Any) -> None: ...

    def init(self, job_name: str, args: dict[str, str] | None = None) -> None:
        """Begin."""

    def commit(self) -> None:
        """End."""

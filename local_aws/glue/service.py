"""Puts this room into ministack."""

from pathlib import Path
from typing import Any

from ministack.services import glue

from local_aws.glue import catalog, crawlers, jobs, processes, roles
from local_aws.hooks import replace


def install(folder: Path, port: int) -> None:
    """Let Glue's crawls and job runs be done.

    Args:
        folder: for the folders of job runs.
        port: where this AWS answers.
    """
    roles.serve_at(f"http://127.0.0.1:{port}")
    processes.keep_in(folder)
    catalog.install()
    crawlers.install()
    jobs.install()

    def load(data: Any) -> Any:
        """Take over the state of an earlier server, which may have been killed in the middle of a crawl or a run."""
        answer = plain_load(data)
        crawlers.end_what_was_under_way()
        jobs.end_what_was_under_way()
        return answer

    plain_load = replace(glue, "load_persisted_state", load)

"""Glue on a laptop: crawlers that look, a catalog, and job runs that run their script."""

from pathlib import Path


def install(home: Path) -> None:
    """Put our Glue in the place of moto's, in this process, with the folders of job runs below `home`.

    Call it before the server starts. Each place that is replaced has a contract test.
    """
    from moto.glue import models, urls

    from local_aws.glue import backend, catalog, crawlers, job_runs, log_pages

    models.FakeTable = catalog.Table  # type: ignore[misc]
    models.FakeCrawler = crawlers.Crawler  # type: ignore[misc, assignment]
    models.FakeJob = job_runs.Job  # type: ignore[misc]
    models.glue_backends.backend = backend.Backend
    for account in models.glue_backends.values():
        account.backend = backend.Backend
    urls.url_paths["{0}/$"] = backend.Api.dispatch
    job_runs.keep_runs_in(home / "glue" / "runs")
    log_pages.install()

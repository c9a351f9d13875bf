"""Amazon Athena on a laptop: queries really run, on DuckDB, over the plain files of the Glue catalog's tables."""

from __future__ import annotations

from pathlib import Path


def install(home: Path) -> None:
    """Put the local Athena in the place of moto's.

    Args:
        home: the local AWS's folder; results go through the object store, only what outgrows memory is written here.
    """
    from moto.athena.responses import AthenaResponse

    from local_aws.athena import api, engine

    engine.spill_to(home / "athena" / "spill")
    for call in (*api.REPLACED, *api.ADDED):
        setattr(AthenaResponse, call.__name__, call)

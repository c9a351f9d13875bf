"""CloudFormation on a laptop: stacks whose every resource is really made, through the local AWS's own API."""

from pathlib import Path


def install(home: Path) -> None:
    """Put our CloudFormation in the place of moto's, in this process.

    Call it before the server starts. Each place that is replaced has a contract test. home: nothing is kept there.
    """
    from moto.cloudformation import models, urls

    from local_aws.cloudformation import api

    setattr(models, "CloudFormationBackend", api.Backend)  # noqa: B010
    models.cloudformation_backends.backend = api.Backend
    for account in models.cloudformation_backends.values():
        account.backend = api.Backend
    urls.url_paths["{0}/$"] = api.Api.dispatch

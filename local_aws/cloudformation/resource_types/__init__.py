"""The resource types that the local AWS really makes. A type that is not here is refused by name."""

from local_aws.cloudformation.resource_types import athena, glue, iam, s3, ses
from local_aws.cloudformation.resource_types.base import ResourceType

TYPES: dict[str, ResourceType] = {
    made.name: made
    for made in (
        athena.WorkGroup(),
        glue.Classifier(),
        glue.Crawler(),
        glue.Database(),
        glue.Job(),
        glue.Table(),
        iam.ManagedPolicy(),
        iam.Role(),
        s3.Bucket(),
        s3.BucketPolicy(),
        ses.EmailIdentity(),
    )
}

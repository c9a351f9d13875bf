"""The resource types that the local AWS really makes. A type that is not here is refused by name."""

from local_aws.cloudformation.resource_types import (
    athena,
    cloudwatch,
    events,
    functions,
    glue,
    iam,
    logs,
    s3,
    secrets,
    ses,
    sns,
    sqs,
)
from local_aws.cloudformation.resource_types.base import ResourceType

TYPES: dict[str, ResourceType] = {
    made.name: made
    for made in (
        athena.WorkGroup(),
        cloudwatch.Alarm(),
        events.Rule(),
        functions.EventInvokeConfig(),
        functions.Function(),
        functions.Permission(),
        glue.Classifier(),
        glue.Crawler(),
        glue.Database(),
        glue.Job(),
        glue.Table(),
        iam.ManagedPolicy(),
        iam.Role(),
        logs.LogGroup(),
        s3.Bucket(),
        s3.BucketPolicy(),
        secrets.Secret(),
        ses.EmailIdentity(),
        sns.Subscription(),
        sns.Topic(),
        sns.TopicPolicy(),
        sqs.Queue(),
        sqs.QueuePolicy(),
    )
}

ONLY_ON_AWS = frozenset(
    {
        "AWS::Budgets::Budget",
        "AWS::EC2::EIP",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::MWAA::Environment",
    }
)
"""Types that nothing here can make. A template may have them behind a condition, and the condition must be false."""

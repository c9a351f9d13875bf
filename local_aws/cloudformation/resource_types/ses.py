"""Senders of mail.

Source: AWS CloudFormation resource reference, AWS::SES::EmailIdentity.
"""

from botocore.exceptions import ClientError
from typing_extensions import override

from local_aws.cloudformation.resource_types.base import Place, Properties, ResourceType, gone
from local_aws.cloudformation.shapes import record, text


class EmailIdentity(ResourceType):
    """An address, or a domain, that mails may be sent from once it is verified."""

    name = "AWS::SES::EmailIdentity"
    name_property = "EmailIdentity"
    form = record({"EmailIdentity": text}, ("EmailIdentity",))

    @override
    def create(self, place: Place, name: str, properties: Properties) -> str:
        place.client("sesv2").create_email_identity(EmailIdentity=name)
        return name

    @override
    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        raise NotImplementedError("its only property replaces it")

    @override
    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        try:
            place.client("sesv2").delete_email_identity(EmailIdentity=physical_id)
        except ClientError as error:
            if not gone(error, "NotFoundException"):
                raise

"""What a resource type can do, and where it does it."""

import functools
import threading
from dataclasses import dataclass
from typing import Any, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.cloudformation.shapes import Shape

Properties = dict[str, Any]

_lock = threading.Lock()


@dataclass(frozen=True)
class Place:
    """Where a stack's resources are made.

    endpoint_url: the local AWS itself: resources are made through the API that any caller uses, so that what the API
    refuses the stack refuses too.
    """

    account: str
    region: str
    partition: str
    stack_name: str
    stack_id: str
    endpoint_url: str

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service."""
        with _lock:  # making one is not thread-safe
            return _client(service, self.region, self.endpoint_url)

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@functools.lru_cache(maxsize=32)
def _client(service: str, region: str, endpoint_url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    session: Any = boto3.Session(aws_access_key_id="cloudformation", aws_secret_access_key="-")  # noqa: S106  # any text
    return session.client(service, region_name=region, endpoint_url=endpoint_url, config=config)


class ResourceType:
    """A type of resource. Its methods call the API of its service.

    name: as the template writes it. form: its properties. name_property: the one that holds its name, if it has one;
    another name needs a new resource. replaces: other properties whose change does. attributes: those of GetAtt.
    capability: a template that has one needs CAPABILITY_IAM.
    """

    name: ClassVar[str]
    form: ClassVar[Shape]
    name_property: ClassVar[str | None] = None
    replaces: ClassVar[frozenset[str]] = frozenset()
    attributes: ClassVar[frozenset[str]] = frozenset()
    capability: ClassVar[bool] = False

    def custom_name(self, properties: Properties) -> str | None:
        """Return the name that the template gives it, if any."""
        return properties.get(self.name_property) if self.name_property else None

    def generated_name(self, place: Place, logical_id: str, suffix: str) -> str:
        """Return the name of one that has none in the template. suffix: a few random letters and digits."""
        return f"{place.stack_name}-{logical_id}-{suffix}"

    def expected_id(self, place: Place, name: str, properties: Properties) -> str:
        """Return the physical id that `create` will give."""
        return name

    def create(self, place: Place, name: str, properties: Properties) -> str:
        """Make it and return its physical id."""
        raise NotImplementedError

    def configure(self, place: Place, physical_id: str, properties: Properties) -> None:
        """Do what is left to do after `create`; may fail after the resource is there."""

    def update(self, place: Place, physical_id: str, old: Properties, new: Properties) -> None:
        """Change what differs."""
        raise NotImplementedError

    def delete(self, place: Place, physical_id: str, properties: Properties) -> None:
        """Remove it."""
        raise NotImplementedError

    def ref(self, physical_id: str) -> str:
        """Return what Ref gives."""
        return physical_id

    def attribute(self, place: Place, physical_id: str, properties: Properties, name: str) -> str:
        """Return what GetAtt gives."""
        raise NotImplementedError

    def exists(self, place: Place, name: str) -> bool:
        """Whether one of that name is there already and can be taken over by a stack."""
        return False


def changed(old: Properties, new: Properties) -> set[str]:
    """Return the names of the properties that differ."""
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def gone(error: ClientError, *codes: str) -> bool:
    """Whether an error says that the resource is not there."""
    return error.response["Error"]["Code"] in codes

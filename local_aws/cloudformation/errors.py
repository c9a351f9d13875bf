"""What the CloudFormation API answers when it says no."""

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):  # type: ignore[misc]
    """The request, the template or the stack's state does not allow it."""

    code = "ValidationError"


class AlreadyExistsError(ServiceException):  # type: ignore[misc]
    """A stack or change set of that name is there."""

    code = "AlreadyExistsException"


class ChangeSetNotFoundError(ServiceException):  # type: ignore[misc]
    """No change set of that name or ARN."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(ServiceException):  # type: ignore[misc]
    """The change set cannot be carried out as it stands."""

    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesError(ServiceException):  # type: ignore[misc]
    """The template makes roles or policies, and the caller did not say that this is meant."""

    code = "InsufficientCapabilitiesException"

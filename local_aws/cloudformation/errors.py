"""What the CloudFormation API answers when it says no."""

from moto.core.exceptions import ServiceException


class ValidationError(ServiceException):
    """The request, the template or the stack's state does not allow it."""

    code = "ValidationError"


class AlreadyExistsError(ServiceException):
    """A stack or change set of that name is there."""

    code = "AlreadyExistsException"


class ChangeSetNotFoundError(ServiceException):
    """No change set of that name or ARN."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(ServiceException):
    """The change set cannot be carried out as it stands."""

    code = "InvalidChangeSetStatus"


class InsufficientCapabilitiesError(ServiceException):
    """The template makes roles or policies, and the caller did not say that this is meant."""

    code = "InsufficientCapabilitiesException"

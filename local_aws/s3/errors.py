"""What S3 answers when it refuses: code, message and status of the API reference's list of error responses."""


class S3Error(Exception):
    """A refusal as S3 words it."""

    status = 400
    code = "InvalidRequest"

    def __init__(self, message: str, **details: str) -> None:
        """Keep the message and the elements that stand beside it in the answer (Key, BucketName, ...)."""
        super().__init__(message)
        self.message = message
        self.details = details
        self.headers: dict[str, str] = {}


class NoSuchBucket(S3Error):
    """The bucket does not exist."""

    status, code = 404, "NoSuchBucket"

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        super().__init__("The specified bucket does not exist", BucketName=bucket)


class InvalidBucketName(S3Error):
    """A name that no bucket can have."""

    code = "InvalidBucketName"

    def __init__(self, bucket: str) -> None:
        """Name it."""
        super().__init__("The specified bucket is not valid.", BucketName=bucket)


class NoSuchKey(S3Error):
    """The object does not exist, or its newest version is a delete marker."""

    status, code = 404, "NoSuchKey"

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__("The specified key does not exist.", Key=key)


class NoSuchVersion(S3Error):
    """The version does not exist."""

    status, code = 404, "NoSuchVersion"

    def __init__(self, key: str, version_id: str) -> None:
        """Name key and version."""
        super().__init__("The specified version does not exist.", Key=key, VersionId=version_id)


class NoSuchUpload(S3Error):
    """The multipart upload does not exist, was aborted, or belongs to another key."""

    status, code = 404, "NoSuchUpload"

    def __init__(self, upload_id: str) -> None:
        """Name the upload."""
        super().__init__(
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
            "or completed.",
            UploadId=upload_id,
        )


class PreconditionFailed(S3Error):
    """An If-Match, If-None-Match or If-Unmodified-Since does not hold."""

    status, code = 412, "PreconditionFailed"

    def __init__(self, condition: str) -> None:
        """Name the header."""
        super().__init__("At least one of the pre-conditions you specified did not hold", Condition=condition)


class ConditionalRequestConflict(S3Error):
    """The key was deleted while a conditional write of it was under way."""

    status, code = 409, "ConditionalRequestConflict"

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__(
            "The conditional request cannot succeed due to a conflicting operation against this resource.", Key=key
        )


class InvalidRange(S3Error):
    """The range starts behind the object's end."""

    status, code = 416, "InvalidRange"

    def __init__(self, requested: str, size: int) -> None:
        """Name range and size."""
        super().__init__("The requested range is not satisfiable", RangeRequested=requested, ActualObjectSize=str(size))


class BadDigest(S3Error):
    """The body is not the one that Content-MD5 or a checksum header announced."""

    code = "BadDigest"

    def __init__(self, header: str) -> None:
        """Name the header."""
        super().__init__(f"The {header} you specified did not match what we received.")


class InvalidArgument(S3Error):
    """A parameter has a value that S3 does not take."""

    code = "InvalidArgument"


class InvalidRequest(S3Error):
    """Parameters that do not go together."""

    code = "InvalidRequest"


class MalformedXML(S3Error):
    """The body is not what the operation takes."""

    code = "MalformedXML"

    def __init__(self) -> None:
        """Use S3's words."""
        super().__init__("The XML you provided was not well-formed or did not validate against our published schema")


class InvalidPart(S3Error):
    """A part that is not there, or not with that entity tag."""

    code = "InvalidPart"

    def __init__(self, number: int) -> None:
        """Name the part."""
        super().__init__(
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the "
            "specified entity tag may not match the part's entity tag.",
            PartNumber=str(number),
        )


class InvalidPartOrder(S3Error):
    """The parts do not ascend."""

    code = "InvalidPartOrder"

    def __init__(self) -> None:
        """Use S3's words."""
        super().__init__("The list of parts was not in ascending order. Parts must be ordered by part number.")


class EntityTooSmall(S3Error):
    """A part that is not the last has less than 5 MiB."""

    code = "EntityTooSmall"

    def __init__(self, number: int, size: int) -> None:
        """Name the part and its size."""
        super().__init__(
            "Your proposed upload is smaller than the minimum allowed size",
            PartNumber=str(number),
            ProposedSize=str(size),
            MinSizeAllowed=str(5 * 1024 * 1024),
        )


class KeyTooLong(S3Error):
    """A key has more than 1,024 bytes of UTF-8."""

    code = "KeyTooLongError"

    def __init__(self, size: int) -> None:
        """Name the size."""
        super().__init__("Your key is too long", Size=str(size), MaxSizeAllowed="1024")


class MethodNotAllowed(S3Error):
    """The version is a delete marker, which can only be deleted."""

    status, code = 405, "MethodNotAllowed"

    def __init__(self) -> None:
        """Use S3's words."""
        super().__init__("The specified method is not allowed against this resource.", ResourceType="DeleteMarker")


class AccessDenied(S3Error):
    """The caller may not do this."""

    status, code = 403, "AccessDenied"


class NotForReal(S3Error):
    """Something that S3 does and this server does not."""

    status, code = 501, "NotImplemented"

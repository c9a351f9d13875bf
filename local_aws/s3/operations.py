"""S3's operations on objects, on the plain files of the store.

Each takes a `Call` and returns an `Answer` whose `result` has the names of botocore's shape for it. A parameter that
would be pretended is refused by name.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import IO, Any, BinaryIO
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.datastructures import Headers

from local_aws.access import AccessDenied as NotAllowed
from local_aws.actions import Permission, s3_action, s3_arn
from local_aws.s3 import bodies
from local_aws.s3.errors import (
    AccessDenied,
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRange,
    InvalidRequest,
    KeyTooLong,
    MalformedXML,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchUpload,
    NoSuchVersion,
    NotForReal,
    PreconditionFailed,
    S3Error,
)
from local_aws.s3.index import Part, Upload, Version
from local_aws.s3.object_store import CHUNK, Condition, Store

SMALLEST_PART = 5 * 1024 * 1024
MOST_KEYS = 1000
LONGEST_KEY = 1024
STORED_HEADERS = {
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "ContentType": "Content-Type",
    "Expires": "Expires",
}
ENCRYPTED = {"ServerSideEncryption": "AES256"}
OWNER = {"ID": hashlib.sha256(b"local aws").hexdigest()}


@dataclass(frozen=True)
class Call:
    """One request: its parameters by botocore's names, its headers, and its body where the operation has one."""

    params: Mapping[str, Any]
    headers: Headers
    stream: IO[bytes]
    store: Store
    account: str
    began: float
    ask: Callable[[list[Permission]], None] = lambda _: None  # raises AccessDenied for what the caller may not do

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return str(self.params["Bucket"])

    @property
    def key(self) -> str:
        """The object's key."""
        return str(self.params["Key"])


@dataclass(frozen=True)
class Answer:
    """What goes back: a result to serialize, and for GetObject the bytes."""

    result: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterator[bytes] | None = None


def put_object(call: Call) -> Answer:
    """Store an object."""
    _check_write(call)
    attributes = _attributes(call.params)
    work = call.store.new_work_file()
    try:
        received = bodies.receive(call.stream, call.headers, work)
        if received.checksums:
            algorithm, value = next(iter(received.checksums.items()))
            attributes["checksum"] = {"algorithm": algorithm, "value": value, "type": "FULL_OBJECT"}
        version = call.store.put(
            call.bucket, call.key, work, received.md5, attributes, condition=_condition(call), began=call.began
        )
    finally:
        work.unlink(missing_ok=True)
    return Answer(_written(version) | _checksum_result(version))


def get_object(call: Call) -> Answer:
    """Return an object or a range of it."""
    version, file = call.store.open(call.bucket, call.key, call.params.get("VersionId"))
    answer = _describe(call, version)
    if version is None or file is None or answer.status == 304:
        if file is not None:
            file.close()
        return answer
    overrides = {name[len("Response") :]: value for name, value in call.params.items() if name.startswith("Response")}
    first, length = _place_of_range(call, version)
    return replace(answer, result=answer.result | overrides, body=_bytes(file, first, length))


def head_object(call: Call) -> Answer:
    """Return what is known of an object."""
    return _describe(call, call.store.find(call.bucket, call.key, call.params.get("VersionId")))


def copy_object(call: Call) -> Answer:
    """Copy an object's bytes and, unless told otherwise, its headers and tags."""
    _check_write(call)
    source_bucket, source_key, source_version = _copy_source(call.params["CopySource"])
    call.store.bucket_folder(source_bucket)
    source, file = call.store.open(source_bucket, source_key, source_version)
    source = _readable(source, source_key, source_version)
    assert file is not None  # noqa: S101 (a readable version has a file)
    with file:
        _check_copy_source(call, source)
        attributes = _copied_attributes(call, source)
        itself = (source_bucket, source_key, source_version) == (call.bucket, call.key, None)
        if itself and attributes == source.attributes | {"checksum": attributes.get("checksum")}:
            _refuse_copy_to_itself(call)
        work = call.store.new_work_file()
        try:
            etag = _copy_bytes(file, work.open("wb"), 0, source.size)
            version = call.store.put(
                call.bucket,
                call.key,
                work,
                etag,
                attributes,
                event="s3:ObjectCreated:Copy",
                condition=_condition(call),
                began=call.began,
            )
        finally:
            work.unlink(missing_ok=True)
    result: dict[str, Any] = {
        "CopyObjectResult": {"ETag": _quoted(version.etag), "LastModified": version.last_modified}
    }
    if source.version_id != "null":
        result["CopySourceVersionId"] = source.version_id
    return Answer(result | {key: value for key, value in _written(version).items() if key != "ETag"})


def delete_object(call: Call) -> Answer:
    """Delete a key, or one version of it for good."""
    version_id = call.params.get("VersionId")
    return Answer(_delete(call, call.key, version_id, _condition(call)))


def delete_objects(call: Call) -> Answer:
    """Delete up to 1,000 keys or versions."""
    asked = call.params.get("Delete", {})
    objects = asked.get("Objects", [])
    if not 0 < len(objects) <= MOST_KEYS:
        raise MalformedXML
    deleted, errors = [], []
    for one in objects:
        try:
            action = s3_action("DeleteObject", one.get("VersionId"))
            call.ask([Permission(action, s3_arn(call.bucket, one["Key"]))])
            gone = _delete(call, one["Key"], one.get("VersionId"), _etag_condition(one.get("ETag")))
        except NotAllowed as refusal:
            errors.append({"Key": one["Key"], "Code": "AccessDenied", "Message": str(refusal)})
            continue
        except S3Error as error:
            errors.append({"Key": one["Key"], "Code": error.code, "Message": error.message})
            continue
        entry = {"Key": one["Key"]}
        if one.get("VersionId"):
            entry["VersionId"] = one["VersionId"]
        if gone.get("DeleteMarker"):
            entry |= {"DeleteMarker": True, "DeleteMarkerVersionId": gone["VersionId"]}
        deleted.append(entry)
    return Answer({"Deleted": [] if asked.get("Quiet") else deleted, "Errors": errors})


def list_objects(call: Call) -> Answer:
    """List newest versions, a thousand at a time (the older form of the call)."""
    marker = call.params.get("Marker") or ""
    page = _page(call, marker)
    result = _listing(call, page) | {"Marker": _named(call, marker)}
    if page.truncated and call.params.get("Delimiter"):
        result["NextMarker"] = _named(call, page.last)
    return Answer(result)


def list_objects_v2(call: Call) -> Answer:
    """List newest versions, a thousand at a time."""
    token = call.params.get("ContinuationToken")
    start_after = call.params.get("StartAfter") or ""
    page = _page(call, start_after if token is None else _from_token(token))
    result = _listing(call, page) | {"KeyCount": len(page.versions) + len(page.prefixes)}
    if not call.params.get("FetchOwner"):
        for entry in result["Contents"]:
            entry.pop("Owner")
    if start_after:
        result["StartAfter"] = _named(call, start_after)
    if token is not None:
        result["ContinuationToken"] = token
    if page.truncated:
        result["NextContinuationToken"] = base64.urlsafe_b64encode(page.last.encode()).decode()
    return Answer(result)


def list_object_versions(call: Call) -> Answer:
    """List all versions and delete markers: by key, newest first."""
    params = call.params
    prefix, delimiter = params.get("Prefix") or "", params.get("Delimiter") or ""
    key_marker, id_marker = params.get("KeyMarker") or "", params.get("VersionIdMarker") or ""
    most = _most(params)
    if id_marker and not key_marker:
        raise InvalidArgument("A version-id marker cannot be specified without a key marker.")
    call.store.take_in(call.bucket, prefix)
    with call.store.lock:
        rows = list(_versions_after(call, prefix, key_marker, id_marker))
    entries: list[Version] = []
    prefixes: list[str] = []
    last, truncated = (key_marker, id_marker), False
    for version in rows:
        group = _group(version.key, prefix, delimiter)
        if group is not None and (group in prefixes or group == key_marker):
            continue
        if len(entries) + len(prefixes) == most:
            truncated = True
            break
        if group is None:
            entries.append(version)
            last = (version.key, version.version_id)
        else:
            prefixes.append(group)
            last = (group, "")
    result = _list_head(call) | {
        "KeyMarker": _named(call, key_marker),
        "VersionIdMarker": id_marker,
        "IsTruncated": truncated,
        "Versions": [_version_entry(call, one) for one in entries if not one.marker],
        "DeleteMarkers": [_version_entry(call, one) for one in entries if one.marker],
        "CommonPrefixes": [{"Prefix": _named(call, one)} for one in prefixes],
    }
    if truncated:
        result |= {"NextKeyMarker": _named(call, last[0]), "NextVersionIdMarker": last[1]}
    return Answer(result)


def get_object_tagging(call: Call) -> Answer:
    """Return an object's tags."""
    version = _named_version(call)
    tags = version.attributes.get("tags", {})
    return Answer(_version_result(version) | {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})


def put_object_tagging(call: Call) -> Answer:
    """Replace an object's tags."""
    version = _named_version(call)
    tags = _checked_tags([(tag["Key"], tag["Value"]) for tag in call.params["Tagging"]["TagSet"]])
    call.store.set_attributes(version, version.attributes | {"tags": tags})
    return Answer(_version_result(version))


def delete_object_tagging(call: Call) -> Answer:
    """Remove an object's tags."""
    version = _named_version(call)
    call.store.set_attributes(version, {k: v for k, v in version.attributes.items() if k != "tags"})
    return Answer(_version_result(version))


def get_object_attributes(call: Call) -> Answer:
    """Return entity tag, checksum, size, storage class and parts, as far as asked."""
    version = _named_version(call)
    asked = [name for one in call.params["ObjectAttributes"] for name in one.replace(" ", "").split(",")]
    checksum = version.attributes.get("checksum")
    known: dict[str, Any] = {
        "ETag": version.etag,
        "ObjectSize": version.size,
        "StorageClass": "STANDARD",
        "ObjectParts": {"TotalPartsCount": len(version.attributes.get("parts", []))},
        "Checksum": {f"Checksum{checksum['algorithm']}": checksum["value"], "ChecksumType": checksum["type"]}
        if checksum
        else {},
    }
    result = {
        name: value for name, value in known.items() if name in asked and value not in ({}, {"TotalPartsCount": 0})
    }
    return Answer(result | {"LastModified": version.last_modified} | _version_result(version))


def create_multipart_upload(call: Call) -> Answer:
    """Begin an upload in parts."""
    _check_write(call)
    attributes = _attributes(call.params)
    algorithm = call.params.get("ChecksumAlgorithm")
    kind = call.params.get("ChecksumType") or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
    if algorithm:
        bodies.new_digest(algorithm)
        attributes["checksum"] = {"algorithm": algorithm, "type": kind}
    upload = Upload(secrets.token_urlsafe(48), call.bucket, call.key, time.time(), attributes)
    with call.store.lock:
        call.store.index.add_upload(upload)
    result = {"Bucket": call.bucket, "Key": call.key, "UploadId": upload.upload_id} | ENCRYPTED
    if algorithm:
        result |= {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    return Answer(result)


def upload_part(call: Call) -> Answer:
    """Store one part."""
    upload = _upload(call)
    number = _part_number(call)
    work = call.store.new_work_file()
    try:
        received = bodies.receive(call.stream, call.headers, work)
        checksum = _part_checksum(upload, received)
        part = Part(number, secrets.token_hex(16), received.size, received.md5, time.time(), checksum)
        call.store.add_part(upload, part, work)
    finally:
        work.unlink(missing_ok=True)
    checksums = {f"Checksum{algorithm}": value for algorithm, value in received.checksums.items()}
    return Answer({"ETag": _quoted(part.etag)} | ENCRYPTED | checksums)


def upload_part_copy(call: Call) -> Answer:
    """Store one part from an object that is there already."""
    upload = _upload(call)
    number = _part_number(call)
    bucket, key, version_id = _copy_source(call.params["CopySource"])
    call.store.bucket_folder(bucket)
    source, file = call.store.open(bucket, key, version_id)
    source = _readable(source, key, version_id)
    assert file is not None  # noqa: S101 (a readable version has a file)
    with file:
        _check_copy_source(call, source)
        first, length = _copy_range(call.params.get("CopySourceRange"), source.size)
        work = call.store.new_work_file()
        try:
            etag = _copy_bytes(file, work.open("wb"), first, length)
            part = Part(number, secrets.token_hex(16), length, etag, time.time(), None)
            call.store.add_part(upload, part, work)
        finally:
            work.unlink(missing_ok=True)
    modified = datetime.fromtimestamp(int(part.modified), UTC)
    result: dict[str, Any] = {"CopyPartResult": {"ETag": _quoted(etag), "LastModified": modified}} | ENCRYPTED
    if source.version_id != "null":
        result["CopySourceVersionId"] = source.version_id
    return Answer(result)


def complete_multipart_upload(call: Call) -> Answer:
    """Make an object of the parts, in the order of their numbers."""
    with call.store.lock:
        upload = call.store.index.upload(call.params["UploadId"])
        done = call.store.index.by_seq(upload.completed) if upload is not None and upload.completed else None
    if upload is None or (upload.bucket, upload.key) != (call.bucket, call.key):
        raise NoSuchUpload(call.params["UploadId"])
    version = done if done is not None else _complete(call, upload)
    result = {"Location": f"/{call.bucket}/{quote(call.key)}", "Bucket": call.bucket, "Key": call.key}
    return Answer(result | _written(version) | _checksum_result(version))


def abort_multipart_upload(call: Call) -> Answer:
    """Forget an upload and its parts."""
    upload = _upload(call)
    with call.store.lock:
        parts = call.store.index.parts(upload.upload_id)
        call.store.index.remove_upload(upload.upload_id)
    call.store.drop_parts(parts)
    return Answer()


def list_parts(call: Call) -> Answer:
    """List the parts of an unfinished upload."""
    upload = _upload(call)
    after, most = int(call.params.get("PartNumberMarker") or 0), _most(call.params, "MaxParts")
    with call.store.lock:
        parts = [part for part in call.store.index.parts(upload.upload_id) if part.number > after]
    page = parts[:most]
    return Answer(
        {
            "Bucket": call.bucket,
            "Key": call.key,
            "UploadId": upload.upload_id,
            "PartNumberMarker": after,
            "NextPartNumberMarker": page[-1].number if page else 0,
            "MaxParts": most,
            "IsTruncated": len(parts) > len(page),
            "StorageClass": "STANDARD",
            "Initiator": OWNER,
            "Owner": OWNER,
            "Parts": [
                {
                    "PartNumber": part.number,
                    "LastModified": datetime.fromtimestamp(int(part.modified), UTC),
                    "ETag": _quoted(part.etag),
                    "Size": part.size,
                }
                for part in page
            ],
        }
    )


def list_multipart_uploads(call: Call) -> Answer:
    """List the bucket's unfinished uploads."""
    prefix = call.params.get("Prefix") or ""
    with call.store.lock:
        uploads = [one for one in call.store.index.open_uploads(call.bucket) if one.key.startswith(prefix)]
    after = (call.params.get("KeyMarker") or "", call.params.get("UploadIdMarker") or "")
    most = _most(call.params, "MaxUploads")
    uploads = [one for one in uploads if one.key > after[0] or (one.key == after[0] and one.upload_id > after[1] != "")]
    page = uploads[:most]
    result = _list_head(call) | {
        "MaxUploads": most,
        "IsTruncated": len(uploads) > len(page),
        "Uploads": [
            {
                "Key": _named(call, one.key),
                "UploadId": one.upload_id,
                "Initiated": datetime.fromtimestamp(int(one.initiated), UTC),
                "StorageClass": "STANDARD",
                "Initiator": OWNER,
                "Owner": OWNER,
            }
            for one in page
        ],
    }
    if len(uploads) > len(page):
        result |= {"NextKeyMarker": _named(call, page[-1].key), "NextUploadIdMarker": page[-1].upload_id}
    return Answer({("Bucket" if name == "Name" else name): value for name, value in result.items()})


@dataclass(frozen=True)
class Page:
    """A page of a listing; `last` is the key or prefix after which the next one starts."""

    versions: list[Version]
    prefixes: list[str]
    last: str
    truncated: bool


def _page(call: Call, after: str) -> Page:
    prefix, delimiter = call.params.get("Prefix") or "", call.params.get("Delimiter") or ""
    most = _most(call.params)
    call.store.bucket_folder(call.bucket)
    if not after:  # once a listing, not once a page
        call.store.take_in(call.bucket, prefix)
    versions: list[Version] = []
    prefixes: list[str] = []
    last = ""
    with call.store.lock:
        for version in call.store.newest(call.bucket, prefix, after):
            group = _group(version.key, prefix, delimiter)
            if version.key <= after or (group is not None and (group in prefixes or group <= after)):
                continue
            if len(versions) + len(prefixes) == most:
                return Page(versions, prefixes, last, truncated=most > 0)
            last = version.key if group is None else group
            if group is None:
                versions.append(version)
            else:
                prefixes.append(group)
    return Page(versions, prefixes, last, truncated=False)


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    """Return the common prefix that a key falls under, or None when it stands for itself."""
    if not delimiter:
        return None
    head, found, _ = key[len(prefix) :].partition(delimiter)
    return prefix + head + found if found else None


def _listing(call: Call, page: Page) -> dict[str, Any]:
    return _list_head(call) | {
        "IsTruncated": page.truncated,
        "Contents": [_entry(call, version) for version in page.versions],
        "CommonPrefixes": [{"Prefix": _named(call, prefix)} for prefix in page.prefixes],
    }


def _list_head(call: Call) -> dict[str, Any]:
    params = call.params
    head = {"Name": call.bucket, "Prefix": _named(call, params.get("Prefix") or ""), "MaxKeys": _most(params)}
    if params.get("Delimiter"):
        head["Delimiter"] = _named(call, params["Delimiter"])
    if params.get("EncodingType"):
        head["EncodingType"] = params["EncodingType"]
    return head


def _entry(call: Call, version: Version) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Key": _named(call, version.key),
        "LastModified": version.last_modified,
        "ETag": _quoted(version.etag),
        "Size": version.size,
        "StorageClass": "STANDARD",
        "Owner": OWNER,
    }
    checksum = version.attributes.get("checksum")
    if checksum:
        entry |= {"ChecksumAlgorithm": [checksum["algorithm"]], "ChecksumType": checksum["type"]}
    return entry


def _version_entry(call: Call, version: Version) -> dict[str, Any]:
    about = {
        "Key": _named(call, version.key),
        "VersionId": version.version_id,
        "IsLatest": version.latest,
        "LastModified": version.last_modified,
        "Owner": OWNER,
    }
    return about if version.marker else about | _entry(call, version)


def _versions_after(call: Call, prefix: str, key_marker: str, id_marker: str) -> Iterator[Version]:
    passed = not id_marker
    for version in call.store.index.all_versions(call.bucket, max(prefix, key_marker)):
        if not version.key.startswith(prefix):
            return
        if version.key == key_marker:
            if passed and id_marker:
                yield version
            passed = passed or version.version_id == id_marker
            continue
        yield version


def _named(call: Call, name: str) -> str:
    """Return a key as the caller wants it: XML cannot hold every character, so the SDKs ask for URL encoding."""
    return quote(name, safe="/") if call.params.get("EncodingType") == "url" else name


def _from_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise InvalidArgument("The continuation token provided is incorrect") from None


def _most(params: Mapping[str, Any], name: str = "MaxKeys") -> int:
    given = params.get(name)
    if given is None:
        return MOST_KEYS
    if int(given) < 0:
        raise InvalidArgument(f"Argument {name} must be an integer between 0 and 2147483647")
    return min(int(given), MOST_KEYS)


def _delete(call: Call, key: str, version_id: str | None, condition: Condition | None) -> dict[str, Any]:
    call.store.bucket_folder(call.bucket)
    if version_id is None:
        marker = call.store.delete(call.bucket, key, condition)
        return {} if marker is None else {"DeleteMarker": True, "VersionId": marker.version_id}
    gone = call.store.delete_version(call.bucket, key, version_id)
    return {"VersionId": version_id} | ({"DeleteMarker": True} if gone is not None and gone.marker else {})


def _describe(call: Call, version: Version | None) -> Answer:
    """Answer with a version's headers, after the conditions; 304 when the caller has it already."""
    version_id = call.params.get("VersionId")
    version = _readable(version, call.key, version_id)
    result: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": version.last_modified,
        "ETag": _quoted(version.etag),
        "ContentType": "binary/octet-stream",
    }
    result |= ENCRYPTED | _version_result(version)
    if not _wanted(call.params, version):
        return Answer(_without_content(result), status=304)
    for name, header in STORED_HEADERS.items():
        if header in version.attributes.get("headers", {}):
            result[name] = version.attributes["headers"][header]
    result["Metadata"] = version.attributes.get("metadata", {})
    if version.attributes.get("tags"):
        result["TagCount"] = len(version.attributes["tags"])
    first, length = _place_of_range(call, version)
    result["ContentLength"] = length
    if call.params.get("PartNumber") and version.attributes.get("parts"):
        result["PartsCount"] = len(version.attributes["parts"])
    if (first, length) == (0, version.size) and not _asks_for_part(call):
        if call.params.get("ChecksumMode") == "ENABLED":
            result |= _checksum_result(version)
        return Answer(result, status=200)
    result["ContentRange"] = f"bytes {first}-{first + length - 1}/{version.size}"
    return Answer(result, status=206)


def _asks_for_part(call: Call) -> bool:
    given = call.params.get("Range")
    return bool(call.params.get("PartNumber")) or (given is not None and _range(given, 1 << 62) is not None)


def _without_content(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "ContentType"}


def _readable(version: Version | None, key: str, version_id: str | None) -> Version:
    if version is None:
        raise NoSuchKey(key) if version_id is None else NoSuchVersion(key, version_id)
    if version.marker:
        error: S3Error = NoSuchKey(key) if version_id is None else MethodNotAllowed()
        error.headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version.version_id}
        raise error
    return version


def _named_version(call: Call) -> Version:
    version_id = call.params.get("VersionId")
    return _readable(call.store.find(call.bucket, call.key, version_id), call.key, version_id)


def _wanted(params: Mapping[str, Any], version: Version) -> bool:
    """Judge the four conditions of a read; a match outranks the dates (RFC 9110, 13.2.2)."""
    if params.get("IfMatch") is not None:
        if not _matches(params["IfMatch"], version.etag):
            raise PreconditionFailed("If-Match")
    elif params.get("IfUnmodifiedSince") is not None and version.last_modified > _time(params["IfUnmodifiedSince"]):
        raise PreconditionFailed("If-Unmodified-Since")
    if params.get("IfNoneMatch") is not None:
        return not _matches(params["IfNoneMatch"], version.etag)
    since = params.get("IfModifiedSince")
    return since is None or version.last_modified > _time(since)


def _check_copy_source(call: Call, source: Version) -> None:
    """Judge the conditions on a copy's source."""
    prefix = "CopySource"
    conditions = {name[len(prefix) :]: value for name, value in call.params.items() if name.startswith(f"{prefix}If")}
    if not _wanted(conditions, source):
        raise PreconditionFailed("x-amz-copy-source-If-None-Match / If-Modified-Since")


def _time(value: datetime) -> datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _matches(asked: str, etag: str) -> bool:
    return any(one.strip().removeprefix("W/").strip('"') in (etag, "*") for one in asked.split(","))


def _condition(call: Call) -> Condition | None:
    """Return the check of a conditional write or delete.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: If-Match without an object is
    404, a tag that differs 412, If-None-Match takes `*` only.
    """
    if_match, if_none_match = call.params.get("IfMatch"), call.params.get("IfNoneMatch")
    if if_none_match is not None and if_none_match != "*":
        raise NotForReal("If-None-Match on a write takes * only.")
    if if_match is not None and if_none_match is not None:
        raise InvalidRequest("If-Match and If-None-Match cannot stand in one request.")
    if if_none_match is not None:
        return _refuse_when_there
    return _etag_condition(if_match, call.key)


def _refuse_when_there(before: Version | None) -> None:
    if before is not None:
        raise PreconditionFailed("If-None-Match")


def _etag_condition(if_match: str | None, key: str = "") -> Condition | None:
    if if_match is None:
        return None

    def check(before: Version | None) -> None:
        if before is None:
            raise NoSuchKey(key)
        if not _matches(if_match, before.etag):
            raise PreconditionFailed("If-Match")

    return check


def _check_write(call: Call) -> None:
    size = len(call.key.encode())
    if size > LONGEST_KEY:
        raise KeyTooLong(size)
    call.store.bucket_folder(call.bucket)
    if call.params.get("StorageClass", "STANDARD") != "STANDARD":
        raise NotForReal(f"This server has the storage class STANDARD only, not {call.params['StorageClass']}.")
    if call.params.get("ServerSideEncryption", "AES256") != "AES256":
        raise NotForReal("This server has no KMS: ServerSideEncryption AES256 only.")
    acl = call.params.get("ACL", "bucket-owner-full-control")
    if acl != "bucket-owner-full-control" or any(name.startswith("Grant") for name in call.params):
        error = InvalidRequest("The bucket does not allow ACLs")  # object ownership: bucket owner enforced
        error.code = "AccessControlListNotSupported"
        raise error


def _attributes(params: Mapping[str, Any]) -> dict[str, Any]:
    headers = {header: str(params[name]) for name, header in STORED_HEADERS.items() if params.get(name) is not None}
    encodings = [one.strip() for one in headers.pop("Content-Encoding", "").split(",")]
    kept = ",".join(one for one in encodings if one not in ("", "aws-chunked"))
    if kept:
        headers["Content-Encoding"] = kept
    attributes: dict[str, Any] = {"headers": headers}
    if params.get("Metadata"):
        attributes["metadata"] = {name.lower(): value for name, value in params["Metadata"].items()}
    if params.get("Tagging"):
        attributes["tags"] = _checked_tags(parse_qsl(params["Tagging"], keep_blank_values=True))
    return attributes


def _copied_attributes(call: Call, source: Version) -> dict[str, Any]:
    given = _attributes(call.params)
    replaced = call.params.get("MetadataDirective") == "REPLACE"
    about = given if replaced else source.attributes
    attributes: dict[str, Any] = {name: about[name] for name in ("headers", "metadata") if name in about}
    tagged = given if call.params.get("TaggingDirective") == "REPLACE" else source.attributes
    if "tags" in tagged:
        attributes["tags"] = tagged["tags"]
    checksum = source.attributes.get("checksum")
    if checksum and checksum["type"] == "FULL_OBJECT":
        attributes["checksum"] = checksum
    return attributes


def _refuse_copy_to_itself(call: Call) -> None:
    if call.params.get("MetadataDirective") == "REPLACE" or call.params.get("ServerSideEncryption"):
        return
    raise InvalidRequest(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
        "metadata, storage class, website redirect location or encryption attributes."
    )


def _checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    tags = dict(pairs)
    error = InvalidRequest("Object tags cannot be greater than 10")
    if len(tags) < len(pairs):
        error = InvalidRequest("Cannot provide multiple Tags with the same key")
    if len(pairs) > 10 or len(tags) < len(pairs):
        error.code = "BadRequest" if len(pairs) > 10 else "InvalidTag"
        raise error
    return tags


def _copy_source(source: str) -> tuple[str, str, str | None]:
    """Split `bucket/key?versionId=...`, URL-encoded as the header has it."""
    place, _, query = source.partition("?versionId=")
    bucket, _, key = unquote(place).removeprefix("/").partition("/")
    if not key:
        raise InvalidArgument("Invalid copy source object key", ArgumentName="x-amz-copy-source", ArgumentValue=source)
    return bucket, key, query or None


def _copy_bytes(source: BinaryIO, target: BinaryIO, first: int, length: int) -> str:
    """Copy a range into an open file, close it, and return the MD5 in hex."""
    md5 = hashlib.md5(usedforsecurity=False)
    with target:
        for data in _read(source, first, length):
            md5.update(data)
            target.write(data)
    return md5.hexdigest()


def _read(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    file.seek(first)
    while length > 0:
        data = file.read(min(length, CHUNK))
        if not data:
            return
        length -= len(data)
        yield data


def _bytes(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    with file:
        yield from _read(file, first, length)


def _place_of_range(call: Call, version: Version) -> tuple[int, int]:
    """Return first byte and length of what is asked for: a range, a part, or all."""
    number = call.params.get("PartNumber")
    if number:
        sizes = version.attributes.get("parts") or [version.size]
        if int(number) > len(sizes):
            error = InvalidRange(str(number), version.size)
            error.code = "InvalidPartNumber"
            raise error
        return sum(sizes[: int(number) - 1]), sizes[int(number) - 1]
    given = call.params.get("Range")
    found = None if given is None else _range(given, version.size)
    return (0, version.size) if found is None else found


def _range(given: str, size: int) -> tuple[int, int] | None:
    """Return first byte and length, or None for what S3 ignores: other units, several ranges, nonsense."""
    unit, _, spec = given.partition("=")
    first, dash, last = spec.partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdigit():
        return None
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise InvalidRange(given, size)
        return size - length, length
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size:
        raise InvalidRange(given, size)
    return (start, end - start + 1) if end >= start else None


def _copy_range(given: str | None, size: int) -> tuple[int, int]:
    if given is None:
        return 0, size
    found = _range(given, 1 << 62)
    if found is None or found[0] + found[1] > size:
        raise InvalidArgument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last within the source"
        )
    return found


def _upload(call: Call) -> Upload:
    call.store.bucket_folder(call.bucket)
    with call.store.lock:
        upload = call.store.index.upload(call.params["UploadId"])
    if upload is None or upload.completed or (upload.bucket, upload.key) != (call.bucket, call.key):
        raise NoSuchUpload(call.params["UploadId"])
    return upload


def _part_number(call: Call) -> int:
    number = int(call.params["PartNumber"])
    if not 1 <= number <= 10000:
        raise InvalidArgument("Part number must be an integer between 1 and 10000, inclusive")
    return number


def _part_checksum(upload: Upload, received: bodies.Received) -> str | None:
    wanted = upload.attributes.get("checksum", {}).get("algorithm")
    return received.checksums.get(wanted) if wanted else None


def _complete(call: Call, upload: Upload) -> Version:
    asked = (call.params.get("MultipartUpload") or {}).get("Parts") or []
    if not asked:
        raise MalformedXML
    parts = _chosen_parts(call, upload, asked)
    work = call.store.new_work_file()
    wanted = upload.attributes.get("checksum")
    try:
        whole = bodies.new_digest(wanted["algorithm"]) if wanted and wanted["type"] == "FULL_OBJECT" else None
        with work.open("wb") as out:
            for part in parts:
                with (call.store.uploads / part.file).open("rb") as file:
                    for data in _read(file, 0, part.size):
                        out.write(data)
                        if whole is not None:
                            whole.update(data)
        etag = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False).hexdigest()
        attributes = upload.attributes | {"parts": [part.size for part in parts]}
        attributes.pop("checksum", None)
        checksum = _whole_checksum(wanted, parts, whole)
        if checksum is not None:
            attributes["checksum"] = checksum
        version = call.store.put(
            call.bucket,
            call.key,
            work,
            f"{etag}-{len(parts)}",
            attributes,
            event="s3:ObjectCreated:CompleteMultipartUpload",
            condition=_condition(call),
            began=call.began,
        )
    finally:
        work.unlink(missing_ok=True)
    with call.store.lock:
        every = call.store.index.parts(upload.upload_id)
        call.store.index.complete_upload(upload.upload_id, version.seq)
    call.store.drop_parts(every)
    return version


def _chosen_parts(call: Call, upload: Upload, asked: list[dict[str, Any]]) -> list[Part]:
    with call.store.lock:
        stored = {part.number: part for part in call.store.index.parts(upload.upload_id)}
    numbers = [int(one["PartNumber"]) for one in asked]
    if numbers != sorted(set(numbers)):
        raise InvalidPartOrder
    for one in asked:
        part = stored.get(int(one["PartNumber"]))
        if part is None or not _matches(one.get("ETag") or "", part.etag):
            raise InvalidPart(int(one["PartNumber"]))
    for number in numbers[:-1]:
        if stored[number].size < SMALLEST_PART:
            raise EntityTooSmall(number, stored[number].size)
    return [stored[number] for number in numbers]


def _whole_checksum(
    wanted: dict[str, str] | None, parts: list[Part], whole: bodies.Digest | None
) -> dict[str, str] | None:
    """Return the object's checksum: of all its bytes, or of its parts' checksums with their number behind a dash."""
    if wanted is None:
        return None
    if whole is not None:
        return {**wanted, "value": base64.b64encode(whole.digest()).decode()}
    if any(part.checksum is None for part in parts):
        return None
    digest = bodies.new_digest(wanted["algorithm"])
    for part in parts:
        digest.update(base64.b64decode(part.checksum or ""))
    return {**wanted, "value": f"{base64.b64encode(digest.digest()).decode()}-{len(parts)}"}


def _written(version: Version) -> dict[str, Any]:
    return {"ETag": _quoted(version.etag)} | ENCRYPTED | _version_result(version)


def _version_result(version: Version) -> dict[str, str]:
    return {} if version.version_id == "null" else {"VersionId": version.version_id}


def _checksum_result(version: Version) -> dict[str, str]:
    checksum = version.attributes.get("checksum")
    if not checksum:
        return {}
    return {f"Checksum{checksum['algorithm']}": checksum["value"], "ChecksumType": checksum["type"]}


def _quoted(etag: str) -> str:
    return f'"{etag}"'


OPERATIONS: dict[str, Callable[[Call], Answer]] = {
    "AbortMultipartUpload": abort_multipart_upload,
    "CompleteMultipartUpload": complete_multipart_upload,
    "CopyObject": copy_object,
    "CreateMultipartUpload": create_multipart_upload,
    "DeleteObject": delete_object,
    "DeleteObjects": delete_objects,
    "DeleteObjectTagging": delete_object_tagging,
    "GetObject": get_object,
    "GetObjectAttributes": get_object_attributes,
    "GetObjectTagging": get_object_tagging,
    "HeadObject": head_object,
    "ListMultipartUploads": list_multipart_uploads,
    "ListObjects": list_objects,
    "ListObjectsV2": list_objects_v2,
    "ListObjectVersions": list_object_versions,
    "ListParts": list_parts,
    "PutObject": put_object,
    "PutObjectTagging": put_object_tagging,
    "UploadPart": upload_part,
    "UploadPartCopy": upload_part_copy,
}

COMMON_PARAMS = {"Bucket", "Key", "ExpectedBucketOwner", "RequestPayer", "VersionId"}
WRITE_PARAMS = {
    *STORED_HEADERS,
    "ACL",
    "Body",
    "BucketKeyEnabled",
    "ChecksumAlgorithm",
    "ChecksumCRC32",
    "ChecksumCRC32C",
    "ChecksumCRC64NVME",
    "ChecksumSHA1",
    "ChecksumSHA256",
    "ChecksumType",
    "ContentLength",
    "ContentMD5",
    "GrantFullControl",
    "GrantRead",
    "GrantReadACP",
    "GrantWriteACP",
    "IfMatch",
    "IfNoneMatch",
    "Metadata",
    "ServerSideEncryption",
    "StorageClass",
    "Tagging",
}
COPY_PARAMS = {
    "CopySource",
    "CopySourceIfMatch",
    "CopySourceIfModifiedSince",
    "CopySourceIfNoneMatch",
    "CopySourceIfUnmodifiedSince",
    "ExpectedSourceBucketOwner",
}
UPLOAD_PARAMS = {"UploadId", "PartNumber"}
READ_PARAMS = {
    "ChecksumMode",
    "IfMatch",
    "IfModifiedSince",
    "IfNoneMatch",
    "IfUnmodifiedSince",
    "PartNumber",
    "Range",
    "ResponseCacheControl",
    "ResponseContentDisposition",
    "ResponseContentEncoding",
    "ResponseContentLanguage",
    "ResponseContentType",
    "ResponseExpires",
}
LIST_PARAMS = {"Delimiter", "EncodingType", "MaxKeys", "Prefix"}
PARAMS: dict[str, set[str]] = {
    "AbortMultipartUpload": UPLOAD_PARAMS,
    "CompleteMultipartUpload": {*UPLOAD_PARAMS, "MultipartUpload", "IfMatch", "IfNoneMatch", "ChecksumType"}
    | {name for name in WRITE_PARAMS if name.startswith("Checksum")},
    "CopyObject": (WRITE_PARAMS - {"Body", "ContentMD5"}) | COPY_PARAMS | {"MetadataDirective", "TaggingDirective"},
    "CreateMultipartUpload": WRITE_PARAMS,
    "DeleteObject": {"IfMatch"},
    "DeleteObjects": {"Delete", "ChecksumAlgorithm"},
    "DeleteObjectTagging": set(),
    "GetObject": READ_PARAMS,
    "GetObjectAttributes": {"ObjectAttributes"},
    "GetObjectTagging": set(),
    "HeadObject": READ_PARAMS,
    "ListMultipartUploads": {"EncodingType", "KeyMarker", "MaxUploads", "Prefix", "UploadIdMarker"},
    "ListObjects": LIST_PARAMS | {"Marker"},
    "ListObjectsV2": LIST_PARAMS | {"ContinuationToken", "FetchOwner", "StartAfter", "OptionalObjectAttributes"},
    "ListObjectVersions": LIST_PARAMS | {"KeyMarker", "VersionIdMarker"},
    "ListParts": {"UploadId", "MaxParts", "PartNumberMarker"},
    "PutObject": WRITE_PARAMS,
    "PutObjectTagging": {"Tagging", "ContentMD5", "ChecksumAlgorithm"},
    "UploadPart": UPLOAD_PARAMS | WRITE_PARAMS,
    "UploadPartCopy": UPLOAD_PARAMS | COPY_PARAMS | {"CopySourceRange"},
}


def carry_out(operation: str, call: Call) -> Answer:
    """Do one of OPERATIONS, after refusing what we would only pretend."""
    for name in call.params:
        if name not in COMMON_PARAMS and name not in PARAMS[operation]:
            raise NotForReal(f"s3.{operation}: the parameter {name} is not for real in this server.")
    owner = call.params.get("ExpectedBucketOwner")
    call.store.bucket_folder(call.bucket)
    if owner is not None and owner != call.account:
        raise AccessDenied("Access Denied")
    return OPERATIONS[operation](call)

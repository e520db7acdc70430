"""S3 over HTTP: the requests that store or fetch one object, their bytes, and the rate that a service of it allows.

Model
-----
An object up to the size of a part is one PUT. A larger one is a multipart upload: one request that opens it, one
for each part, one that completes it::

    requests(s) = 1                      s <= part
                  ceil(s / part) + 2     s >  part

Every request carries the lines of HTTP/1.1 and a Signature Version 4; a multipart upload names its 5 MiB or more
a part and lists them all at the end. The rate of large objects is the lowest of three bounds: link, the processors
that serve requests, and the store, where every request waits for some accesses beside its bytes.

Scope and limits
----------------
Path style, a key without characters to escape, connections that stay open, no TLS records, no chunked signing (the
Snow adapter takes none), no retry. A part is served as a whole: received, then worked on, then stored; a service
that pipelines within a part does better where one connection is all there is. Which processors and disks a Snow
device gives its adapter is not published: costs are arguments.

Sources
-------
Amazon S3 API reference: PutObject, CreateMultipartUpload, UploadPart, CompleteMultipartUpload, and the limits of
multipart uploads (10,000 parts, 5 MiB to 5 GiB each). AWS General Reference, Signature Version 4. RFC 9112 for the
lines of HTTP/1.1. Bounds as in Lazowska et al., Quantitative System Performance, 1984, chapter 5.

Checked against
---------------
The bytes of a PUT put together line by line in the tests, exact. What AWS says the adapter of a Snowball Edge does,
250 to 400 MB/s, is met with the catalog's costs, of which one was chosen knowing it: it explains, it does not
predict.
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

MOST_PARTS = 10_000
"""Parts of one upload (Amazon S3 API reference)."""

UPLOAD_ID = 32
"""Bytes of an upload's identifier; S3 says only that it is a text, an adapter may take another length."""

ETAG = 34
"""Bytes of an ETag: 32 digits in quotes."""


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


class Request(NamedTuple):
    """One kind of request on the wire, the object's own bytes excluded.

    Attributes
    ----------
    name : str
        Operation of the S3 API.
    request, reply : int
        Bytes from and to the client [B].
    """

    name: str
    request: int
    reply: int


class Upload(NamedTuple):
    """The requests of one object: a single ``put``, or ``create``, ``part`` after ``part``, ``complete``."""

    put: Request
    create: Request
    part: Request
    complete: Request


class Download(NamedTuple):
    """The requests that fetch one object: what tells its size, and what brings it, whole or range after range."""

    head: Request
    get: Request


def _lines(method: str, target: int, host: int, length: int) -> int:
    """Bytes of the head of a request with a body."""
    return _signed(method, target, host, len("Content-Length: ") + len(str(length)))


def _signed(method: str, target: int, host: int, *others: int) -> int:
    """Bytes of a signed request's head: request line, headers, the blank line, each ended by CR LF."""
    request_line = len(method) + 1 + target + len(" HTTP/1.1")
    # Credential: a 20 character key, date, region "snow", service and ending; then what is signed, then 64 digits.
    credential = 20 + len("/20200617/snow/s3/aws4_request")
    signed = len("host;x-amz-content-sha256;x-amz-date")
    authorization = (
        len("Authorization: AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=")
        + credential
        + signed
        + 64
    )
    headers = (
        len("Host: ") + host,
        *others,
        len("x-amz-content-sha256: ") + 64,
        len("x-amz-date: 20200617T000000Z"),
        authorization,
    )
    return request_line + sum(headers) + 2 * (1 + len(headers) + 1)


def upload(*, bucket_bytes: int = 16, key_bytes: int = 32, host_bytes: int = 16, parts: int = 1) -> Upload:
    """Bytes of the requests that store an object.

    ``head = request line + headers + blank line``; the completing request lists number and ETag of each part.

    Parameters
    ----------
    bucket_bytes, key_bytes, host_bytes : int
        Lengths of the bucket's name, the key and the host with its port [B].
    parts : int
        Parts that a multipart upload of the object has [1].

    Returns
    -------
    Upload
        The four kinds of request, each with its bytes and those of its reply, the object's own excluded [B].

    Raises
    ------
    BoundError
        A length below 1, a key above 1024 B, ``parts`` outside [1, 10000].

    References
    ----------
    Amazon S3 API reference; RFC 9112, section 2.1.

    Examples
    --------
    >>> [(request.name, request.request) for request in upload()]
    [('PutObject', 457), ('CreateMultipartUpload', 460), ('UploadPart', 512), ('CompleteMultipartUpload', 633)]
    """
    for name, value in (("bucket_bytes", bucket_bytes), ("key_bytes", key_bytes), ("host_bytes", host_bytes)):
        require(1 <= value <= 1024, name, "in [1, 1024]", value)
    require(1 <= parts <= MOST_PARTS, "parts", f"in [1, {MOST_PARTS}]", parts)
    target = 2 + bucket_bytes + key_bytes  # "/bucket/key"
    number = len(str(parts))
    of_part = target + len("?partNumber=&uploadId=") + number + UPLOAD_ID
    listed = len("<Part><PartNumber></PartNumber><ETag></ETag></Part>") + number + ETAG
    listing = len("<CompleteMultipartUpload></CompleteMultipartUpload>") + parts * listed
    # Status line, date, ETag or Content-Length, blank line; a reply with a body names bucket and key in XML.
    reply = len("HTTP/1.1 200 OK") + len("Date: Wed, 17 Jun 2020 00:00:00 GMT") + len("ETag: ") + ETAG + 8
    named = reply + 200 + bucket_bytes + key_bytes + UPLOAD_ID
    return Upload(
        Request("PutObject", _lines("PUT", target, host_bytes, 5 * 10**6), reply),
        Request("CreateMultipartUpload", _lines("POST", target + len("?uploads"), host_bytes, 0), named),
        Request("UploadPart", _lines("PUT", of_part, host_bytes, 5 * 10**6), reply),
        Request(
            "CompleteMultipartUpload",
            _lines("POST", target + len("?uploadId=") + UPLOAD_ID, host_bytes, listing) + listing,
            named,
        ),
    )


def download(*, bucket_bytes: int = 16, key_bytes: int = 32, host_bytes: int = 16) -> Download:
    """Bytes of the requests that fetch an object.

    Parameters
    ----------
    bucket_bytes, key_bytes, host_bytes : int
        As for :func:`upload`.

    Returns
    -------
    Download
        Both kinds of request, each with its bytes and those of its reply, the object's own excluded [B].

    Raises
    ------
    BoundError
        A length outside [1, 1024].

    References
    ----------
    Amazon S3 API reference, HeadObject and GetObject; RFC 9110, section 14 (ranges).

    Examples
    --------
    >>> [(request.name, request.request, request.reply) for request in download()]
    [('HeadObject', 433, 194), ('GetObject', 456, 250)]
    """
    for name, value in (("bucket_bytes", bucket_bytes), ("key_bytes", key_bytes), ("host_bytes", host_bytes)):
        require(1 <= value <= 1024, name, "in [1, 1024]", value)
    target = 2 + bucket_bytes + key_bytes
    common = (
        len("Date: Wed, 17 Jun 2020 00:00:00 GMT"),
        len("Last-Modified: Wed, 17 Jun 2020 00:00:00 GMT"),
        len("ETag: ") + ETAG,
        len("Content-Length: 1000000000"),
        len("Accept-Ranges: bytes"),
    )
    told = len("HTTP/1.1 200 OK") + sum(common) + 2 * (len(common) + 2)
    ranged = len(" Partial Content") - len(" OK") + len("Content-Range: bytes 0-8388607/1000000000") + 2
    return Download(
        Request("HeadObject", _signed("HEAD", target, host_bytes), told),
        Request(
            "GetObject", _signed("GET", target, host_bytes, len("Range: bytes=0-8388607")), told + ranged
        ),
    )


def part_size(part: float, largest: float) -> float:
    """Part with which a client sends objects: what it was told, or more where an object would have too many.

    ``max(part, ceil(largest / 10000))``

    Parameters
    ----------
    part : float
        Part that the client was told [B].
    largest : float
        Largest object it sends [B].

    Returns
    -------
    float
        Part [B].

    Raises
    ------
    BoundError
        ``part`` not positive, ``largest`` negative or not finite.

    References
    ----------
    Amazon S3 API reference, multipart upload limits; the AWS CLI grows its parts likewise.

    Examples
    --------
    >>> part_size(8 * 2**20, 1e9), part_size(8 * 2**20, 5e12)
    (8388608.0, 500000000.0)
    """
    require(0 < part < inf, "part", "> 0 and finite", part)
    require(0 <= largest < inf, "largest", ">= 0 and finite", largest)
    return float(max(part, np.ceil(largest / MOST_PARTS)))


def requests(size: V, part: float) -> V:
    """Requests that store an object.

    ``1`` up to a part, ``ceil(size / part) + 2`` beyond.

    Parameters
    ----------
    size : float or array [...]
        Size of the object [B].
    part : float
        Size of a part [B].

    Returns
    -------
    float or array [...]
        Requests [1].

    Raises
    ------
    BoundError
        ``size`` negative or not finite, ``part`` not positive.

    References
    ----------
    Amazon S3 API reference.

    Examples
    --------
    >>> requests(5e6, 8e6), requests(20e6, 8e6)
    (1.0, 5.0)
    """
    require((np.asarray(size) >= 0) & (np.asarray(size) < inf), "size", ">= 0 and finite", size)
    require(0 < part < inf, "part", "> 0 and finite", part)
    whole = np.ceil(np.divide(size, part))
    result: V = _plain(np.where(np.less_equal(size, part), 1.0, whole + 2.0))
    return result


class RateBounds(NamedTuple):
    """Payload rates that each station allows [B/s]; the lowest holds."""

    link: Values
    cpu: Values
    store: Values


def rate_bounds(
    part: V,
    *,
    link_rate: Values,
    per_request: Values,
    per_byte: Values,
    cores: Values,
    accesses: Values,
    access_time: Values,
    store_rate: Values,
) -> RateBounds:
    """Bounds on the rate at which a service takes the parts of large objects over many connections.

    With requests of ``p`` bytes::

        link  = B
        cpu   = C p / (c_r + c_b p)
        store = p / (a t + p/R)

    Parameters
    ----------
    part : float or array [...]
        Bytes of a request, p [B].
    link_rate : float or array [...]
        TCP payload rate of the link, B [B/s].
    per_request, per_byte : float or array [...]
        Processor time of a request, c_r [s], and of a byte, c_b [s/B].
    cores : float or array [...]
        Cores that serve requests, C [1].
    accesses, access_time : float or array [...]
        Disk accesses that a request waits for, a [1], and the time of one, t [s].
    store_rate : float or array [...]
        Sequential rate of the store, R [B/s].

    Returns
    -------
    RateBounds
        Rates by station [B/s].

    Raises
    ------
    BoundError
        ``part``, a rate or ``cores`` not positive, a time or a count negative.

    References
    ----------
    Lazowska et al., Quantitative System Performance, 1984, chapter 5.

    Examples
    --------
    Parts of 8 MiB, one core of 2.7 ns a byte, three accesses of 7.8 ms to a store of 1.5 GB/s:

    >>> bounds = rate_bounds(8 * 2.0**20, link_rate=1.18e9, per_request=1e-3, per_byte=2.7e-9, cores=1,
    ...                      accesses=3, access_time=7.8e-3, store_rate=1.5e9)
    >>> [f"{bound / 1e6:.0f}" for bound in bounds]
    ['1180', '355', '289']
    """
    for name, value in (
        ("part", part),
        ("link_rate", link_rate),
        ("cores", cores),
        ("store_rate", store_rate),
    ):
        require(np.greater(value, 0), name, "> 0", value)
    costs = {
        "per_request": per_request,
        "per_byte": per_byte,
        "accesses": accesses,
        "access_time": access_time,
    }
    for name, value in costs.items():
        require(np.greater_equal(value, 0), name, ">= 0", value)
    with np.errstate(divide="ignore"):
        cpu = np.divide(np.multiply(cores, part), np.add(per_request, np.multiply(per_byte, part)))
    store = np.divide(part, np.multiply(accesses, access_time) + np.divide(part, store_rate))
    return RateBounds(*map(_plain, (np.multiply(link_rate, np.ones_like(cpu)), cpu, store)))

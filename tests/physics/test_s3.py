"""S3 requests: their bytes put together by hand, their number, and the rates they allow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import s3

BUCKET, KEY, HOST = "b" * 16, "k" * 32, "192.0.2.10:8080 "[:16]

# What AWS publishes of a Snowball Edge, and the catalog's costs of its adapter and NFS service.
TYPICAL = (250e6, 400e6)
ADAPTER = {"per_request": 1e-3, "per_byte": 2.7e-9, "cores": 1.0, "accesses": 3.0, "access_time": 7.8e-3}
PORT = 25e9 / 8 * 0.9414826


def head(method: str, target: str, body: int) -> str:
    """A signed request's head as a client writes it."""
    scope = "AKIAIOSFODNN7EXAMPLE/20200617/snow/s3/aws4_request"
    signed = "host;x-amz-content-sha256;x-amz-date"
    lines = (
        f"{method} {target} HTTP/1.1",
        f"Host: {HOST}",
        f"Content-Length: {body}",
        f"x-amz-content-sha256: {'0' * 64}",
        "x-amz-date: 20200617T123456Z",
        f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={'f' * 64}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, ""))


def test_worked_a_put_is_as_long_as_its_lines() -> None:
    assert s3.upload().put.request == len(head("PUT", f"/{BUCKET}/{KEY}", 5_000_000))


def test_worked_a_part_names_its_number_and_its_upload() -> None:
    target = f"/{BUCKET}/{KEY}?partNumber=12&uploadId={'u' * s3.UPLOAD_ID}"
    assert s3.upload(parts=12).part.request == len(head("PUT", target, 5_000_000))


def test_worked_the_completing_request_lists_every_part() -> None:
    etag = '"' + "e" * 32 + '"'
    parts = "".join(f"<Part><PartNumber>12</PartNumber><ETag>{etag}</ETag></Part>" for _ in range(12))
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    target = f"/{BUCKET}/{KEY}?uploadId={'u' * s3.UPLOAD_ID}"
    assert s3.upload(parts=12).complete.request == len(head("POST", target, len(body)) + body)


def test_worked_an_object_is_fetched_by_lines_without_a_body() -> None:
    def lines(method: str, extra: str = "") -> str:
        return head(method, f"/{BUCKET}/{KEY}", 0).replace("Content-Length: 0\r\n", extra)

    assert s3.download().head.request == len(lines("HEAD"))
    assert s3.download().get.request == len(lines("GET", "Range: bytes=0-8388607\r\n"))


def test_worked_its_replies_tell_size_and_range() -> None:
    lines = [
        "HTTP/1.1 200 OK",
        "Date: Wed, 17 Jun 2020 00:00:00 GMT",
        "Last-Modified: Wed, 17 Jun 2020 00:00:00 GMT",
        'ETag: "' + "e" * 32 + '"',
        "Content-Length: 1000000000",
        "Accept-Ranges: bytes",
        "",
    ]
    whole = "".join(f"{line}\r\n" for line in lines)
    assert s3.download().head.reply == len(whole)
    ranged = whole.replace("200 OK", "206 Partial Content") + "Content-Range: bytes 0-8388607/1000000000\r\n"
    assert s3.download().get.reply == len(ranged)


@pytest.mark.parametrize(
    ("size", "part", "expected"),
    [
        pytest.param(0.0, 8e6, 1, id="nothing is still a PUT"),
        pytest.param(8e6, 8e6, 1, id="one part, one PUT"),
        pytest.param(8e6 + 1, 8e6, 2 + 2, id="two parts and two more"),
        pytest.param(1e9, 100e6, 10 + 2, id="ten parts and two more"),
    ],
)
def test_worked_requests_of_an_object(size: float, part: float, expected: int) -> None:
    assert s3.requests(size, part) == expected
    assert s3.requests(np.array([size, size]), part).tolist() == [expected, expected]


@given(largest=st.floats(0, 5e12), part=st.floats(5e6, 512e6))
def test_law_no_object_has_more_parts_than_s3_takes(largest: float, part: float) -> None:
    grown = s3.part_size(part, largest)
    assert grown >= part
    assert s3.requests(largest, grown) - 2 <= s3.MOST_PARTS


@given(part=st.floats(1e3, 1e9), factor=st.floats(1.01, 100), cores=st.floats(1, 16))
def test_law_larger_parts_and_more_cores_are_never_slower(part: float, factor: float, cores: float) -> None:
    given_costs = ADAPTER | {"cores": cores, "link_rate": PORT, "store_rate": 1.5e9}
    small, large = s3.rate_bounds(part, **given_costs), s3.rate_bounds(part * factor, **given_costs)
    assert large.cpu >= small.cpu
    assert large.store >= small.store
    assert small.cpu <= cores / ADAPTER["per_byte"]
    assert large.store <= 1.5e9


@pytest.mark.parametrize(
    "part", [pytest.param(8 * 2.0**20, id="8 MiB, the CLI's"), pytest.param(100e6, id="100 MB"), 512e6]
)
def test_published_adapter_of_a_snowball_edge_250_to_400_MB_s_post_hoc(part: float) -> None:
    # guide20 and guide23, performance.md; one core was chosen knowing it (models.md, row S4b, kind P)
    bounds = s3.rate_bounds(part, link_rate=PORT, store_rate=1.5e9, **ADAPTER)
    assert TYPICAL[0] <= min(bounds) <= TYPICAL[1]


def test_published_tuned_endpoint_more_than_20_Gbit_s_needs_about_eight_cores_post_hoc() -> None:
    # Edge Computing with AWS, chapter 4: > 20 Gbit/s = 2.5 GB/s; on NVMe drives, in parts of 64 MiB
    fast = {"link_rate": 100e9 / 8 * 0.9414826, "store_rate": 5e9} | ADAPTER | {"access_time": 1e-4}
    rates = [min(s3.rate_bounds(64 * 2.0**20, **fast | {"cores": cores})) for cores in (6.0, 7.0, 8.0)]
    assert rates[0] < 2.5e9 <= rates[-1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: s3.upload(parts=10_001), r"parts must be in \[1, 10000\], got 10001"),
        (lambda: s3.upload(key_bytes=0), r"key_bytes must be in \[1, 1024\], got 0"),
        (lambda: s3.requests(-1.0, 8e6), "size must be >= 0 and finite, got -1.0"),
        (lambda: s3.requests(1.0, 0.0), "part must be > 0 and finite, got 0.0"),
        (lambda: s3.part_size(0.0, 1.0), "part must be > 0 and finite, got 0.0"),
        (
            lambda: s3.rate_bounds(8e6, link_rate=PORT, store_rate=1.5e9, **ADAPTER | {"cores": 0.0}),
            "cores must be > 0, got 0.0",
        ),
    ],
)
def test_misuse_is_refused(call: object, words: str) -> None:
    with pytest.raises(BoundError, match=words):
        call()  # type: ignore[operator]

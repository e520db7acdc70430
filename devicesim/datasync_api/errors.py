"""What DataSync answers instead of a result.

The service has one exception for whatever a client does wrong, ``InvalidRequestException``, with a text and codes.
Which codes there are AWS does not publish: those here are *assumed*, and a program should not rest on them.
"""

from __future__ import annotations

from devicesim.protocol.errors import ApiError

REFUSED = "InvalidRequestException"


def refused(why: str, code: str = "InvalidParameter") -> ApiError:
    """A request that cannot be done."""
    return ApiError(REFUSED, why, errorCode=code, datasyncErrorCode=code)


def missing(kind: str, arn: str) -> ApiError:
    """A resource that this account does not have in this Region."""
    return refused(f"{kind} {arn} is not found.", "ResourceNotFound")


def in_use(kind: str, arn: str, user: str) -> ApiError:
    """A resource that cannot go while another needs it."""
    return refused(f"{kind} {arn} is in use by {user}.", "ResourceInUse")

"""What the job API answers instead of a result."""

from __future__ import annotations

from devicesim.protocol.errors import ApiError


def missing(kind: str, name: str) -> ApiError:
    """A resource that this account does not have."""
    return ApiError(
        "InvalidResourceException",
        f"The specified resource can't be found: {kind.lower()} {name}. Check the information you provided in "
        "your last request, and try again.",
        ResourceType=kind,
    )


def invalid_state(what: str, state: str, allowed: str) -> ApiError:
    """An operation that the state of a job or cluster does not allow."""
    return ApiError(
        "InvalidJobStateException",
        f"The action can't be performed: {what} is {state}, and must be {allowed}.",
    )


def combination(why: str) -> ApiError:
    """Members that do not go together."""
    return ApiError("InvalidInputCombinationException", why)


__all__ = ["ApiError", "combination", "invalid_state", "missing"]

"""What the API answers instead of a result: the modelled exceptions, and those of the protocol."""

from __future__ import annotations

from typing import Any

from devicesim.errors import DevicesimError


class ApiError(DevicesimError):
    """An answer with an error: its code, its text, and the members that the model gives it.

    Attributes:
        code: as ``InvalidResourceException``.
        members: besides the text, as ``ResourceType``.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code, self.members = code, members

    @property
    def document(self) -> dict[str, Any]:
        """The error's members as they go over the wire."""
        return {"Message": str(self), **self.members}


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


def invalid(findings: list[str]) -> ApiError:
    """Members that break the model's constraints; the code is *assumed*, the model names none."""
    count = len(findings)
    head = f"{count} validation error{'s' if count > 1 else ''} detected: "
    return ApiError("ValidationException", head + "; ".join(findings))


def unreadable(why: str) -> ApiError:
    """A body that is not what its content type says."""
    return ApiError("SerializationException", why)


def unknown_operation(why: str) -> ApiError:
    """No such operation."""
    return ApiError("UnknownOperationException", why)

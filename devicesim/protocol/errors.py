"""What a service answers instead of a result, and the errors of the protocol itself."""

from __future__ import annotations

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
    def status(self) -> int:
        """Of the HTTP answer: what is the service's own fault says so, and clients try again."""
        return STATUS.get(self.code, 400)


STATUS = {
    "InternalServerError": 500,
    "InternalFailure": 500,
    "InternalException": 500,
    "ServiceUnavailable": 503,
}
"""Of errors that are no fault of the request."""


def meant(code: str, operation: str) -> ApiError:
    """An error that a fault gives in the place of an answer."""
    words = MEANT.get(code, "The request failed.")
    return ApiError(code, f"{words} ({operation}; meant to fail)")


MEANT = {
    "ThrottlingException": "Rate exceeded",
    "InternalServerError": "The request processing has failed because of an unknown error.",
    "ServiceUnavailable": "The service is unavailable. Please try again later.",
}
"""What such errors say."""


def invalid(findings: list[str]) -> ApiError:
    """Members that break the model's constraints; the code is *assumed*, the models name none."""
    count = len(findings)
    head = f"{count} validation error{'s' if count > 1 else ''} detected: "
    return ApiError("ValidationException", head + "; ".join(findings))


def unreadable(why: str) -> ApiError:
    """A body that is not what its content type says."""
    return ApiError("SerializationException", why)


def unknown_operation(why: str) -> ApiError:
    """No such operation."""
    return ApiError("UnknownOperationException", why)

"""Faults of the account in the cloud: its roles and keys, S3, and the APIs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from devicesim.scenario.faults.grammar import FaultTable, Lasting, Since, Time
from devicesim.scenario.faults.parcel import DeliveryFault, FromOrder
from devicesim.scenario.quantities import Fraction, refusal

ForGood = Annotated[
    Time | None, Field(description="How long until it is mended; never if not given.", examples=["2 d"])
]
Share = Annotated[Fraction, Field(description="Which part of them.", examples=["20 %"])]
OBJECT_ERRORS = (
    "AccessDenied",
    "BadDigest",
    "EntityTooLarge",
    "InternalError",
    "KeyTooLongError",
    "SlowDown",
)
"""S3's codes for objects that it does not take."""


class AccountFault(FaultTable):
    """What befalls the account, and so everything that it does."""

    since: ClassVar[Since] = "ordered"
    at: FromOrder = 0.0


class RoleRevoked(AccountFault):
    """AWS can no longer assume the role that opens the buckets: imports wait, exports and transfers fail."""

    kind: Literal["role-revoked"] = Field(description="What goes wrong.", examples=["role-revoked"])
    duration: ForGood = None


class KeyRevoked(AccountFault):
    """The KMS key of the account's jobs is disabled, or its grant is taken back: AWS cannot decrypt a device."""

    kind: Literal["key-revoked"] = Field(description="What goes wrong.", examples=["key-revoked"])
    how: Annotated[
        Literal["disabled", "revoked"], Field(description="What became of the key.", examples=["disabled"])
    ] = "disabled"
    duration: ForGood = None


class ImportFailures(DeliveryFault):
    """Objects of an import fail; the failure log names each."""

    kind: Literal["import-failures"] = Field(description="What goes wrong.", examples=["import-failures"])
    objects: Annotated[StrictInt | None, Field(description="How many.", examples=[25], ge=1)] = None
    share: Annotated[Fraction | None, Field(description="Or which part of them.", examples=["2 %"])] = None
    error: Annotated[
        Literal[
            "AccessDenied", "BadDigest", "EntityTooLarge", "InternalError", "KeyTooLongError", "SlowDown"
        ],
        Field(description="S3's code for it.", examples=["AccessDenied"]),
    ] = "InternalError"

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.objects is None) == (self.share is None):
            raise refusal("needs one of 'objects' and 'share'", 'write objects = 25, or share = "2 %"')
        return self


class S3Throttled(AccountFault):
    """S3 answers SlowDown: imports, exports and transfers go at a part of their speed for a while."""

    kind: Literal["s3-throttled"] = Field(description="What goes wrong.", examples=["s3-throttled"])
    factor: Annotated[
        Fraction, Field(description="What is left of the speed; 0 % stands still.", examples=["10 %"])
    ]
    duration: Lasting


class ApiFault(AccountFault):
    """What befalls calls of an API."""

    service: Annotated[
        Literal["snowball", "datasync"] | None,
        Field(description="Which API; both if not given.", examples=["snowball"]),
    ] = None
    operations: Annotated[
        tuple[StrictStr, ...],
        Field(description="Which operations; all of them if the list is empty.", examples=[["DescribeJob"]]),
    ] = ()
    share: Share = 1.0
    duration: ForGood = None


class ApiErrors(ApiFault):
    """A part of the calls of an API is answered with an error."""

    kind: Literal["api-errors"] = Field(description="What goes wrong.", examples=["api-errors"])
    error: Annotated[
        StrictStr,
        Field(
            description="InternalServerError (500), ServiceUnavailable (503), or an exception of the operation.",
            examples=["ServiceUnavailable"],
            pattern=r"^[A-Z][A-Za-z0-9]{2,63}$",
        ),
    ] = "InternalServerError"


class ApiThrottled(ApiFault):
    """A part of the calls of an API is answered with ThrottlingException, which clients try again."""

    kind: Literal["api-throttled"] = Field(description="What goes wrong.", examples=["api-throttled"])


CloudFault = RoleRevoked | KeyRevoked | ImportFailures | S3Throttled | ApiErrors | ApiThrottled
"""What befalls the account."""

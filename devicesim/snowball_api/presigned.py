"""Presigned addresses of a job's files, which expire on the World's clock."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from devicesim.snowball_api.account import Account

LIFETIME = 3600
"""Seconds for which such an address is good: 60 minutes, by the model of GetJobManifest."""

_STAMP = "%Y%m%dT%H%M%SZ"


def url(account: Account, job_id: str, name: str, lifetime: int = LIFETIME) -> str:
    """The address of a job's file, good from now on."""
    at = account.now.astimezone(UTC).strftime(_STAMP)
    file = file_name(job_id, name)
    # Nothing here needs an escape.
    return (
        f"{account.host}/{file}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={at}&X-Amz-Expires={lifetime}"
        f"&X-Amz-SignedHeaders=host&X-Amz-Signature={_signature(account, file, at, str(lifetime))}"
    )


def file_name(job_id: str, name: str) -> str:
    """What a job's file is called: its JobId is part of the name."""
    return f"{job_id}_{name}"


def refusal(account: Account, name: str, query: Mapping[str, str]) -> str:
    """Why an address is not good now; empty if it is."""
    at, lifetime = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
    if not hmac.compare_digest(
        query.get("X-Amz-Signature", "").encode(), _signature(account, name, at, lifetime).encode()
    ):
        return "SignatureDoesNotMatch"
    made = datetime.strptime(at, _STAMP).replace(tzinfo=UTC)
    return "AccessDenied: Request has expired" if (account.now - made).total_seconds() > int(lifetime) else ""


def _signature(account: Account, name: str, at: str, lifetime: str) -> str:
    scope = f"{account.number}/{name}/{at}/{lifetime}"
    return hmac.new(str(account.world.seed).encode(), scope.encode(), hashlib.sha256).hexdigest()

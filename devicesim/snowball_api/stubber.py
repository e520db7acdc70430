"""A botocore Stubber whose answers are those of a run: for code that is tested with stubs, and no World beside it."""

from __future__ import annotations

import importlib
from typing import Any

from devicesim import units
from devicesim.errors import MissingExtraError, require
from devicesim.snowball_api.mock import know
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

MOST = 10_000
"""Most answers that are laid ready."""


def stubber(
    run: Snow | World, client: Any = None, job_id: str | None = None, every: float | str = "6 h"
) -> Any:
    """Fill a Stubber with the answers that DescribeJob gives of a job from now until nothing is left to happen.

    The run itself does not move: a fork of it does.

    Args:
        run: where the job is; of a World, as :func:`devicesim.simulate` gives it, the story is told from its start.
        client: a boto3 client of the job API; a new one, the Stubber's ``client``, if not given.
        job_id: which; the first one if not given.
        every: time between two answers, seconds or a text; the last one is the end.

    Returns:
        A ``botocore.stub.Stubber``, to be activated.

    Raises:
        ApiError: there is no such job.
        VerbError: there is no job at all.
        BoundError: ``every`` is no time, or so short that there would be too many answers.
    """
    snow = run if isinstance(run, Snow) else Snow(run.scenario, seed=run.seed)
    job_id = snow.world.job(job_id).id
    client = client or _client(snow)
    try:
        stub = importlib.import_module("botocore.stub").Stubber(client)
    except ImportError:
        raise MissingExtraError("stubber", "aws") from None
    step = units.parse(every, units.DURATION) if isinstance(every, str) else float(every)
    require(step > 0, "every", "> 0 s", every)
    end = snow.fork().run().world.now
    count = int((end - snow.world.now) // step) + 1
    require(count <= MOST, "every", f"long enough for {MOST} answers at most", every)
    moving = snow.fork()
    for number in range(count + 1):
        stub.add_response(
            "describe_job", moving.api.call("DescribeJob", {"JobId": job_id}), {"JobId": job_id}
        )
        if number < count:
            moving.advance(min(step, end - moving.world.now))
    return stub


def _client(snow: Snow) -> Any:
    """A client that signs with nobody's credentials, and goes nowhere while it is stubbed."""
    try:
        session = importlib.import_module("boto3").session.Session("testing", "testing")
    except ImportError:
        raise MissingExtraError("stubber", "aws") from None
    know(session._session)
    return session.client("snowball", region_name=snow.world.region)

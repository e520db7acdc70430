"""Every test of the transfer core runs with each core there is: the compiled one, if it was built, and the pure one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devicesim.throughput.core import COMPILED, CORES


@pytest.fixture(
    params=CORES,
    ids=["compiled" if core is COMPILED else "pure" for core in CORES],
    scope="module",
    autouse=True,
)
def core(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("devicesim.throughput.transfer.CORES", (request.param,))
        yield

"""Every test of the transfer core runs with each core there is: the compiled one, if it was built, and the pure one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devicesim.throughput.core import COMPILED, CORES

MINUTES = (
    "test_the_byte_curve_is_the_exact_ones_within_what_is_stated",
    "test_equal_files_keep_their_beat_through_a_full_buffer",
    "test_each_is_the_exact_core_s_within_what_is_stated",
    "test_rounding_holds_up_nobody",
)
"""What takes minutes with the pure core; since both give the same bits, its turn comes in the long forms."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if getattr(item, "originalname", "") in MINUTES and "pure" in item.callspec.id:
            item.add_marker(pytest.mark.slow)


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

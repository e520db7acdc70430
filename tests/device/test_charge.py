"""What is charged to a copy: all that was taken, without swinging."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.compute.charge import REPAY, Charge


def test_worked_first_stretch_is_charged_in_the_second() -> None:
    """0.4 for 10 s, nothing charged: 4 s owed; then the 0.4 that is expected, and a twentieth of what is owed."""
    charge = Charge()
    charge.book(0.4, 10.0, 10.0)
    charge.set(10.0, 1.0)
    assert charge.owed == pytest.approx(4.0)
    assert charge.rate == pytest.approx(0.4 + 4.0 / (REPAY * 10.0))


@given(st.floats(0, 1), st.floats(0.5, 60))
def test_law_what_is_taken_evenly_is_charged_in_full(used: float, stretch: float) -> None:
    charge, taken, charged = Charge(), 0.0, 0.0
    for _ in range(400):
        taken, charged = taken + used * stretch, charged + charge.rate * stretch
        charge.book(used, stretch, stretch)
        charge.set(stretch, 2.0)
    assert charge.owed == pytest.approx(taken - charged, rel=1e-9, abs=1e-6)
    assert charge.rate == pytest.approx(used, rel=0.01, abs=1e-9)
    assert abs(charge.owed) <= 1e-3 * taken + 1e-9


@pytest.mark.parametrize("gain", [0.3, 1.0, 3.0, 10.0])
def test_law_a_copy_that_drives_what_slows_it_comes_to_rest(gain: float) -> None:
    """What is taken is ``gain`` times what is left to the copy: it settles at gain / (1 + gain)."""
    charge = Charge()
    rates = []
    for _ in range(600):
        charge.book(gain * (1 - charge.rate), 1.0, 1.0)
        charge.set(1.0, 1.0)
        rates.append(charge.rate)
    assert rates[-100:] == pytest.approx([gain / (1 + gain)] * 100, rel=0.01)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.01, 60)), max_size=50), st.floats(0, 1))
def test_law_never_more_than_there_is(steps: list[tuple[float, float]], most: float) -> None:
    charge = Charge()
    for used, elapsed in steps:
        charge.book(used, elapsed, 10.0)
        charge.set(10.0, most)
        assert 0 <= charge.rate <= most

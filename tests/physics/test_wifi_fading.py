"""Slow fading and outages: their laws on long draws, and that parts join."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import coherence_time, fading, outages


def generator(seed=7):
    return np.random.default_rng(seed)


def test_recursion_by_hand():
    # x0 = s e0; x1 = r x0 + s sqrt(1 - r^2) e1, with the same draws.
    draws = generator().standard_normal(2)
    r = math.exp(-5 / 30)
    first, second = fading(2, 5, 3, 30, generator())
    assert first == pytest.approx(3 * draws[0])
    assert second == pytest.approx(r * 3 * draws[0] + 3 * math.sqrt(1 - r * r) * draws[1])


def test_stationary_law():
    """Mean 0, deviation s, correlation exp(-t / tau).

    100,000 values of correlation time 3 steps are worth about 100,000 / 6 independent ones for the mean and
    100,000 / 3 for the variance: four of their standard errors are 0.031 s and 0.016 s; 0.04 covers each.
    """
    series = fading(100_000, 1.0, 4.0, 3.0, generator())
    assert series.mean() == pytest.approx(0, abs=0.04 * 4)
    assert series.std() == pytest.approx(4, rel=0.04)
    for lag in (1, 3, 6):
        correlation = np.corrcoef(series[:-lag], series[lag:])[0, 1]
        assert correlation == pytest.approx(math.exp(-lag / 3), abs=0.04)


def test_no_transient():
    """The first value already has the stationary deviation: of 4000, one standard error is 1.1 %."""
    rng = generator()
    firsts = np.array([fading(1, 1.0, 2.0, 60.0, rng)[0] for _ in range(4000)])
    assert firsts.std() == pytest.approx(2, rel=0.05)


@settings(max_examples=30)
@given(cut=st.integers(1, 49), step=st.floats(1e-3, 1e3), tau=st.floats(1e-2, 1e3))
def test_parts_join_bit_for_bit(cut, step, tau):
    whole = fading(50, step, 3.0, tau, generator())
    rng = generator()
    head = fading(cut, step, 3.0, tau, rng)
    tail = fading(50 - cut, step, 3.0, tau, rng, start=head[-1])
    assert np.concatenate([head, tail]).tolist() == whole.tolist()


def test_extremes_of_fading():
    assert fading(0, 1, 3, 30, generator()).shape == (0,)
    assert not fading(5, 1, 0, 30, generator()).any()
    independent = fading(4, 1e9, 3, 1.0, generator())
    assert independent == pytest.approx(3 * generator().standard_normal(4))


def test_outages_have_their_sojourns():
    """Over 3,000 cycles the standard error of a mean of exponentials is 1.8 %; four of them are 7.3 %."""
    start, end = outages(3000 * 62.0, 60.0, 2.0, generator())
    assert (end - start).mean() == pytest.approx(2.0, rel=0.073)
    assert (start[1:] - end[:-1]).mean() == pytest.approx(60.0, rel=0.073)


@settings(max_examples=40)
@given(horizon=st.floats(0, 2e4), good=st.floats(0.5, 500), bad=st.floats(0.5, 500), seed=st.integers(0, 99))
def test_outages_are_ordered_and_a_longer_horizon_begins_alike(horizon, good, bad, seed):
    start, end = outages(horizon, good, bad, generator(seed))
    assert start.shape == end.shape
    assert (start < end).all()
    assert (end[:-1] <= start[1:]).all()
    assert (start >= 0).all()
    assert (end <= horizon).all()
    later, until = outages(2 * horizon, good, bad, generator(seed))
    assert later[: start.size].tolist() == start.tolist()
    assert np.minimum(until[: start.size], horizon).tolist() == end.tolist()


def test_outages_begin_in_the_stationary_law():
    """Bad at time 0 with probability 1/4: of 2000 seeds, four standard errors are 0.039."""
    begins = [outages(1e-9, 30.0, 10.0, generator(seed))[0].size for seed in range(2000)]
    assert np.mean(begins) == pytest.approx(0.25, abs=0.039)


@pytest.mark.parametrize(
    ("speed", "frequency", "milliseconds"),
    [pytest.param(1.0, 5.2e9, 24, id="Rappaport 5.4.3: 0.423 over the Doppler shift of 17.3 Hz")],
)
def test_coherence_time(speed, frequency, milliseconds):
    assert coherence_time(speed, frequency) * 1e3 == pytest.approx(milliseconds, abs=0.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fading(-1, 1, 3, 30, generator()), "n must be >= 0, got -1"),
        (lambda: fading(1, 0, 3, 30, generator()), "step must be > 0"),
        (lambda: fading(1, 1, -3, 30, generator()), "sigma_db must be >= 0"),
        (lambda: fading(1, 1, 3, math.nan, generator()), "tau must be > 0, got nan"),
        (lambda: fading(1, 1, 3, 30, generator(), start=math.nan), "start must be finite, got nan"),
        (lambda: outages(-1, 60, 2, generator()), "horizon must be >= 0"),
        (lambda: outages(math.inf, 60, 2, generator()), "horizon must be >= 0, got inf"),
        (lambda: outages(1, 0, 2, generator()), "good must be > 0"),
        (lambda: outages(1, 60, 0, generator()), "bad must be > 0"),
        (lambda: coherence_time(0, 5e9), "speed must be > 0"),
    ],
)
def test_misuse_is_refused(call, words):
    with pytest.raises(BoundError, match=words):
        call()

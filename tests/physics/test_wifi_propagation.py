"""Path loss, noise and signal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import (
    free_space_loss_db,
    itu_indoor_loss_db,
    log_distance_loss_db,
    noise_dbm,
    signal_dbm,
)


@pytest.mark.parametrize(
    ("frequency", "loss"),
    [
        pytest.param(2.4e9, 40.05, id="Friis 1946: 1 m at 2.4 GHz"),
        pytest.param(5.18e9, 46.7, id="Friis 1946: 1 m at 5.18 GHz"),
    ],
)
def test_loss_at_one_metre(frequency, loss):
    assert free_space_loss_db(1, frequency) == pytest.approx(loss, abs=0.05)


@pytest.mark.parametrize(
    ("width", "noise"),
    [
        pytest.param(20e6, -94, id="noise figure 7 dB: 20 MHz"),
        pytest.param(40e6, -91, id="noise figure 7 dB: 40 MHz"),
        pytest.param(80e6, -88, id="noise figure 7 dB: 80 MHz"),
    ],
)
def test_noise_floor(width, noise):
    assert round(noise_dbm(width, 7)) == noise


def test_losses_by_hand():
    # Ten times the distance at exponent 3.5 is 35 dB more.
    assert log_distance_loss_db(10, 5.18e9, 3.5) - free_space_loss_db(1, 5.18e9) == pytest.approx(35)
    # 20 log10(2400) = 67.604; N = 28, one decade; one floor 4; less 28: 71.604
    assert itu_indoor_loss_db(10, 2.4e9, 28, 4) == pytest.approx(71.604, abs=5e-4)
    # N = 20 and no floor is free space but for the rounding of the constant 28.
    assert itu_indoor_loss_db(50, 5.2e9, 20) == pytest.approx(free_space_loss_db(50, 5.2e9), abs=0.5)
    assert signal_dbm(16, 80, 3, 5) == pytest.approx(16 + 3 - 80 - 5)


@given(
    near=st.floats(0, 1e4), further=st.floats(0, 1e4), frequency=st.floats(1e9, 7e9), power=st.floats(1.5, 6)
)
def test_loss_never_falls_with_distance(near, further, frequency, power):
    for loss in (
        log_distance_loss_db([near, near + further], frequency, power),
        itu_indoor_loss_db([near, near + further], frequency, 10 * power, 4),
    ):
        assert loss[1] >= loss[0]


def test_near_counts_as_one_metre_and_arrays_broadcast():
    assert log_distance_loss_db(0, 2.4e9, 3) == log_distance_loss_db(1, 2.4e9, 3)
    assert log_distance_loss_db(np.ones((3, 1)), 2.4e9, [2, 3]).shape == (3, 2)
    assert isinstance(noise_dbm(20e6, 7), float)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_distance_loss_db(-1, 5e9, 3), "distance must be >= 0, got -1.0"),
        (lambda: log_distance_loss_db(math.nan, 5e9, 3), "distance must be >= 0, got nan"),
        (lambda: log_distance_loss_db(1, 0, 3), "frequency must be > 0"),
        (lambda: itu_indoor_loss_db(1, 5e9, -1), "coefficient must be >= 0"),
        (lambda: itu_indoor_loss_db(1, 5e9, 28, -1), "floor_loss_db must be >= 0"),
        (lambda: noise_dbm(0, 7), "width must be > 0"),
        (lambda: noise_dbm(20e6, -1), "noise_figure_db must be >= 0"),
        (lambda: signal_dbm(math.inf, 80), "tx_dbm must be finite, got inf"),
    ],
)
def test_misuse_is_refused(call, words):
    with pytest.raises(BoundError, match=words):
        call()

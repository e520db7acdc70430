"""Goodput over distance and SNR against ns-3, its laws, and the table behind it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import (
    Radio,
    goodput,
    goodput_at,
    itu_indoor_loss_db,
    log_distance_loss_db,
    mcs_at,
    mean_snr_db,
    noise_dbm,
    rate_table,
    tcp_goodput,
    udp_goodput,
)

PRACTICAL = (2, 5, 9, 11, 15, 18, 20, 25, 29, 31)
# The ideal control of ns-3, found on a grid of 2 dB: MCS2 still at 10 dB, MCS3 at 12 dB and, by the row of
# 20 m, already at 11.7 dB; so 11 for MCS3. The two lowest were never reached and are the practical ones.
IDEAL = (2, 5, 8, 11, 14, 18, 20, 22, 25, 27)
LINK = Radio(
    standard="ac", frequency=5.18e9, width=80e6, spatial_streams=2, short_guard=True, thresholds_db=IDEAL,
    edge_db=3, edge_loss=0.5, sensitivity_dbm=-82, tx_dbm=16, noise_figure_db=7, collision_factor=0.965,
    contention_slope=0.05, contention_floor=0.82,
)  # fmt: skip
HT20 = replace(LINK, standard="n", width=20e6, thresholds_db=IDEAL[:8])
FIELD = replace(LINK, thresholds_db=PRACTICAL)


@pytest.mark.parametrize(
    ("radio", "distance", "mbps"),
    [
        pytest.param(LINK, 1, 488.6, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 1 m"),
        pytest.param(LINK, 5, 488.6, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 5 m"),
        pytest.param(LINK, 10, 402.9, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 10 m"),
        pytest.param(LINK, 15, 273.1, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 15 m"),
        pytest.param(LINK, 20, 193.4, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 20 m"),
        pytest.param(LINK, 25, 149.1, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 25 m"),
        pytest.param(LINK, 30, 0, id="ns-3 3.44 TCP VHT80 2SS 16 dBm exponent 3.5: 30 m"),
        pytest.param(HT20, 10, 114.9, id="ns-3 3.44 TCP HT20 2SS 16 dBm exponent 3.5: 10 m"),
        pytest.param(HT20, 20, 72.3, id="ns-3 3.44 TCP HT20 2SS 16 dBm exponent 3.5: 20 m"),
        pytest.param(HT20, 30, 0, id="ns-3 3.44 TCP HT20 2SS 16 dBm exponent 3.5: 30 m"),
    ],
)
def test_goodput_over_distance(radio, distance, mbps):
    assert goodput(distance, radio, exponent=3.5) * 8e-6 == pytest.approx(mbps, rel=0.05)


UDP_OVER_SNR = {8: 171.7, 10: 171.8, 12: 225.1, 16: 322.0, 20: 452.9, 24: 495.9, 28: 617.9}


@pytest.mark.parametrize(
    ("snr_db", "mbps"),
    [
        pytest.param(snr, mbps, id=f"ns-3 3.44 UDP VHT80 2SS ideal control: {snr} dB")
        for snr, mbps in UDP_OVER_SNR.items()
    ],
)
def test_udp_over_snr(snr_db, mbps):
    found = udp_goodput("ac", mcs_at(snr_db, IDEAL), 80e6, 2, True)
    assert found * 8e-6 == pytest.approx(mbps, rel=0.02)


@pytest.mark.parametrize(
    ("distance", "low", "high"),
    [
        # The margin of 7 dB is fitted at 10 m: 20 % holds it; at 20 m the two runs differ by a factor of 2.
        pytest.param(10, 235.6 * 0.8, 249.7 * 1.2, id="ns-3 3.44 Nakagami m=3 with Minstrel: 10 m"),
        pytest.param(20, 17.8, 36.0, id="ns-3 3.44 Nakagami m=3 with Minstrel: 20 m"),
    ],
)
def test_goodput_under_fast_fading(distance, low, high):
    assert low < goodput(distance, FIELD, exponent=3.5, fade_margin_db=7) * 8e-6 < high


def test_budget_by_hand():
    # 16 dBm - (46.734 + 35) = -65.734 dBm; noise -173.975 + 79.031 + 7 = -87.944 dBm; SNR 22.210 dB.
    assert mean_snr_db(LINK, log_distance_loss_db(10, 5.18e9, 3.5)) == pytest.approx(22.210, abs=2e-3)
    assert mean_snr_db(replace(LINK, gain_db=4), 80.0, 6) == pytest.approx(mean_snr_db(LINK, 82.0))


def test_table_by_hand():
    """Practical thresholds, margin 7 dB: half of MCS0 from 9 dB, MCS1 from 12 dB, where the edge ends."""
    table = rate_table(FIELD, fade_margin_db=7)
    rates = tcp_goodput("ac", np.arange(10), 80e6, 2, True, collision_factor=0.965)
    assert table.snr_db.tolist() == [9, 12, 16, 18, 22, 25, 27, 32, 36, 38]
    assert goodput_at([8.99, 9, 11.99, 12, 15.99, 38, 99], table) == pytest.approx(
        [0, rates[0] / 2, rates[0] / 2, rates[1], rates[1], rates[9], rates[9]]
    )


def test_edge_covers_every_rate_within_it():
    table = rate_table(replace(FIELD, edge_db=5, edge_loss=0.25, sensitivity_dbm=-200))
    rates = tcp_goodput("ac", np.arange(3), 80e6, 2, True, collision_factor=0.965)
    # From 2 to 7 dB a quarter is lost, through the threshold of MCS1 at 5 dB.
    assert goodput_at([2, 5, 7, 9], table) == pytest.approx(
        [0.75 * rates[0], 0.75 * rates[1], rates[1], rates[2]]
    )


def test_link_is_lost_below_the_sensitivity_whatever_the_margin():
    limit = LINK.sensitivity_dbm - noise_dbm(LINK.width, LINK.noise_figure_db)  # 5.94 dB
    for margin in (0, 0.5):
        table = rate_table(LINK, margin)
        assert goodput_at(limit - 1e-9, table) == 0
        assert goodput_at(limit + 1e-9, table) > 0


def test_rates_that_do_not_exist_are_skipped():
    """VHT20 has no MCS9 on one stream: above its threshold MCS8 goes on."""
    narrow = replace(FIELD, width=20e6, spatial_streams=1)
    assert rate_table(narrow).snr_db.max() == 29
    best = tcp_goodput("ac", 8, 20e6, 1, True, collision_factor=0.965)
    assert goodput_at(40, rate_table(narrow)) == pytest.approx(best)


@pytest.mark.parametrize(
    ("standard", "thresholds"), [("b", (1, 3, 6, 9)), ("a", (2, 4, 5, 9, 11, 15, 18, 20)), ("g", (2,) * 8)]
)
def test_older_standards_have_links_too(standard, thresholds):
    old = replace(
        LINK, standard=standard, width=20e6, spatial_streams=1, short_guard=False, thresholds_db=thresholds
    )
    fast = tcp_goodput(standard, len(thresholds) - 1, collision_factor=0.965)
    assert goodput(1, old, exponent=2) == pytest.approx(fast)


@settings(max_examples=40)
@given(
    snr=st.floats(-50, 80),
    more=st.floats(0, 40),
    margin=st.floats(0, 10),
    stations=st.integers(1, 30),
    radio=st.sampled_from([LINK, HT20, FIELD, replace(FIELD, width=20e6, spatial_streams=1)]),
)
def test_laws_of_the_table(snr, more, margin, stations, radio):
    """Never falls with SNR, never rises with margin or stations; n stations never carry more than one."""
    table = rate_table(radio, margin, stations)
    here = goodput_at(snr, table)
    assert here >= 0
    assert goodput_at(snr + more, table) >= here
    assert goodput_at(snr, rate_table(radio, margin + 1, stations)) <= here
    assert goodput_at(snr, rate_table(radio, margin, stations + 1)) <= here
    assert stations * here <= goodput_at(snr, rate_table(radio, margin)) * (1 + 1e-12)


@settings(max_examples=40)
@given(
    distance=st.floats(0, 200), further=st.floats(0, 200), exponent=st.floats(2, 4), shadow=st.floats(0, 20)
)
def test_goodput_never_rises_with_distance_or_shadow(distance, further, exponent, shadow):
    near, far = goodput([distance, distance + further], FIELD, exponent=exponent)
    assert far <= near
    assert goodput(distance, FIELD, exponent=exponent, shadow_db=shadow) <= near


def test_series_lookup_agrees_with_the_whole_model():
    distances = np.linspace(1, 40, 50)
    loss = log_distance_loss_db(distances, LINK.frequency, 3.0)
    series = goodput_at(mean_snr_db(LINK, loss), rate_table(LINK, 3.0, 4))
    assert series == pytest.approx(goodput(distances, LINK, exponent=3.0, fade_margin_db=3.0, stations=4))
    assert isinstance(goodput_at(20.0, rate_table(LINK)), float)
    indoors = mean_snr_db(LINK, itu_indoor_loss_db(10, LINK.frequency, 30, 15))
    assert isinstance(goodput_at(indoors, rate_table(LINK)), float)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"standard": "ax"}, "standard must be one of"),
        ({"width": 30e6}, "width and spatial_streams must be a channel of 802.11ac"),
        ({"spatial_streams": 9}, "width and spatial_streams must be"),
        ({"thresholds_db": (1.0, 2.0)}, "thresholds_db must be 10 values, one for each rate of 802.11ac"),
        ({"thresholds_db": IDEAL[::-1]}, "thresholds_db must be in ascending order"),
        ({"thresholds_db": (math.nan, *IDEAL[1:])}, r"thresholds_db\[0\] must be finite"),
        ({"edge_loss": 1.5}, r"edge_loss must be in \[0, 1\]"),
        ({"edge_db": -1}, "edge_db must be >= 0"),
        ({"sensitivity_dbm": math.nan}, "sensitivity_dbm must be finite"),
        ({"frequency": 0}, "frequency must be > 0"),
        ({"collision_factor": math.nan}, "collision_factor must be"),
    ],
)
def test_misdescribed_radios_are_refused(change, words):
    with pytest.raises(BoundError, match=words):
        replace(LINK, **change)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate_table(LINK, -1), "fade_margin_db must be >= 0"),
        (lambda: rate_table(LINK, 0, 0), "stations must be >= 1"),
        (lambda: goodput_at([1, math.nan], rate_table(LINK)), r"snr_db\[1\] must be finite, got nan"),
        (lambda: mcs_at(1, (3, 2)), "thresholds_db must be in ascending order"),
        (lambda: goodput(-1, LINK, exponent=3), "distance must be >= 0"),
    ],
)
def test_misuse_is_refused(call, words):
    with pytest.raises(BoundError, match=words):
        call()

"""Goodput of one station against ns-3 and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import (
    aggregate_count,
    phy_mbps,
    residual_loss,
    response_duration,
    subframe_size,
    tcp_goodput,
    udp_goodput,
    usable_mcs,
)

COLLISIONS = 0.965  # fitted to part of the rows below
NS3 = [  # ns-3 3.44: one station at 1 m, short guard interval, aggregates up to 65,535 bytes [Mbit/s]
    ("n", 0, 20e6, 1, True, 6.57, 5.93),
    ("n", 3, 20e6, 1, True, 26.46, 23.85),
    ("n", 7, 20e6, 1, True, 66.28, 59.12),
    ("n", 7, 20e6, 2, True, 130.24, 114.94),
    ("n", 7, 40e6, 1, True, 134.67, 119.07),
    ("ac", 8, 20e6, 1, True, 79.54, 72.33),
    ("ac", 9, 40e6, 2, True, 329.80, 278.12),
    ("ac", 0, 80e6, 1, True, 29.60, 26.48),
    ("ac", 7, 80e6, 1, True, 275.49, 233.57),
    ("ac", 9, 80e6, 1, True, 354.66, 298.86),
    ("ac", 4, 80e6, 2, True, 322.89, 273.06),
    ("ac", 7, 80e6, 2, True, 494.80, 404.40),
    ("a", 0, 20e6, 1, False, 5.26, 4.77),
    ("a", 4, 20e6, 1, False, 17.24, 14.83),
]
IDS = [f"ns-3 3.44: {s} MCS{m} {w / 1e6:.0f} MHz {n}SS" for s, m, w, n, *_ in NS3]
ROWS = pytest.mark.parametrize("row", NS3, ids=IDS)


@ROWS
def test_udp_goodput_within_two_percent(row):
    *mode, udp, _ = row
    assert udp_goodput(*mode) * 8e-6 == pytest.approx(udp, rel=0.02)


@ROWS
def test_tcp_goodput_within_five_percent(row):
    *mode, _, tcp = row
    assert tcp_goodput(*mode, collision_factor=COLLISIONS) * 8e-6 == pytest.approx(tcp, rel=0.05)


@pytest.mark.parametrize(
    ("standard", "widths", "low", "high"),
    [
        pytest.param("n", (20e6, 40e6), 5, 135, id="ns-3 examples-to-run.py: HT, UDP"),
        pytest.param("ac", (20e6, 40e6, 80e6, 160e6), 5, 630, id="ns-3 examples-to-run.py: VHT, UDP"),
    ],
)
def test_every_rate_lies_in_the_range_that_the_simulator_is_held_to(standard, widths, low, high):
    for width in widths:
        for short in (False, True):
            rates = np.asarray(udp_goodput(standard, usable_mcs(standard, width, 1), width, 1, short)) * 8e-6
            assert low < rates.min() < rates.max() < high * 1.02  # the tolerance of the model itself


def test_udp_by_hand_with_aggregation():
    # VHT80 MCS9, one stream, short: 234 * 8 * 5/6 = 1560 bits a symbol. 65535 // 1544 = 42 datagrams, 64848
    # bytes, 518806 bits, 333 symbols, 1198.8 -> 1200 us and 40 us of preamble; AIFS 43, 7.5 slots 67.5,
    # SIFS 16, block ack 278 bits at 24 Mbit/s 32 us.
    time = 43 + 67.5 + 1240 + 16 + 32
    assert udp_goodput("ac", 9, 80e6, 1, True) == pytest.approx(42 * 1472 / time * 1e6, rel=1e-12)


def test_tcp_by_hand_without_aggregation():
    # 11a at 24 Mbit/s. Data: 1536 bytes, 12310 bits in 129 symbols, 536 us; TCP ack: 88 bytes, 726 bits in 8
    # symbols, 52 us; acknowledgement 28 us. Smaller of two of 0..15: 15 * 31 / 96 slots of 9 us.
    turn = 34 + 15 * 31 / 96 * 9 + 16 + 28
    time = turn + 536 + 0.5 * (turn + 52)
    assert tcp_goodput("a", 4) == pytest.approx(1448 / time * 1e6, rel=1e-12)


def test_11b_by_hand():
    # 11 Mbit/s: 1536 bytes in 1118 us + 192; ack of 14 bytes at 2 Mbit/s 56 us + 192; DIFS 50, 15.5 slots of
    # 20 us, SIFS 10.
    time = 50 + 310 + 1310 + 10 + 248
    assert udp_goodput("b", 3) == pytest.approx(1472 / time * 1e6, rel=1e-12)


def test_minimum_of_two_backoffs():
    """The closed form in the TCP exchange is the mean of the smaller of two uniform draws."""
    draws = np.arange(16)
    assert np.minimum.outer(draws, draws).mean() == pytest.approx(15 * 31 / 96)


def test_11g_goodput_is_that_of_11a():
    assert tcp_goodput("g", np.arange(8)) == pytest.approx(tcp_goodput("a", np.arange(8)))


@pytest.mark.parametrize(
    ("standard", "mcs", "micro"),
    [
        ("ac", 0, 68),
        ("ac", 1, 44),
        ("ac", 3, 32),
        ("a", 1, 68),
        ("b", 0, 192 + 256),
        ("b", 3, 192 + 128),
    ],
)
def test_block_acknowledgement_times(standard, mcs, micro):
    # 16 + 256 + 6 = 278 bits: 12 symbols of 24, 6 of 48, 3 of 96, and 20 us; DSSS 256 bits at 1 or 2 Mbit/s.
    assert response_duration(standard, mcs, 32) == pytest.approx(micro * 1e-6, rel=1e-12)


@pytest.mark.parametrize(
    ("mode", "a_max", "count"),
    [
        # 26 bits a symbol of 3.6 us: 37,078 bits of three datagrams take 5.17 ms, four would take 6.9 ms.
        (("n", 0, 20e6, 1, True), 65535, 3),
        (("n", 7, 40e6, 2, True), 65535, 42),  # 42 * 1544 = 64848
        (("n", 7, 40e6, 2, True), 8191, 5),  # 5 * 1544 = 7720
        (("ac", 9, 80e6, 1, True), 1048575, 64),  # window of the block acknowledgement
        (("a", 7), 65535, 1),
    ],
)
def test_aggregate_count_by_hand(mode, a_max, count):
    assert aggregate_count(*mode, a_max=a_max) == count


def test_subframe_by_hand():
    assert subframe_size([1500, 52, 0]).tolist() == [1544, 96, 44]  # 1542 -> 1544, 94 -> 96, 42 -> 44


@given(
    mcs=st.integers(0, 8),
    streams=st.integers(1, 2),
    width=st.sampled_from([20e6, 40e6, 80e6]),
    loss=st.floats(0, 1),
    a_max=st.integers(1544, 1048575),
)
def test_goodput_laws(mcs, streams, width, loss, a_max):
    """TCP below UDP below the physical rate; loss scales; a longer aggregate never hurts UDP."""
    mode = ("ac", mcs, width, streams, True)
    udp, tcp = udp_goodput(*mode, a_max=a_max), tcp_goodput(*mode, a_max=a_max)
    assert 0 < tcp < udp < phy_mbps(*mode) * 1e6 / 8
    assert udp_goodput(*mode, a_max=a_max, mpdu_loss=loss) == pytest.approx(udp * (1 - loss))
    assert tcp_goodput(*mode, a_max=a_max, mpdu_loss=loss) == pytest.approx(tcp * (1 - loss))
    assert udp_goodput(*mode, a_max=1048575) >= udp * (1 - 1e-12)


@pytest.mark.parametrize("standard", ["b", "a", "g", "n", "ac"])
def test_goodput_rises_with_the_rate(standard):
    usable = usable_mcs(standard, 20e6, 1)
    for goodput in (udp_goodput, tcp_goodput):
        rates = np.asarray(goodput(standard, usable))
        assert rates.shape == usable.shape
        assert (np.diff(rates) > 0).all()


def test_arrays_agree_with_scalars():
    streams, mcs = np.array([1, 2]), np.arange(9)[:, None]
    table = tcp_goodput("ac", mcs, 80e6, streams, True)
    assert table.shape == (9, 2)
    assert table[4, 1] == tcp_goodput("ac", 4, 80e6, 2, True)
    assert isinstance(tcp_goodput("ac", 4, 80e6, 2, True), float)
    assert isinstance(aggregate_count("a", 0), float)


def test_retries_hide_loss():
    assert residual_loss(0.5, 7) == pytest.approx(1 / 128)
    assert residual_loss(0.26, 7) < 1e-4 < residual_loss(0.27, 7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: udp_goodput("n", 0, a_max=100_000), r"a_max must be in \[1544, 65535\]"),
        (lambda: udp_goodput("ac", 0, a_max=1000), r"a_max must be in \[1544, 1.04858e\+06\]"),
        (lambda: udp_goodput("a", 0, datagram=28), "datagram must be > 28"),
        (lambda: tcp_goodput("a", 0, datagram=math.nan), "datagram must be"),
        (lambda: tcp_goodput("a", 0, mpdu_loss=1.1), r"mpdu_loss must be in \[0, 1\]"),
        (lambda: tcp_goodput("a", 0, collision_factor=math.nan), "collision_factor must be"),
        (lambda: tcp_goodput("a", 8), r"mcs must be in \[0, 7\], got 8.0"),
        (lambda: residual_loss(-0.1), "mpdu_loss must be"),
        (lambda: residual_loss(0.1, 0), "attempts must be >= 1"),
    ],
)
def test_misuse_is_refused(call, words):
    with pytest.raises(BoundError, match=words):
        call()

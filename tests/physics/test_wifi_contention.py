"""Several stations: Bianchi's model, the decline of aggregates, equal frames."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import (
    airtime_shares,
    attempt,
    dcf_throughput,
    equal_frames_rate,
    phy_mbps,
    saturation_throughput,
    tcp_sharing,
    udp_sharing,
)

STATIONS = (5, 10, 15, 20, 30, 40, 50)
WIFI_BIANCHI = {  # wifi-bianchi.cc of ns-3, EIFS: [Mbit/s] by standard and rate index
    ("a", 0): (4.6899, 4.3197, 4.1107, 3.9589, 3.7490, 3.5927, 3.4711),
    ("a", 2): (8.8972, 8.2154, 7.8259, 7.5415, 7.1469, 6.8521, 6.6225),
    ("a", 4): (16.0836, 14.9153, 14.2327, 13.7300, 13.0281, 12.5008, 12.0889),
    ("b", 0): (0.8418, 0.7831, 0.7460, 0.7186, 0.6802, 0.6501, 0.6285),
    ("b", 1): (1.6170, 1.5075, 1.4371, 1.3849, 1.3115, 1.2538, 1.2124),
    ("b", 2): (3.8565, 3.6170, 3.4554, 3.3339, 3.1613, 3.0249, 2.9266),
    ("b", 3): (6.3821, 6.0269, 5.7718, 5.5765, 5.2958, 5.0722, 4.9103),
}


@pytest.mark.parametrize(
    ("standard", "mcs", "stations", "mbps"),
    [
        pytest.param(s, m, n, v, id=f"ns-3 wifi-bianchi.cc EIFS: 11{s} {phy_mbps(s, m):g} Mbit/s n={n}")
        for (s, m), row in WIFI_BIANCHI.items()
        for n, v in zip(STATIONS, row, strict=True)
    ],
)
def test_published_table(standard, mcs, stations, mbps):
    tolerance = 0.04 if stations == 50 else 0.03
    assert dcf_throughput(standard, mcs, stations) * 8e-6 == pytest.approx(mbps, rel=tolerance)


def bianchi_2000(stations, rts):
    """Share of a 1 Mbit/s channel with the parameters of table II of the paper, in microseconds."""
    header, payload, ack, sifs, difs, delay = 272 + 128, 8184, 112 + 128, 28, 128, 1
    success = header + payload + sifs + delay + ack + difs + delay
    collision = header + payload + difs + delay
    if rts:
        success += 160 + 128 + sifs + delay + 112 + 128 + sifs + delay
        collision = 160 + 128 + difs + delay
    return saturation_throughput(stations, payload, success, collision, 50, window=32, stages=3)


@pytest.mark.parametrize(
    ("rts", "expected"),
    [
        pytest.param(False, [0.8097, 0.7532, 0.6788, 0.5529], id="Bianchi 2000 parameters, computed: basic"),
        pytest.param(True, [0.8342, 0.8371, 0.8356, 0.8270], id="Bianchi 2000 parameters, computed: RTS/CTS"),
    ],
)
def test_original_parameters(rts, expected):
    assert bianchi_2000([5, 10, 20, 50], rts) == pytest.approx(expected, abs=5.1e-5)


def test_lone_station_by_hand():
    # No collision: a window of 16 waits 7.5 slots on average, and a renewal is 7.5 idle slots and a success.
    tau, collision = attempt(1)
    assert (tau, collision) == (pytest.approx(2 / 17), pytest.approx(0, abs=1e-15))
    assert saturation_throughput(1, 1000.0, 1e-3, 1e-3, 1e-5) == pytest.approx(1000 / (1e-3 + 7.5e-5))


def test_two_stations_without_doubling_by_hand():
    # m = 0: tau = 2 / (W + 1) whatever p is, so p of two stations is tau.
    tau, collision = attempt(2, window=31, stages=0)
    assert tau == pytest.approx(1 / 16)
    assert collision == pytest.approx(1 / 16)


@settings(max_examples=60)
@given(
    stations=st.floats(1, 500),
    window=st.integers(2, 1024),
    stages=st.integers(0, 10),
)
def test_fixed_point_holds(stations, window, stages):
    """Both equations hold at once, in the quotient form that the paper prints."""
    tau, p = attempt(stations, window, stages)
    assert p == pytest.approx(1 - (1 - tau) ** (stations - 1), abs=1e-12)
    if abs(1 - 2 * p) > 1e-6:
        quotient = 2 * (1 - 2 * p) / ((1 - 2 * p) * (window + 1) + p * window * (1 - (2 * p) ** stages))
        assert tau == pytest.approx(quotient, rel=1e-8)


def test_more_stations_collide_more():
    tau, p = attempt(np.arange(1, 200))
    assert (np.diff(tau) < 0).all()
    assert (np.diff(p) > 0).all()
    assert (p < 1).all()


@settings(max_examples=40)
@given(
    stations=st.integers(1, 200),
    payload=st.floats(1e-5, 1e-2),
    rest=st.floats(1e-6, 1e-3),
    collision=st.floats(1e-6, 1e-2),
)
def test_channel_time_is_conserved(stations, payload, rest, collision):
    """Idle slots, successes and collisions fill the channel and nothing else does."""
    slot, success = 9e-6, payload + rest
    tau, _ = attempt(stations)
    idle = (1 - tau) ** stations
    alone = stations * tau * (1 - tau) ** (stations - 1)
    mean = idle * slot + alone * success + (1 - idle - alone) * collision
    frames = saturation_throughput(stations, 1.0, success, collision, slot)
    spent = frames * (success + (idle * slot + (1 - idle - alone) * collision) / alone)
    assert spent == pytest.approx(1)
    assert frames * mean == pytest.approx(alone)
    assert saturation_throughput(stations, payload, success, collision, slot) < 1


@pytest.mark.parametrize("exchange", ["basic", "eifs"])
def test_throughput_falls_with_stations(exchange):
    rates = dcf_throughput("a", 4, np.arange(3, 100), exchange=exchange)
    assert (np.diff(rates) < 0).all()
    assert rates.max() < phy_mbps("a", 4) * 1e6 / 8


def test_eifs_costs_and_rts_saves_where_many_collide():
    basic, eifs, rts = (dcf_throughput("a", 0, 50, exchange=each) for each in ("basic", "eifs", "rts"))
    assert eifs < basic < rts
    assert dcf_throughput("a", 0, 1, exchange="rts") < dcf_throughput("a", 0, 1, exchange="basic")


VHT80_UDP = {1: 275.5, 2: 263.1, 3: 244.1, 5: 226.2, 10: 192.1, 20: 153.5}
VHT80_TCP = {1: 233.6, 2: 221.3, 3: 213.2, 5: 196.2, 10: 188.8, 20: 208.1}


@pytest.mark.parametrize(
    ("stations", "udp", "tcp"),
    [
        pytest.param(n, VHT80_UDP[n], VHT80_TCP[n], id=f"ns-3 3.44 VHT80 MCS7 1SS uplink n={n}")
        for n in VHT80_UDP
    ],
)
def test_decline_of_aggregates(stations, udp, tcp):
    assert udp_sharing(stations, 0.05) * VHT80_UDP[1] == pytest.approx(udp, rel=0.08)
    assert tcp_sharing(stations, 0.05, 0.82) * VHT80_TCP[1] == pytest.approx(tcp, rel=0.08)


@given(st.lists(st.floats(1e3, 1e9), min_size=1, max_size=12))
def test_airtime_is_conserved_and_frames_are_equal(rates):
    each, shares = equal_frames_rate(rates), airtime_shares(rates)
    assert shares.sum() == pytest.approx(1)
    assert shares * np.array(rates) == pytest.approx(np.full(len(rates), each))
    assert min(rates) / len(rates) * (1 - 1e-12) <= each <= min(rates) * (1 + 1e-12)


def test_performance_anomaly_by_hand():
    # 1/R = 1/11 + 1/1 in Mbit/s: the fast station comes down to 11/12.
    assert equal_frames_rate([11.0, 1.0]) == pytest.approx(11 / 12)
    assert equal_frames_rate(np.array([[11.0, 1.0], [4.0, 4.0]])) == pytest.approx([11 / 12, 2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: attempt(0.5), "stations must be >= 1, got 0.5"),
        (lambda: attempt(math.nan), "stations must be"),
        (lambda: attempt(2, window=0), "window must be >= 1"),
        (lambda: attempt(2, stages=-1), "stages must be >= 0"),
        (lambda: saturation_throughput(2, 1, 0, 1, 1), "success must be > 0"),
        (lambda: dcf_throughput("n", 0, 2), "standard must be one of b, a, g, got n"),
        (
            lambda: dcf_throughput("a", 0, 2, exchange="pcf"),
            "exchange must be one of basic, eifs, rts, got pcf",
        ),
        (lambda: udp_sharing(1, -1), "slope must be >= 0"),
        (lambda: tcp_sharing(1, 0.05, 2), r"floor must be in \[0, 1\]"),
        (lambda: equal_frames_rate([1e6, 0.0]), r"rates\[1\] must be > 0, got 0.0"),
        (lambda: airtime_shares([]), "rates must be one or more, got 0"),
    ],
)
def test_misuse_is_refused(call, words):
    with pytest.raises(BoundError, match=words):
        call()

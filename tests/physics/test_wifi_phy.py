"""Rates and frame times of 802.11 against the standard's own tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics.wifi import exists, phy_mbps, ppdu_duration, preamble, rate_count, usable_mcs

PUBLISHED = [
    pytest.param("n", 7, 20e6, 1, True, 72.2, id="IEEE 802.11-2016 19.5: HT20 MCS7 short"),
    pytest.param("n", 7, 20e6, 1, False, 65.0, id="IEEE 802.11-2016 19.5: HT20 MCS7"),
    pytest.param("n", 0, 20e6, 1, False, 6.5, id="IEEE 802.11-2016 19.5: HT20 MCS0"),
    pytest.param("n", 7, 40e6, 2, True, 300.0, id="IEEE 802.11-2016 19.5: HT40 MCS15 short"),
    pytest.param("n", 7, 40e6, 4, True, 600.0, id="IEEE 802.11-2016 19.5: HT40 MCS31 short"),
    pytest.param("ac", 8, 20e6, 1, True, 86.7, id="IEEE 802.11-2016 21.5: VHT20 MCS8 short"),
    pytest.param("ac", 9, 40e6, 1, True, 200.0, id="IEEE 802.11-2016 21.5: VHT40 MCS9 short"),
    pytest.param("ac", 9, 80e6, 1, True, 433.3, id="IEEE 802.11-2016 21.5: VHT80 MCS9 short"),
    pytest.param("ac", 9, 80e6, 2, True, 866.7, id="IEEE 802.11-2016 21.5: VHT80 MCS9 two streams short"),
    pytest.param("ac", 9, 160e6, 8, True, 6933.3, id="IEEE 802.11-2016 21.5: VHT160 MCS9 eight streams"),
]  # fmt: skip


@pytest.mark.parametrize(("standard", "mcs", "width", "streams", "short", "mbps"), PUBLISHED)
def test_rate_is_the_one_printed_in_the_standard(standard, mcs, width, streams, short, mbps):
    assert phy_mbps(standard, mcs, width, streams, short) == pytest.approx(mbps, abs=0.05)


@pytest.mark.parametrize(
    ("standard", "rates"),
    [
        pytest.param("a", [6, 9, 12, 18, 24, 36, 48, 54], id="IEEE 802.11-2016 table 17-4: OFDM"),
        pytest.param("g", [6, 9, 12, 18, 24, 36, 48, 54], id="IEEE 802.11-2016 clause 18: ERP-OFDM"),
        pytest.param("b", [1, 2, 5.5, 11], id="IEEE 802.11-2016 clause 16: DSSS and CCK"),
    ],
)
def test_rates_without_streams_are_exact(standard, rates):
    assert phy_mbps(standard, np.arange(rate_count(standard))).tolist() == rates


def test_rate_by_hand():
    # 2 streams * 234 carriers * 8 bits * 5/6 = 3120 bits in 3.6 us
    assert phy_mbps("ac", 9, 80e6, 2, True) == pytest.approx(3120 / 3.6, rel=1e-12)


@pytest.mark.parametrize(
    ("width", "mcs", "left_out"),
    [
        pytest.param(20e6, 9, {1, 2, 4, 5, 7, 8}, id="IEEE 802.11-2016 21.5: VHT20 MCS9"),
        pytest.param(40e6, 9, set(), id="IEEE 802.11-2016 21.5: VHT40 MCS9"),
        pytest.param(80e6, 6, {3, 7}, id="IEEE 802.11-2016 21.5: VHT80 MCS6"),
        pytest.param(80e6, 9, {6}, id="IEEE 802.11-2016 21.5: VHT80 MCS9"),
        pytest.param(160e6, 9, {3}, id="IEEE 802.11-2016 21.5: VHT160 MCS9"),
    ],
)
def test_combinations_left_out_are_refused(width, mcs, left_out):
    streams = np.arange(1, 9)
    assert set(streams[~exists("ac", mcs, width, streams)]) == left_out
    for refused in left_out:
        with pytest.raises(BoundError, match=r"mcs must be defined by 802\.11ac"):
            phy_mbps("ac", mcs, width, refused)


def test_left_out_combinations_are_those_that_split_a_symbol_unevenly():
    """Every encoder must get whole code words: bits of a symbol divisible by encoders times the denominator.

    One encoder serves up to 600 Mbit/s (21.3.10.5.3), which decides the cases of up to three streams.
    """
    for mcs, bits, over, under in ((6, 6, 3, 4), (9, 8, 5, 6)):
        for width, carriers in ((20e6, 52), (40e6, 108), (80e6, 234), (160e6, 468)):
            for streams in (1, 2, 3):
                coded = streams * carriers * bits
                encoders = math.ceil(coded * over / under / 3.6 / 600)
                whole = coded % (encoders * under) == 0
                assert exists("ac", mcs, width, streams) == whole, (mcs, width, streams)


def test_usable_mcs_skips_what_does_not_exist():
    assert usable_mcs("ac", 80e6, 3).tolist() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    with pytest.raises(BoundError, match=r"must be a channel of 802\.11n"):
        usable_mcs("n", 80e6, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ax", 0), "standard must be one of b, a, g, n, ac, got ax"),
        (("n", 8), r"mcs must be a whole number in \[0, 7\] for 802.11n"),
        (("n", 1.5), "mcs must be a whole number"),
        (("ac", math.nan), "mcs must be a whole number"),
        (("n", 0, 80e6), r"width must be one of \[20, 40\] MHz for 802.11n"),
        (("a", 0, 20e6, 2), r"spatial_streams must be in \[1, 1\] for 802.11a"),
        (("ac", 0, 80e6, 9), "spatial_streams must be"),
        (("a", 0, 20e6, 1, True), "short_guard must be False for 802.11a"),
        (("b", 0, 20e6, 1, True), "short_guard must be False for 802.11b"),
        (("b", 4), "mcs must be"),
    ],
)
def test_undefined_modes_are_refused(arguments, words):
    with pytest.raises(BoundError, match=words):
        phy_mbps(*arguments)


def test_preambles_by_hand():
    # HT: 8 + 8 + 4 legacy, 8 signal, 4 short training, 4 a long training; VHT: 4 more for signal B.
    assert preamble("a") == pytest.approx(20e-6)
    assert preamble("b") == pytest.approx(192e-6)
    assert preamble("n", [1, 2, 3, 4]) == pytest.approx([36e-6, 40e-6, 48e-6, 48e-6])
    assert preamble("ac", [1, 2, 4]) == pytest.approx([40e-6, 44e-6, 52e-6])


@pytest.mark.parametrize(
    ("rate", "micro"),
    [
        pytest.param(0, 44, id="IEEE 802.11-2016 17.4.3: ack at 6 Mbit/s"),
        pytest.param(2, 32, id="IEEE 802.11-2016 17.4.3: ack at 12 Mbit/s"),
        pytest.param(4, 28, id="IEEE 802.11-2016 17.4.3: ack at 24 Mbit/s"),
    ],
)
def test_acknowledgement_times(rate, micro):
    assert ppdu_duration("a", rate, 14) == pytest.approx(micro * 1e-6, rel=1e-12)


def test_duration_by_hand():
    # VHT80 MCS7, one stream, short: 1170 bits a symbol. 22 + 8 * 1544 = 12374 bits -> 11 symbols of 3.6 us
    # = 39.6 us -> 40 us on the 4 us grid, and 40 us of preamble.
    assert ppdu_duration("ac", 7, 1544, 80e6, 1, True) == pytest.approx(80e-6, rel=1e-12)
    # DSSS at 5.5 Mbit/s: 8 * 1536 / 5.5 = 2234.2 -> 2235 us, and 192 us of preamble.
    assert ppdu_duration("b", 2, 1536) == pytest.approx(2427e-6, rel=1e-12)


@given(
    size=st.integers(0, 65535),
    more=st.integers(0, 2000),
    mcs=st.integers(0, 8),
    streams=st.integers(1, 2),
    short=st.booleans(),
)
def test_duration_law(size, more, mcs, streams, short):
    """Longer frames take no less, by whole 4 us, and never less than their bits at the nominal rate."""
    mode = (80e6, streams, short)
    duration = ppdu_duration("ac", mcs, size, *mode)
    assert ppdu_duration("ac", mcs, size + more, *mode) >= duration
    assert duration * 1e6 / 4 == pytest.approx(round(duration * 1e6 / 4), abs=1e-6)
    floor = preamble("ac", streams) + (8 * size + 22) / phy_mbps("ac", mcs, *mode) / 1e6
    assert floor * (1 - 1e-12) <= duration <= floor + 8e-6


def test_arrays_broadcast_and_scalars_stay_scalars():
    table = phy_mbps("n", np.arange(8)[:, None], [20e6, 40e6], 2, True)
    assert table.shape == (8, 2)
    assert table[7, 1] == phy_mbps("n", 7, 40e6, 2, True) == 300.0
    assert isinstance(phy_mbps("n", 7), float)
    assert isinstance(ppdu_duration("b", 0, 100), float)
    with pytest.raises(BoundError, match=r"size\[1\] must be >= 0, got -1.0"):
        ppdu_duration("a", 0, [1, -1])

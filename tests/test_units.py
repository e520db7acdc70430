"""Quantities: what is read, what is refused and in which words, and what is written for people."""

import math
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from devicesim import units
from devicesim.errors import UnitError
from devicesim.units import (
    DIMENSIONS,
    DURATION,
    ENERGY,
    FRACTION,
    FREE,
    FREQUENCY,
    LENGTH,
    LEVEL,
    MASS,
    MONEY,
    POWER,
    RATE,
    SIZE,
    TEMPERATURE,
    format_duration,
    format_rate,
    format_size,
    parse,
)

DAY = 86_400.0


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        # Decimal prefixes are powers of 1000, binary ones powers of 1024.
        ("1 B", SIZE, 1),
        ("1 kB", SIZE, 1000),
        ("1 KiB", SIZE, 1024),
        ("1 MB", SIZE, 1000**2),
        ("1 MiB", SIZE, 1024**2),
        ("1 GB", SIZE, 1000**3),
        ("1 GiB", SIZE, 1024**3),
        ("8 TB", SIZE, 8 * 1000**4),
        ("8 TiB", SIZE, 8 * 1024**4),
        ("1 PB", SIZE, 1000**5),
        ("1 PiB", SIZE, 1024**5),
        # Eight bits are a byte.
        ("240 MB/s", RATE, 240e6),
        ("8 bit/s", RATE, 1),
        ("8 bps", RATE, 1),
        ("1 Gbit/s", RATE, 125e6),
        ("1 Gb/s", RATE, 125e6),
        ("1 Gbps", RATE, 125e6),
        ("100 Mbps", RATE, 12.5e6),
        ("60 MB/min", RATE, 1e6),
        ("3.6 GB/h", RATE, 1e6),
        ("86.4 GB/day", RATE, 1e6),
        ("86.4 GB/d", RATE, 1e6),
        ("1 MiB/s", RATE, 1024**2),
        ("1 ns", DURATION, 1e-9),
        ("5 us", DURATION, 5e-6),
        ("5 µs", DURATION, 5e-6),
        ("5 μs", DURATION, 5e-6),
        ("5 ms", DURATION, 5e-3),
        ("5 s", DURATION, 5),
        ("90 min", DURATION, 5400),
        ("36 h", DURATION, 36 * 3600),
        ("2d", DURATION, 2 * DAY),
        ("1 day", DURATION, DAY),
        ("2 days", DURATION, 2 * DAY),
        ("1 week", DURATION, 7 * DAY),
        ("71 Wh", ENERGY, 71 * 3600),
        ("0.1 kWh", ENERGY, 360_000),
        ("1 MJ", ENERGY, 1e6),
        ("45 W", POWER, 45),
        ("1 mW", POWER, 1e-3),
        ("15 m", LENGTH, 15),
        ("1 in", LENGTH, 0.0254),
        ("1 ft", LENGTH, 12 * 0.0254),
        ("2.4 GHz", FREQUENCY, 2.4e9),
        ("4.5 lb", MASS, 4.5 * 0.45359237),
        ("35 °C", TEMPERATURE, 35),
        ("-32 degC", TEMPERATURE, -32),
        ("80 %", FRACTION, 0.8),
        ("80%", FRACTION, 0.8),
        ("-91 dBm", LEVEL, -91),
        ("60 USD", MONEY, 60),
        ("7200 rpm", FREE, 120),
        ("2.1 K/W", FREE, 2.1),
    ],
)
def test_worked_every_dimension(text, dimension, expected):
    assert parse(text, dimension) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 h 30 min", 5400),
        ("1h30min", 5400),
        ("1 h, 30 min", 5400),
        ("2 d 3 h 4 min 5 s", 2 * DAY + 3 * 3600 + 4 * 60 + 5),
        ("1 s 500 ms", 1.5),
        ("1 ms 500 µs", 1.5e-3),
        ("1e5 s", 1e5),
        ("1e2 s 1e-3 s", 100.001),
        ("1.5 h 0.5 h", 7200),
    ],
)
def test_worked_durations_of_several_terms(text, expected):
    assert parse(text, DURATION) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1_000 MB", 1e9),
        ("1_000_000.000_5 B", 1_000_000.0005),
        ("+1 GB", 1e9),
        ("1e3 MB", 1e9),
        ("1E+3MB", 1e9),
        ("007 GB", 7e9),
        ("  8\tTB \n", 8e12),
        ("8\N{NO-BREAK SPACE}TB", 8e12),
        ("8\N{NARROW NO-BREAK SPACE}TB", 8e12),
        ("8\N{THIN SPACE}TB", 8e12),
        ("0 B", 0),
        ("-0 B", 0),
    ],
)
def test_worked_ways_to_write_a_size(text, expected):
    assert parse(text, SIZE) == expected


def test_worked_no_minus_zero():
    assert math.copysign(1, parse("-0 B", SIZE)) == 1
    assert math.copysign(1, parse("-0 °C", TEMPERATURE)) == 1


@pytest.mark.parametrize("text", ["240 MB / s", "240 MB/ s", "240 MB /s", "240MB/s"])
def test_worked_blanks_around_the_stroke(text):
    assert parse(text, RATE) == 240e6


SIZE_WANTED = "expected a size such as '8 TB', got "
RATE_WANTED = "expected a rate such as '240 MB/s', got "
DURATION_WANTED = "expected a duration such as '36 h', got "


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        # No number, no unit, or neither.
        ("512", SIZE, SIZE_WANTED + "'512': a unit is missing"),
        (" 1_000.5e3 ", SIZE, SIZE_WANTED + "' 1_000.5e3 ': a unit is missing"),
        ("", SIZE, SIZE_WANTED + "'': not a number and a unit"),
        ("TB", SIZE, SIZE_WANTED + "'TB': not a number and a unit"),
        ("NaN GB", SIZE, SIZE_WANTED + "'NaN GB': not a number and a unit"),
        ("inf GB", SIZE, SIZE_WANTED + "'inf GB': not a number and a unit"),
        ("1 2 GB", SIZE, SIZE_WANTED + "'1 2 GB': not a number and a unit"),
        ("1__0 GB", SIZE, SIZE_WANTED + "'1__0 GB': not a number and a unit"),
        ("1_ GB", SIZE, SIZE_WANTED + "'1_ GB': not a number and a unit"),
        ("_1 GB", SIZE, SIZE_WANTED + "'_1 GB': not a number and a unit"),
        ("0x10 GB", SIZE, SIZE_WANTED + "'0x10 GB': not a number and a unit"),
        (".5 GB", SIZE, SIZE_WANTED + "'.5 GB': not a number and a unit"),
        ("- 1 GB", SIZE, SIZE_WANTED + "'- 1 GB': not a number and a unit"),
        ("$5", MONEY, "expected an amount such as '60 USD', got '$5': not a number and a unit"),
        ("1,5 GB", SIZE, SIZE_WANTED + "'1,5 GB': numbers have a decimal point and no commas"),
        ("1,000 MB", SIZE, SIZE_WANTED + "'1,000 MB': numbers have a decimal point and no commas"),
        ("8\u200bTB", SIZE, SIZE_WANTED + "'8\\u200bTB': not a number and a unit"),
        ("٣ GB", SIZE, SIZE_WANTED + "'٣ GB': not a number and a unit"),
        ("\N{FULLWIDTH DIGIT EIGHT} GB", SIZE, SIZE_WANTED + "'\N{FULLWIDTH DIGIT EIGHT} GB': not a number and a unit"),
        ("PT2H", DURATION, DURATION_WANTED + "'PT2H': not a number and a unit"),
        ("1 h 30", DURATION, DURATION_WANTED + "'1 h 30': not a number and a unit"),
        ("1:30", DURATION, DURATION_WANTED + "'1:30': not a number and a unit"),
        ("0.8 1", FRACTION, "expected a fraction such as '80 %', got '0.8 1': not a number and a unit"),
        # Out of bounds.
        ("-1 GB", SIZE, SIZE_WANTED + "'-1 GB': must be >= 0"),
        ("-1 °C", LENGTH, "expected a length such as '15 m', got '-1 °C': '°C' is a temperature"),
        ("1 h -30 min", DURATION, DURATION_WANTED + "'1 h -30 min': must be >= 0"),
        ("1e400 GB", SIZE, SIZE_WANTED + "'1e400 GB': must be finite"),
        ("-1e400 °C", TEMPERATURE, "expected a temperature such as '35 °C', got '-1e400 °C': must be finite"),
        ("1e308 kB", SIZE, SIZE_WANTED + "'1e308 kB': must be finite"),
        ("1.7e308 s 1.7e308 s", DURATION, DURATION_WANTED + "'1.7e308 s 1.7e308 s': must be finite"),
        # Bits are not bytes.
        ("8 Tb", SIZE, SIZE_WANTED + "'8 Tb': 'Tb' is bits, 'TB' is bytes"),
        ("8 Tbit", SIZE, SIZE_WANTED + "'8 Tbit': 'Tbit' is bits, 'TB' is bytes"),
        ("8 TBits", SIZE, SIZE_WANTED + "'8 TBits': 'TBits' is bits, 'TB' is bytes"),
        ("8 Tib", SIZE, SIZE_WANTED + "'8 Tib': 'Tib' is bits, 'TiB' is bytes"),
        ("8 b", SIZE, SIZE_WANTED + "'8 b': 'b' is bits, 'B' is bytes"),
        ("8 Kb", SIZE, SIZE_WANTED + "'8 Kb': 'Kb' is bits, 'kB' is bytes"),
        # The unit of something else.
        ("5 m", DURATION, DURATION_WANTED + "'5 m': 'm' is a length, did you mean 'min'?"),
        ("1 h 30 m", DURATION, DURATION_WANTED + "'1 h 30 m': 'm' is a length, did you mean 'min'?"),
        ("8 TB", RATE, RATE_WANTED + "'8 TB': 'TB' is a size"),
        ("8 TB/s", SIZE, SIZE_WANTED + "'8 TB/s': 'TB/s' is a rate"),
        ("8 Mbps", SIZE, SIZE_WANTED + "'8 Mbps': 'Mbps' is a rate"),
        ("71 W", ENERGY, "expected an energy such as '71 Wh', got '71 W': 'W' is a power"),
        # Near units.
        ("8 TBB", SIZE, SIZE_WANTED + "'8 TBB': unknown unit 'TBB', did you mean 'TB'?"),
        ("8 T", SIZE, SIZE_WANTED + "'8 T': unknown unit 'T', did you mean 'TB'?"),
        ("8 tb", SIZE, SIZE_WANTED + "'8 tb': unknown unit 'tb', did you mean 'TB'?"),
        ("8 gib", SIZE, SIZE_WANTED + "'8 gib': unknown unit 'gib', did you mean 'GiB'?"),
        ("8 KB", SIZE, SIZE_WANTED + "'8 KB': unknown unit 'KB', did you mean 'kB' or 'KiB'?"),
        ("8 bytes", SIZE, SIZE_WANTED + "'8 bytes': unknown unit 'bytes', did you mean 'B'?"),
        ("8 parsec", SIZE, SIZE_WANTED + "'8 parsec': unknown unit 'parsec'"),
        ("8 kBps", RATE, RATE_WANTED + "'8 kBps': unknown unit 'kBps', did you mean 'kB/s'?"),
        ("8 KB/s", RATE, RATE_WANTED + "'8 KB/s': unknown unit 'KB/s', did you mean 'kB/s' or 'KiB/s'?"),
        ("8 KBps", RATE, RATE_WANTED + "'8 KBps': unknown unit 'KBps', did you mean 'kB/s' or 'KiB/s'?"),
        ("8 Kbps", RATE, RATE_WANTED + "'8 Kbps': unknown unit 'Kbps', did you mean 'kbps'?"),
        ("8 MBit/s", RATE, RATE_WANTED + "'8 MBit/s': unknown unit 'MBit/s', did you mean 'Mbit/s'?"),
        ("8 mb/s", RATE, RATE_WANTED + "'8 mb/s': unknown unit 'mb/s', did you mean 'MB/s' or 'Mb/s'?"),
        ("8 MBs", RATE, RATE_WANTED + "'8 MBs': unknown unit 'MBs', did you mean 'MB/s'?"),
        ("8 hr", DURATION, DURATION_WANTED + "'8 hr': unknown unit 'hr', did you mean 'hour'?"),
        ("8 H", DURATION, DURATION_WANTED + "'8 H': unknown unit 'H', did you mean 'h'?"),
        ("8 mins", DURATION, DURATION_WANTED + "'8 mins': unknown unit 'mins', did you mean 'min'?"),
        ("8 months", DURATION, DURATION_WANTED + "'8 months': unknown unit 'months'"),
        (
            "8 mhz", FREQUENCY,
            "expected a frequency such as '80 MHz', got '8 mhz': unknown unit 'mhz', did you mean 'MHz'?",
        ),
        ("8 EUR", MONEY, "expected an amount such as '60 USD', got '8 EUR': unknown unit 'EUR'"),
        (
            "8 percent", FRACTION,
            "expected a fraction such as '80 %', got '8 percent': unknown unit 'percent', did you mean '%'?",
        ),
        ("95 F", TEMPERATURE, "expected a temperature such as '35 °C', got '95 F': unknown unit 'F'"),
    ],
)  # fmt: skip
def test_worked_refusals_in_the_words_of_the_user(text, dimension, message):
    with pytest.raises(UnitError) as caught:
        parse(text, dimension)
    assert str(caught.value) == message


def test_worked_long_texts_are_cut_in_the_message():
    with pytest.raises(UnitError) as caught:
        parse("9" * 5000 + " B", SIZE)
    assert str(caught.value) == SIZE_WANTED + f"'{'9' * 50}...': longer than 100 characters"


@pytest.mark.parametrize(
    "text",
    [
        "1" * 10**6,
        "1" * 10**6 + " TB x1",
        "1 B" + " " * 10**6 + "1",
        " " * 10**6,
        "1 s " * 10**5 + "!",
        "1" + "_1" * 10**5,
        "1e" * 10**5,
    ],
    ids=["digits", "digits and tail", "blanks before", "blanks", "terms", "underscores", "exponents"],
)
@pytest.mark.parametrize("dimension", [SIZE, DURATION], ids=["size", "duration"])
def test_law_long_texts_take_no_time(text, dimension):
    # A quadratic scan of 10^5 characters and more would take minutes.
    began = time.process_time()
    with pytest.raises(UnitError):
        parse(text, dimension)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("body", ["1 s", "1 s,", "1e5", "1s1", "1_", "s"])
def test_law_no_text_of_the_greatest_length_takes_time(body):
    began = time.process_time()
    for tail in ("", "!", " ", "1"):
        text = (body * units.LONGEST)[: units.LONGEST - len(tail)] + tail
        try:
            parse(text, DURATION)
        except UnitError:
            continue
    assert time.process_time() - began < 1.0


@given(st.text(max_size=120))
@settings(max_examples=200)
@example("5 ²")
@example("5 ℃")
def test_law_any_text_is_a_number_or_a_refusal(text):
    for dimension in (SIZE, DURATION, TEMPERATURE):
        try:
            value = parse(text, dimension)
        except UnitError as error:
            assert str(error).startswith("expected a")  # noqa: PT017
        else:
            assert math.isfinite(value)
            assert dimension.signed or value >= 0


@given(
    st.sampled_from([(d, unit) for d in DIMENSIONS for unit in d.factors]),
    st.floats(min_value=0, max_value=1e200, allow_subnormal=False),
)
def test_law_a_number_and_its_unit_give_the_number_times_the_factor(pair, number):
    dimension, unit = pair
    assert parse(f"{number!r} {unit}", dimension) == number * dimension.factors[unit]
    assert parse(f"{number!r}{unit}", dimension) == number * dimension.factors[unit]


def test_law_a_unit_means_the_same_everywhere():
    factors = {}
    for dimension in DIMENSIONS:
        for unit, factor in dimension.factors.items():
            assert factors.setdefault(unit, factor) == factor


def test_law_examples_of_messages_are_quantities():
    for dimension in DIMENSIONS[:-1]:
        assert math.isfinite(parse(dimension.example, dimension))


def test_worked_catalog_values():
    assert units.si(71, "Wh") == 71 * 3600
    assert units.si(3, "") == 3.0
    assert units.is_unit("")
    assert units.is_unit("USD/GB")
    assert not units.is_unit("TBB")
    with pytest.raises(UnitError, match="unknown unit 'TBB'"):
        units.si(1, "TBB")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (999.4, "999 B"),
        (999.6, "1 kB"),
        (1000, "1 kB"),
        (1024, "1.02 kB"),
        (999_400, "999 kB"),
        (999_500, "1 MB"),
        (999_600, "1 MB"),
        (999_999, "1 MB"),
        (1.5e9, "1.5 GB"),
        (999.6e9, "1 TB"),
        (8e12, "8 TB"),
        (12.345e12, "12.3 TB"),
        (999.6e12, "1 PB"),
        (1e15, "1 PB"),
        (123_456e15, "123456 PB"),
        (-2e6, "-2 MB"),
    ],
)
def test_worked_sizes_for_people(size, text):
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "0 B/s"),
        (999.6, "1 kB/s"),
        (999_600, "1 MB/s"),
        (117.7e6, "118 MB/s"),
        (999.6e6, "1 GB/s"),
        (1.25e9, "1.25 GB/s"),
        (1234e9, "1234 GB/s"),
    ],
)
def test_worked_rates_for_people(rate, text):
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2e-9, "2 ns"),
        (0.3e-6, "300 ns"),
        (21e-6, "21 µs"),
        (0.25, "250 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.5, "1.5 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (100, "1 min 40 s"),
        (599.4, "9 min 59 s"),
        (599.6, "10 min"),
        (629, "10 min"),
        (3569, "59 min"),
        (3571, "1 h"),
        (5400, "1 h 30 min"),
        (23 * 3600 + 59 * 60 + 29, "23 h 59 min"),
        (23 * 3600 + 59 * 60 + 31, "1 d"),
        (100_000, "1 d 4 h"),
        (9 * DAY + 23 * 3600, "9 d 23 h"),
        (9 * DAY + 23.6 * 3600, "10.0 d"),
        (12.25 * DAY, "12.2 d"),
        (1000 * DAY, "1000.0 d"),
        (-5400, "-1 h 30 min"),
        (math.inf, "inf s"),
        (-math.inf, "-inf s"),
        (math.nan, "nan s"),
    ],
)
def test_worked_durations_for_people(seconds, text):
    assert format_duration(seconds) == text


@given(st.floats(min_value=1e-3, max_value=1e18))
@example(999.5)
@example(999.5e3)
@example(999.5e6)
@example(999.5e12)
@example(math.nextafter(999.5e3, 0))
def test_law_written_sizes_and_rates_are_read_again(value):
    # Three digits: half of the third one is at most 0.5 in 100.
    assert "e" not in format_size(value)
    assert parse(format_size(value), SIZE) == pytest.approx(value, rel=0.005001)
    assert parse(format_rate(value), RATE) == pytest.approx(value, rel=0.005001)


@given(st.floats(min_value=1e-9, max_value=1e11))
@example(59.5)
@example(599.5)
@example(math.nextafter(600, 0))
@example(1439.5 * 60)
@example(239.5 * 3600)
def test_law_written_durations_are_read_again(seconds):
    # The coarsest steps are 0.05 s at 1 s, 0.5 min at 10 min and 0.5 h at 24 h: 5 in 100.
    text = format_duration(seconds)
    assert "e" not in text.replace("min", "")
    assert " 60 " not in f" {text} "
    assert parse(text, DURATION) == pytest.approx(seconds, rel=0.0501)


@given(st.floats(min_value=0, max_value=1e12), st.floats(min_value=0, max_value=1e12))
def test_law_a_longer_time_is_never_written_shorter(one, other):
    assume(one <= other)
    assert parse(format_duration(one), DURATION) <= parse(format_duration(other), DURATION)

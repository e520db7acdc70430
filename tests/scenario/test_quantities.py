"""Quantities in fields: text to SI, SI to text, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from devicesim import units
from devicesim.scenario.quantities import Duration, Energy, Fraction, Length, Name, Size, Temperature, text


def read(kind, value):
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "given_text", "si"),
    [
        (Size, "128 KiB", 131072.0),
        (Size, "1.5 GB", 1.5e9),
        (Duration, "1 h 30 min", 5400.0),
        (Energy, "71 Wh", 255_600.0),
        (Length, "100 ft", 30.48),
        (Temperature, "-10 °C", -10.0),
        (Fraction, "80 %", 0.8),
    ],
)
def test_worked_text_to_si(kind, given_text, si):
    assert read(kind, given_text) == pytest.approx(si, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (Size, 4096, "expected a size such as '8 TB', got 4096: a unit is missing"),
        (Size, "0 B", "must be more than 0 B, got '0 B'"),
        (Size, True, "expected a size such as '8 TB', got true"),
        (Size, ["1 B"], "expected a size such as '8 TB', got a list"),
        (Length, "40 km", "must be at most 10 km, got '40 km'"),
        (Temperature, "-300 °C", "must be at least -60 °C, got '-300 °C'"),
        (Fraction, "120 %", "must be at most 100 %, got '120 %'"),
        (Fraction, 0.8, "expected a fraction such as '80 %', got 0.8: a unit is missing"),
        (Name, "a/b", "must be a name of 1 to 100 characters without '/' or line breaks, got 'a/b'"),
    ],
)
def test_worked_refusals(kind, value, why):
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    (error,) = caught.value.errors()
    assert error["ctx"]["why"] == why


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([d for d in units.DIMENSIONS if d is not units.FREE]),
    st.floats(0, 1e18, allow_subnormal=False),
)
def test_law_canonical_text_reads_as_the_same_float(dimension, number):
    # A percentage can only give the floats that are a hundredth of another.
    value = number * 0.01 if dimension is units.FRACTION else number
    assert units.parse(text(value, dimension), dimension) == value

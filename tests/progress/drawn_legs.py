"""Legs made by hand, and legs drawn as the device makes them."""

import math
from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st

from devicesim.progress import Curve, Leg, LegResumed, Refused, Stream, View

EPOCH = datetime(2026, 6, 1, 8, tzinfo=UTC)
JOB = "JID00000000-0000-0000-0000-000000000001"


def curve(time, size, objects, linear=False):
    return Curve(*(np.array(values, dtype=np.float64) for values in (time, size, objects)), linear=linear)


def leg(total=100, count=10, start=0.0, **members):
    return Leg("ingest", JOB, start, total, count, listed=start, **members)


def at(one, *times):
    size, count = one.at(times)
    return size.tolist(), count.tolist()


class Source:
    """A curve that counts how often it is asked for."""

    def __init__(self, *columns, linear=False):
        self.curve, self.reads = curve(*columns, linear=linear), 0

    def __call__(self):
        self.reads += 1
        return self.curve


@st.composite
def histories(draw):
    """A leg as the device makes it: sessions with pauses between, some of what was copied lost each time."""
    one = leg(total=draw(st.integers(0, 300)), count=draw(st.integers(0, 30)))
    now, plain = 0.0, []
    for _ in range(draw(st.integers(0, 4))):
        start = now
        knots = draw(st.lists(st.integers(0, 8), max_size=5))
        times = start + np.cumsum(knots) / 4
        sizes = np.cumsum(draw(st.lists(st.integers(0, 40), min_size=len(knots), max_size=len(knots))))
        counts = np.cumsum(draw(st.lists(st.integers(0, 3), min_size=len(knots), max_size=len(knots))))
        source = Source(times, sizes, counts, linear=draw(st.booleans()))
        base = draw(st.integers(0, 100)), draw(st.integers(0, 10))
        one.session(start, *base, source)
        until = start + draw(st.integers(0, 20)) / 4
        if draw(st.booleans()):
            one.pause(until)
        else:
            until = math.inf
        plain.append((start, until, base, source.curve))
        now = (start if until == math.inf else until) + draw(st.integers(0, 8)) / 4
    if draw(st.booleans()):
        one.end = now + draw(st.integers(0, 8)) / 4
        one.complete = draw(st.booleans())
    return one, plain


VIEWS = st.builds(
    View,
    refresh=st.sampled_from([0.0, 0.3, 2.0, 1e4]),
    listing=st.sampled_from([math.inf, 4.0, 0.1]),
    failing=st.sampled_from([0.0, 0.3, 0.9]),
    seed=st.integers(0, 3),
)


@st.composite
def streams(draw):
    """A stream with one drawn leg, and the events that go with it."""
    one, plain = draw(histories())
    stream = Stream(EPOCH)
    stream.legs.append(one)
    for start, _, _, _ in plain[1:]:
        stream.append(LegResumed(start, JOB, "ingest", 0, 0))
    if one.end is not None and not one.complete:
        stream.append(Refused(one.end, JOB, "ENOSPC", draw(st.integers(0, 9)), 1, "full"))
    return stream

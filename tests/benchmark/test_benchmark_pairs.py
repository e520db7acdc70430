"""Timings in pairs, by a clock that the test moves."""

from __future__ import annotations

from itertools import accumulate, count

import pytest

from devicesim.benchmark.pairs import Spread, children_time, nearest, ratios, seconds
from devicesim.benchmark.rows import Target
from devicesim.errors import BoundError

NAN = float("nan")


class Watch:
    """A clock, and work that takes so many seconds of it, one after the other."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, []

    def __call__(self) -> float:
        return self.now

    def work(self, name: str, *lengths: float):
        lasting = iter(lengths)

        def done() -> None:
            self.calls.append(name)
            self.now += next(lasting)

        return done


def test_worked_pairs_are_taken_in_turn_after_one_call_each() -> None:
    """Warm-up 9 s and 9 s, then 10/2 and 30/3: 5 and 10, in the middle 7.5."""
    watch = Watch()
    one, other = watch.work("one", 9, 10, 30), watch.work("other", 9, 2, 3)
    spread = ratios(one, other, pairs=2, clock=watch)
    assert watch.calls == ["one", "other"] * 3
    assert spread.values == (5.0, 10.0)
    assert (spread.median, spread.least, spread.most) == (7.5, 5.0, 10.0)


def test_worked_a_short_call_is_repeated_until_it_lasts() -> None:
    """Calls of 0.25 s until 1 s is full: four, of 0.25 s each; ones that take no time the clock can tell are too."""
    watch = Watch()
    assert seconds(watch.work("short", *[0.25] * 9), least=1.0, clock=watch) == 0.25
    assert len(watch.calls) == 4
    assert seconds(watch.work("none", 0, 0, 3.0), clock=watch) == 1.0


@pytest.mark.parametrize(
    ("ones", "others", "values"),
    [
        ([12.0], [1.0, 2.0, 3.0], (12.0, 6.0, 4.0)),
        ([10.0, 20.0], [1.0, 1.0, 1.0, 1.0, 1.0], (10.0, 10.0, 10.0, 20.0, 20.0)),
        ([1.0, 2.0], [1.0, 4.0], (1.0, 0.5)),
    ],
    ids=["one dear timing", "two", "as many"],
)
def test_worked_a_dear_timing_goes_with_the_nearest_cheap_ones(
    ones: list[float], others: list[float], values: tuple[float, ...]
) -> None:
    assert nearest(ones, others).values == values


def test_law_a_spread_has_figures() -> None:
    with pytest.raises(BoundError, match=r"len\(values\) must be > 0, got 0"):
        Spread(())


@pytest.mark.parametrize(
    ("target", "figure", "reached"),
    [
        (Target(">=", 2.0), 2.0, True),
        (Target(">=", 2.0), 1.9, False),
        (Target("<=", 2.0), 2.0, True),
        (Target("<=", 2.0), 2.1, False),
        (Target(">=", 2.0), NAN, False),
        (Target("<=", 2.0), NAN, False),
    ],
)
def test_worked_targets(target: Target, figure: float, reached: bool) -> None:
    assert target.reached(figure) is reached


def test_law_the_time_of_children_only_grows() -> None:
    told = [children_time() for _ in zip(range(3), count(), strict=False)]
    assert told == list(accumulate(told, max))

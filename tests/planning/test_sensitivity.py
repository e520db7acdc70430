"""Which unknown matters: indices that are known in closed form, a planted story, and what is said of them."""

import importlib.util
import math

import numpy as np
import pytest
from small_story import small_story

from devicesim.errors import BoundError
from devicesim.planning import replicate
from devicesim.planning.draws import uniforms
from devicesim.planning.sensitivity import first_order, morris, sensitivity, shares, sobol

A, B = 7.0, 0.1
"""Ishigami's constants."""
VARIANCE = A**2 / 8 + B * math.pi**4 / 5 + B**2 * math.pi**8 / 18 + 0.5
ISHIGAMI = {
    "x1": 0.5 * (1 + B * math.pi**4 / 5) ** 2 / VARIANCE,
    "x2": A**2 / 8 / VARIANCE,
    "x3": 0.0,
}
"""First-order indices: 0.3139, 0.4424, 0; what is left, 0.2437, x1 and x3 do together."""
TOTAL = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}


def ishigami(columns: dict[str, np.ndarray]) -> np.ndarray:
    x1, x2, x3 = (math.pi * (2 * columns[name] - 1) for name in ("x1", "x2", "x3"))
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


@pytest.fixture(scope="module")
def points() -> dict[str, np.ndarray]:
    return {name: uniforms(3, name, np.arange(8192)) for name in ("x1", "x2", "x3", "idle")}


def test_published_ishigami(points: dict[str, np.ndarray]) -> None:
    told = shares("y", ishigami(points), points)
    found = {each.key: each.share for each in told.shares}
    for key, index in ISHIGAMI.items():
        assert found[key] == pytest.approx(index, abs=0.03)
    assert found["idle"] == 0
    assert told.chance == pytest.approx(TOTAL["x3"], abs=0.04)
    assert sum(found.values()) + told.chance == pytest.approx(1)
    assert told.sentence.startswith("measure x2 next: it is 4")


def test_worked_a_linear_answer_parts_by_its_squares(points: dict[str, np.ndarray]) -> None:
    """Of y = 3 a - b + noise of the variance of b: 9, 1 and 1 parts of 11."""
    noise = np.random.default_rng(1).uniform(size=8192)
    told = shares("y", 3 * points["x1"] - points["x2"] + noise, {k: points[k] for k in ("x1", "x2")})
    assert [each.share for each in told.shares] == pytest.approx([9 / 11, 1 / 11], abs=0.02)
    assert told.chance == pytest.approx(1 / 11, abs=0.02)
    assert told.shares[0].correlation > 0.85
    assert told.shares[1].correlation < -0.2
    # The lowest tenth lies 0.45 below the middle, times three.
    assert told.shares[0].low == pytest.approx(-1.35, abs=0.05)
    assert told.shares[0].high == pytest.approx(1.35, abs=0.05)


def test_law_noise_is_told_as_none() -> None:
    """Two standard deviations of noise: of 200 columns of nothing some ten would pass by chance, each as little."""
    rng = np.random.default_rng(7)
    found = [first_order(rng.uniform(size=1000), rng.normal(size=1000)) for _ in range(200)]
    assert np.count_nonzero(found) < 20
    assert max(found) < 0.05


def test_law_what_never_varies_has_no_part() -> None:
    told = shares("y", np.arange(100.0), {"fixed": np.ones(100)})
    assert (told.shares[0].share, told.chance) == (0, 1)
    assert told.sentence == "nothing to measure: 100 % of your uncertainty is chance"
    assert shares("y", np.ones(100), {"x": np.arange(100.0)}).chance == 0


def test_law_too_few_futures_are_said() -> None:
    with pytest.raises(BoundError, match="futures must be >= 32 in which days has a value, got 1"):
        shares("days", np.array([1.0, np.inf, np.nan]), {})


def test_worked_a_planted_story() -> None:
    """All else certain but for minutes, the customer's unpacking of 0 to 5 days is the answer's uncertainty."""
    story = small_story().model_copy(update={"assume": {}})
    certain = {
        "preparation.stock_out.share": 0, "preparation.in_stock.sigma": 0.01, "preparation.in_stock.median": "2 d",
        "courier.late": 0, "courier.lost": 0, "courier.damaged": 0, "courier.delivery": "12 h",
        "courier.cutoff": "16 h", "aws_import.sorting_mean": "0 d", "aws_import.start_mean": "0 d",
    }  # fmt: skip
    job = story.job.model_copy(update={"unpack": None})
    futures = replicate(story.model_copy(update={"assume": certain, "job": job}), range(512))
    told = sensitivity(futures, "days_to_s3")
    assert told.shares[0].key == "default_customer.unpacking"
    assert told.shares[0].share > 0.5
    assert told.shares[1].share < 0.5 * told.shares[0].share
    assert told.sentence.startswith("measure default_customer.unpacking next: it is")


@pytest.mark.skipif(importlib.util.find_spec("SALib") is None, reason="needs: pip install 'devicesim[plan]'")
def test_published_ishigami_through_salib() -> None:
    keys = ["x1", "x2", "x3"]
    found = {index.key: index for index in sobol(ishigami, keys, 1024)}
    for key in keys:
        assert found[key].first == pytest.approx(ISHIGAMI[key], abs=0.05)
        assert found[key].total == pytest.approx(TOTAL[key], abs=0.05)
    screened = {index.key: index for index in morris(ishigami, keys, 64)}
    # x3 acts only together with x1: effects that vary as much as they are large.
    assert screened["x3"].total > 0.5 * screened["x3"].first

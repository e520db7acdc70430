import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import file_sizes as fs

KIB, MIB = 2**10, 2**20

# Impressions, FAST 2009: default count model, ln X ~ N(9.48, 2.46) with a Pareto tail cut at 1 TB.
BODY = fs.Component(0.99994, fs.Lognormal(math.exp(9.48), 2.46), high=1e12)
TAIL = fs.Component(0.00006, fs.Pareto(512 * MIB, 0.91), high=1e12)

TRUNCATED = {
    "lognormal": fs.Component(1, fs.Lognormal(40e3, 0.9), low=5e3, high=200e3),
    "normal": fs.Component(1, fs.Normal(450e6, 135e6), low=300e6, high=500e6),
    "pareto below 1": fs.Component(1, fs.Pareto(1e6, 0.91), low=2e6, high=1e9),
    "pareto at 1": fs.Component(1, fs.Pareto(1e6, 1.0), high=1e8),
    "pareto above 1": fs.Component(1, fs.Pareto(1e6, 2.5), high=1e9),
    "uniform": fs.Component(1, fs.Uniform(20e6, 30e6), low=22e6, high=29e6),
    "fixed": fs.Component(1, fs.Fixed(123e3)),
    "empirical": fs.Component(1, fs.Empirical((10, 30, 20, 50), (1, 2, 3, 4)), low=20, high=30),
}
laws = pytest.mark.parametrize("component", TRUNCATED.values(), ids=TRUNCATED)


# Worked


def test_worked_median_and_mean_of_a_lognormal_law() -> None:
    # median e^9.48 = 13,095 B; mean e^(9.48 + 2.46^2 / 2) = e^12.5058 = 269,898 B
    assert fs.median([BODY]) == pytest.approx(13095.19, rel=1e-6)
    assert fs.mean([BODY]) == pytest.approx(math.exp(12.5058), rel=1e-5)


def test_worked_mean_of_a_truncated_pareto_tail() -> None:
    # k xm ((H/xm)^(1-k) - 1) / ((1-k) (1 - (xm/H)^k)), xm = 536.9 MB, H = 1 TB: 1862.6^0.09 = 1.9694,
    # 10.111 x 536.87e6 x 0.9694 / 0.998944 = 5.268e9
    assert fs.mean([TAIL]) == pytest.approx(5.268e9, rel=1e-3)


def test_worked_mean_of_a_truncated_normal() -> None:
    # symmetric bounds leave the mean; one-sided: mean + sd phi(0) / (1 - Phi(0)) = 450 + 135 x 0.79788 = 557.7 MB
    assert fs.mean([fs.Component(1, fs.Normal(450e6, 135e6), 400e6, 500e6)]) == pytest.approx(450e6)
    assert fs.mean([fs.Component(1, fs.Normal(450e6, 135e6), low=450e6)]) == pytest.approx(
        557.714e6, rel=1e-6
    )


def test_worked_shares_of_a_mixture_are_weights() -> None:
    # one file of 100 for every three of 20: mean (100 + 60) / 4 = 40; 100 of 160 bytes are in the large ones
    parts = [fs.Component(1, fs.Fixed(100)), fs.Component(3, fs.Fixed(20))]
    assert fs.mean(parts) == 40
    assert fs.median(parts) == pytest.approx(20)
    assert fs.byte_median(parts) == pytest.approx(100)
    assert fs.files_below(parts, 99) == 0.75
    assert fs.bytes_below(parts, 99) == pytest.approx(60 / 160)


def test_worked_byte_median_of_a_lognormal_law() -> None:
    # bytes are lognormal about median e^(sigma^2): 40 kB e^0.81 = 89,916 B
    assert fs.byte_median([fs.Component(1, fs.Lognormal(40e3, 0.9))]) == pytest.approx(89916.3, rel=1e-5)


def test_worked_empirical_sizes_keep_their_weights() -> None:
    parts = [fs.Component(1, fs.Empirical((1, 5), (3, 1)))]
    assert fs.mean(parts) == 2
    assert fs.sizes_at(parts, [0.0, 0.74, 0.75, 0.99]).tolist() == [1, 1, 5, 5]


def test_worked_truncation_keeps_sizes_on_its_bounds() -> None:
    # of (10, 20, 30, 50) with weights (1, 3, 2, 4), 20 .. 30 keeps weights 3 and 2: mean (60 + 60) / 5
    assert fs.mean([TRUNCATED["empirical"]]) == pytest.approx(24)
    assert fs.sizes_at([TRUNCATED["empirical"]], [0, 0.59, 0.61, 0.99]).tolist() == [20, 20, 30, 30]


def test_worked_description() -> None:
    # sorted 1 2 3 4 90: 100 bytes, the 50th is in the last file
    found = fs.describe([3, 90, 1, 4, 2])
    assert (found.files, found.bytes, found.mean, found.median) == (5, 100, 20, 3)
    assert (found.byte_median, found.smallest, found.largest) == (90, 1, 90)
    assert fs.describe([]).files == 0


def test_worked_files_without_bytes() -> None:
    empty = [fs.Component(1, fs.Fixed(0))]
    assert fs.sizes_at(empty, [0.5]).tolist() == [0]
    assert (fs.mean(empty), fs.median(empty), fs.byte_median(empty)) == (0, 0, 0)


# Published


@pytest.mark.parametrize(
    ("size", "share"), [(4 * KIB, 0.32), (64 * KIB, 0.74), (MIB, 0.96)], ids=["4 KiB", "64 KiB", "1 MiB"]
)
def test_published_impressions_fast09_body_count_shares(size: int, share: float) -> None:
    assert fs.files_below([BODY], size) == pytest.approx(share, abs=0.005)


def test_published_impressions_fast09_body_median_and_mean() -> None:
    assert fs.median([BODY]) == pytest.approx(13.1e3, rel=0.005)
    assert fs.mean([BODY]) == pytest.approx(270e3, rel=0.005)


def test_published_impressions_fast09_bytes_above_1_mib() -> None:
    # The figure of 87 % comes from a sample whose tail fell short (mean 521 kB instead of 586): hence 2 points.
    assert 1 - fs.bytes_below([BODY, TAIL], MIB) == pytest.approx(0.87, abs=0.02)


def test_published_douceur_bolosky_1999_median_and_mean() -> None:
    body = [fs.Component(1, fs.Lognormal(math.exp(8.46), 2.38))]
    assert fs.median(body) == pytest.approx(4.7e3, rel=0.01)
    assert fs.mean(body) == pytest.approx(80e3, rel=0.01)


def test_published_jpeg_archive_250_million_images_15_tb() -> None:
    assert fs.mean([fs.Component(1, fs.Lognormal(40e3, 0.9))]) == pytest.approx(15e12 / 250e6, rel=0.001)


# Law


@laws
def test_law_mean_is_the_integral_of_the_quantile(component: fs.Component) -> None:
    middles = (np.arange(200_000) + 0.5) / 200_000
    assert fs.mean([component]) == pytest.approx(float(component.quantile(middles).mean()), rel=2e-3)


@laws
def test_law_sizes_stay_inside_the_bounds(component: fs.Component) -> None:
    sizes = fs.sizes_at([component], [0.0, 1e-300, 0.5, math.nextafter(1, 0)])
    assert sizes.min() >= math.floor(component.low)
    assert sizes.max() <= math.ceil(component.high)


@laws
def test_law_half_of_the_files_and_of_the_bytes_lie_below_the_medians(component: fs.Component) -> None:
    for below, middle in ((fs.files_below, fs.median), (fs.bytes_below, fs.byte_median)):
        at = middle([component])
        assert below([component], at * (1 - 1e-9)) < 0.5 + 1e-6
        assert below([component], at) >= 0.5 - 1e-6


@laws
@given(p=st.floats(0, 1, exclude_max=True))
@settings(max_examples=30)
def test_law_quantile_and_share_undo_each_other(component: fs.Component, p: float) -> None:
    size = float(component.quantile(np.array([p]))[0])
    assert component.files_below(size * (1 + 1e-12)) >= p - 1e-9
    assert component.files_below(size * (1 - 1e-9)) <= p + 1e-6


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=40))
@settings(max_examples=50)
def test_law_inside_a_component_larger_numbers_give_larger_files(numbers: list[float]) -> None:
    sizes = fs.sizes_at([BODY], sorted(numbers))
    assert (np.diff(sizes) >= 0).all()


@given(st.floats(1.01, 10), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_law_a_larger_median_grows_every_file_of_the_same_draw(factor: float, seed: int) -> None:
    small, large = ([fs.Component(1, fs.Lognormal(m, 1.5))] for m in (1e5, 1e5 * factor))
    first = fs.sample(small, 100, np.random.default_rng(seed))
    second = fs.sample(large, 100, np.random.default_rng(seed))
    assert np.allclose(second, first * factor, atol=factor)


def test_law_sample_mean_is_within_four_standard_errors() -> None:
    # relative variance of a lognormal law: e^(sigma^2) - 1
    count, sigma = 100_000, 0.9
    sizes = fs.sample([fs.Component(1, fs.Lognormal(40e3, sigma))], count, np.random.default_rng(7))
    error = math.sqrt((math.exp(sigma**2) - 1) / count)
    assert sizes.mean() == pytest.approx(40e3 * math.exp(sigma**2 / 2), rel=4 * error)


def test_law_components_appear_in_proportion_to_their_shares() -> None:
    parts = [fs.Component(1, fs.Fixed(1)), fs.Component(10, fs.Fixed(2))]
    sizes = fs.sample(parts, 110_000, np.random.default_rng(3))
    # binomial: 10,000 +- 4 sqrt(10,000 x 10/11)
    assert abs(int((sizes == 1).sum()) - 10_000) < 4 * math.sqrt(10_000 * 10 / 11)
    even = fs.sample(parts, 110_000, np.random.default_rng(3), stratified=True)
    assert abs(int((even == 1).sum()) - 10_000) <= 1


def test_law_a_stratified_sample_has_the_closed_mean() -> None:
    sizes = fs.sample([TRUNCATED["lognormal"]], 1000, np.random.default_rng(1), stratified=True)
    assert sizes.mean() == pytest.approx(fs.mean([TRUNCATED["lognormal"]]), rel=1e-3)


def test_law_the_length_of_a_draw_does_not_move_its_first_files() -> None:
    # one number a file: the files of a shorter dataset are the first ones of a longer
    short = fs.sample([BODY, TAIL], 1000, np.random.default_rng(5))
    assert (fs.sample([BODY, TAIL], 50_000, np.random.default_rng(5))[:1000] == short).all()


@given(st.floats(1e-300, 1, exclude_max=True))
@settings(max_examples=200)
def test_law_normal_quantile_agrees_with_the_standard_library(p: float) -> None:
    assert float(fs.normal_quantile(p)) == pytest.approx(
        statistics.NormalDist().inv_cdf(p), rel=1e-14, abs=1e-15
    )


@given(st.floats(1e-12, 1 - 1e-12))
@settings(max_examples=100)
def test_law_normal_quantile_inverts_the_error_function(p: float) -> None:
    # independent of any approximation of the inverse
    z = float(fs.normal_quantile(p))
    assert 0.5 * math.erfc(-z / math.sqrt(2)) == pytest.approx(p, rel=1e-12)


# Misuse


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fs.Lognormal(0, 1), "median must be > 0, got 0"),
        (lambda: fs.Lognormal(1, math.nan), "sigma must be > 0, got nan"),
        (lambda: fs.Fixed(math.nan), "size must be in"),
        (lambda: fs.Uniform(5, 5), "low must be in"),
        (lambda: fs.Empirical(()), "sizes must be at least one, got 0"),
        (lambda: fs.Empirical((1, 2), (1,)), "weights must be 2 numbers, got 1"),
        (lambda: fs.Component(0, fs.Fixed(1)), "share must be > 0, got 0"),
        (lambda: fs.Component(1, fs.Fixed(1), low=2, high=1), "low must be in"),
        (lambda: fs.Component(1, fs.Fixed(1), high=math.inf), "high must be <="),
        (lambda: fs.Component(1, fs.Fixed(5), low=6, high=7), "low .. high must be where the law has files"),
        (lambda: fs.mixture([]), "components must be at least one, got 0"),
        (lambda: fs.mixture([{"distribution": "zipf"}]), "distribution must be one of lognormal"),
        (lambda: fs.mixture([{"distribution": "fixed"}]), "fixed component must be of size, got"),
        (
            lambda: fs.mixture([{"distribution": "fixed", "size": 1, "sise": 2}]),
            "fixed component must be of size",
        ),
        (lambda: fs.sizes_at([BODY], [0.2, 1.0]), r"uniforms\[1\] must be in \[0, 1\), got 1.0"),
        (lambda: fs.sizes_at([BODY], [math.nan]), r"uniforms\[0\] must be in \[0, 1\), got nan"),
        (lambda: fs.sample([BODY], -1, np.random.default_rng(0)), "count must be >= 0, got -1"),
        (lambda: fs.describe([1, -1]), r"sizes\[0\] must be >= 0, got -1"),
        (lambda: fs.normal_quantile(1.5), "p must be in"),
    ],
)
def test_misuse_is_refused(make, message: str) -> None:
    with pytest.raises(BoundError, match=message):
        make()

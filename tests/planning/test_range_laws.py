"""From a figure's range to a law, and from a law to evenly spread draws."""

import numpy as np
import pytest

from devicesim import catalog
from devicesim.catalog import Figure, Figures
from devicesim.planning import draws
from devicesim.planning.laws import REACH, Law


def law(value: float, low: float, high: float, unit: str = "") -> Law:
    found = Law.of("entry.figure", Figure("figure", value, unit, low, high, "assumed", "a test"))
    assert found is not None
    return found


class TestLaw:
    @pytest.mark.parametrize(
        ("value", "low", "high", "unit"),
        [
            (190, 135, 245, "MB/s"),
            (0.9, 0.75, 0.96, ""),
            (1, 0, 5, "d"),
            (0, -3, 3, "dB"),
            (0.05, 0, 0.1, ""),
        ],
        ids=["log", "logit", "from zero", "decibels", "share from zero"],
    )
    def test_worked_the_percentiles_are_those_of_the_catalog(
        self, value: float, low: float, high: float, unit: str
    ) -> None:
        found = law(value, low, high, unit).quantile([0.05, 0.5, 0.95])
        assert found == pytest.approx([low, value, high], rel=1e-8)

    def test_worked_a_value_at_an_end_of_its_range_is_a_bound(self) -> None:
        """Half a normal from 60 USD on, P95 at 120 USD: its median is 0.6745 / 1.96 of the way, on the logarithm."""
        fee = law(60, 60, 120, "USD")
        assert fee.quantile([0.0, 0.95]) == pytest.approx([60, 120])
        assert fee.quantile(0.5) == pytest.approx(60 * 2 ** (0.67449 / 1.95996), rel=1e-5)
        assert law(45, 30, 45, "W").quantile([0.05, 1.0]) == pytest.approx([30, 45])

    def test_worked_counts_are_whole(self) -> None:
        found = law(2, 1, 2, "vCPU").quantile(np.linspace(0, 1, 101))
        assert set(found.tolist()) == {1.0, 2.0}

    def test_law_nothing_lies_beyond_its_bounds(self) -> None:
        ends = np.array([0.0, 1e-9, 1 - 1e-9, 1.0])
        for name in ("SNC1_HDD", "EDGE", "wifi", "nfs", "courier", "aws_import", "preparation"):
            for path, figure in catalog.entry(name).figures.items():
                found = Law.of(f"{name}.{path}", figure)
                if found is None:
                    assert figure.exact or not isinstance(figure.value, float | int) or figure.value is True
                    continue
                drawn = found.quantile(ends)
                assert np.all(np.isfinite(drawn))
                assert np.all(np.diff(drawn) >= 0)
                if found.low >= 0:
                    assert np.all(drawn >= 0)
                if found.scale == "logit":
                    assert np.all((drawn > 0) & (drawn < 1))

    def test_worked_no_law_of_what_is_exact_or_no_number(self) -> None:
        assert Law.of("SNC1_HDD.cpu.vcpus", catalog.find("SNC1_HDD.cpu.vcpus")) is None
        assert Law.of("courier.handover", catalog.find("courier.handover")) is None

    @pytest.mark.parametrize("key", ["SNC1_HDD.disk.outer_rate", "SNC1_HDD.nfs.per_byte", "courier.late"])
    def test_law_what_is_written_reads_as_what_was_drawn(self, key: str) -> None:
        found = Law.of(key, catalog.find(key))
        assert found is not None
        for value in found.si(found.quantile(np.linspace(0.01, 0.99, 50))).tolist():
            assert Figures({key: found.written(value)}).si(key) == value

    def test_worked_three_deviations_are_the_end(self) -> None:
        assert law(0, -1.6448536269514722, 1.6448536269514722, "dB").quantile(1.0) == pytest.approx(REACH)


class TestDraws:
    @pytest.mark.parametrize("start", [0, 64, 4096])
    def test_law_every_stratum_is_filled_once(self, start: int) -> None:
        numbers = np.arange(start, start + 64)
        for name in ("a", "b", "preparation.stock_out.share"):
            strata = (64 * draws.uniforms(7, name, numbers)).astype(int)
            assert sorted(strata.tolist()) == list(range(64))

    def test_law_a_draw_knows_only_seed_name_and_number(self) -> None:
        whole = draws.uniforms(3, "a", np.arange(100))
        assert np.array_equal(draws.uniforms(3, "a", np.array([17, 99, 3])), whole[[17, 99, 3]])
        assert not np.array_equal(draws.uniforms(4, "a", np.arange(100)), whole)

    def test_law_figures_are_as_good_as_independent(self) -> None:
        """Of 4,096 pairs, a correlation has a standard deviation of 1/64; of 45 pairs of names none is beyond four."""
        columns = np.array([draws.uniforms(1, f"figure {i}", np.arange(4096)) for i in range(10)])
        matrix = np.corrcoef(columns) - np.eye(10)
        assert np.abs(matrix).max() < 4 / 64

    def test_law_pairs_fill_the_square_evenly(self) -> None:
        """16 x 16 cells of 16 each in the mean: what is random has a variance of 16, a lattice gone wrong far more."""
        x, y = (draws.uniforms(1, name, np.arange(4096)) for name in ("a", "b"))
        cells, _, _ = np.histogram2d(x, y, bins=16, range=[[0, 1], [0, 1]])
        assert cells.var() < 2 * 16

    def test_law_ordered_figures_keep_their_order(self) -> None:
        figures = Figures()
        start, end = "SNC1_HDD.thermal.throttle_start", "SNC1_HDD.thermal.throttle_end"
        for key in (start, end):
            figures.figure(key)
        drawn = draws.draw(1, draws.laws(figures), np.arange(5000))
        assert np.all(drawn[start] < drawn[end])

    def test_worked_figures_in_different_units_are_ordered_as_quantities(self) -> None:
        figures = Figures()
        for key in ("camera_iot.segment.mean", "camera_iot.segment.high"):  # 450 MB, and 4 GB
            figures.figure(key)
        drawn = draws.draw(7, draws.laws(figures), np.arange(256))
        assert np.median(drawn["camera_iot.segment.mean"]) == pytest.approx(450e6, rel=0.02)
        assert np.all(drawn["camera_iot.segment.mean"] < drawn["camera_iot.segment.high"])

    def test_law_what_is_certain_bounds_what_is_not(self) -> None:
        figures = Figures({"SNC1_HDD.thermal.throttle_end": "80 °C"})
        for key in ("SNC1_HDD.thermal.throttle_start", "SNC1_HDD.thermal.throttle_end"):
            figures.figure(key)
        (start,) = draws.draw(1, draws.laws(figures), np.arange(5000)).values()
        assert start.max() < 80


def test_law_a_time_of_day_stays_within_its_day() -> None:
    """A courier's hour, at three deviations, would be the next day, which the model of a parcel refuses."""
    for key in ("courier.delivery", "courier.cutoff"):
        law = Law.of(key, catalog.find(key))
        assert law is not None
        assert 0 <= law.si(law.quantile(0.0)) <= law.si(law.quantile(1.0)) < 86400

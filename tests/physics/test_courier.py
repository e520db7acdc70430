import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError, UnknownNameError
from devicesim.physics import courier
from devicesim.physics.courier import Outcome, Preparation

DAY = 86_400.0
FOUR = 16 * 3600.0
NOON = 12 * 3600.0
UPS = {"late": 0.042, "tail": 1 / 6}
PREPARATION = Preparation(2 * DAY, 0.35, 0.1, 30 * DAY, 0.6)
NEW_YEAR = courier.holidays("US", 2024)
times = st.integers(0, 10 * 366 * 86_400).map(lambda s: np.datetime64("2020-01-01T00:00:00") + s)


def at(text):
    return np.datetime64(text, "s")


def days(*texts):
    return [str(np.datetime64(text, "D")) for text in texts]


# The week of Monday 5 February 2024; 19 February is a holiday in the US.


@pytest.mark.parametrize(
    ("ready", "taken"),
    [
        ("2024-02-05T09:00", "2024-02-05T16:00"),  # same day
        ("2024-02-05T16:00", "2024-02-05T16:00"),  # at the cut-off is in time
        ("2024-02-05T16:00:01", "2024-02-06T16:00"),  # a second later is not
        ("2024-02-09T17:00", "2024-02-12T16:00"),  # Friday evening waits for Monday
        ("2024-02-10T08:00", "2024-02-12T16:00"),  # so does Saturday
        ("2024-02-16T17:00", "2024-02-20T16:00"),  # over a weekend and Presidents' Day
    ],
)
def test_worked_collection(ready, taken):
    assert courier.collected(at(ready), FOUR, NEW_YEAR) == at(taken)


@pytest.mark.parametrize(
    ("taken", "promised", "late", "arrived"),
    [
        ("2024-02-05T16:00", 1, 0, "2024-02-06T12:00"),  # next day
        ("2024-02-08T16:00", 2, 0, "2024-02-12T12:00"),  # Thursday, Friday, Monday
        ("2024-02-09T16:00", 2, 1, "2024-02-14T12:00"),  # Friday, Monday, Tuesday, late Wednesday
        ("2024-02-15T16:00", 2, 0, "2024-02-20T12:00"),  # Thursday, Friday, Tuesday after the holiday
    ],
)
def test_worked_delivery(taken, promised, late, arrived):
    assert courier.delivered(at(taken), promised, late, NOON, NEW_YEAR) == at(arrived)


def test_worked_friday_is_off_and_sunday_is_not_in_the_emirates_of_2021():
    # Thursday 4 February 2021, after the cut-off: Friday and Saturday are off, Sunday is not
    mask = courier.weekmask("AE", 2021)
    assert courier.collected(at("2021-02-04T17:00"), FOUR, weekmask=mask) == at("2021-02-07T16:00")
    assert courier.weekmask("AE", 2022) == courier.weekmask("US", 2021) == courier.WEEKDAYS


@given(ready=times)
def test_law_collection_is_the_first_cut_off_not_before(ready):
    taken = courier.collected(ready, FOUR, NEW_YEAR)
    assert taken >= ready
    assert taken - taken.astype("datetime64[D]") == np.timedelta64(16, "h")
    assert np.is_busday(taken.astype("datetime64[D]"), holidays=NEW_YEAR)
    assert courier.collected(taken, FOUR, NEW_YEAR) == taken
    earlier = np.arange(ready.astype("datetime64[D]"), taken.astype("datetime64[D]"))
    missed = earlier[np.is_busday(earlier, holidays=NEW_YEAR)]
    assert not len(missed) or (len(missed) == 1 and missed[0] + np.timedelta64(16, "h") < ready)


@given(ready=times, promised=st.integers(1, 9), late=st.integers(0, 5))
def test_law_delivery_is_the_promised_number_of_business_days_on(ready, promised, late):
    taken = courier.collected(ready, FOUR, NEW_YEAR)
    arrived = courier.delivered(taken, promised, late, NOON, NEW_YEAR)
    between = np.busday_count(
        taken.astype("datetime64[D]"), arrived.astype("datetime64[D]"), holidays=NEW_YEAR
    )
    assert between == promised + late


def test_law_arrays_equal_scalars():
    ready = at("2024-02-05T00:00") + np.arange(0, 14 * 86_400, 3601)
    taken = courier.collected(ready, FOUR, NEW_YEAR)
    assert taken.dtype == "datetime64[s]"
    assert (taken == [courier.collected(one, FOUR, NEW_YEAR) for one in ready]).all()
    assert (np.diff(taken) >= np.timedelta64(0)).all()
    arrived = courier.delivered(taken, np.full(len(taken), 2), 0, NOON, NEW_YEAR)
    assert (arrived == [courier.delivered(one, 2, 0, NOON, NEW_YEAR) for one in taken]).all()


def test_law_units_of_time_do_not_matter():
    milliseconds = np.datetime64("2024-02-05T16:00:00.001", "ms")
    assert courier.collected(milliseconds, FOUR) == at("2024-02-06T16:00")
    assert courier.collected(np.datetime64("2024-02-05", "D"), FOUR) == at("2024-02-05T16:00")


# Holidays.


@pytest.mark.parametrize(
    ("year", "date"),
    [(1818, "03-22"), (1943, "04-25"), (1954, "04-18"), (1991, "03-31"), (2000, "04-23"), (2038, "04-25")],
)
def test_published_easter_of_meeus_and_its_extremes(year, date):
    assert str(courier.easter(year)) == f"{year}-{date}"


@given(year=st.integers(1583, 4000))
def test_law_easter_is_a_sunday_from_22_march_to_25_april(year):
    sunday = courier.easter(year)
    assert np.is_busday(sunday, "Sun")
    assert np.datetime64(f"{year}-03-22") <= sunday <= np.datetime64(f"{year}-04-25")


def test_published_us_office_of_personnel_management_2021():
    # The last is New Year's Day 2022, a Saturday.
    assert courier.holidays("US", 2021).astype(str).tolist() == days(
        "2021-01-01", "2021-01-18", "2021-02-15", "2021-05-31", "2021-06-18", "2021-06-19", "2021-07-04",
        "2021-07-05", "2021-09-06", "2021-10-11", "2021-11-11", "2021-11-25", "2021-12-24", "2021-12-25",
        "2021-12-31",
    )  # fmt: skip


def test_published_gov_uk_england_2021():
    weekdays = [day for day in courier.holidays("GB", 2021) if np.is_busday(day)]
    assert [str(day) for day in weekdays] == days(
        "2021-01-01", "2021-04-02", "2021-04-05", "2021-05-03", "2021-05-31", "2021-08-30", "2021-12-27",
        "2021-12-28",
    )  # fmt: skip


def test_published_japan_cabinet_office_2026():
    # 6 May stands in for Sunday 3 May; 22 September lies between two holidays.
    assert courier.holidays("JP", 2026).astype(str).tolist() == days(
        "2026-01-01", "2026-01-12", "2026-02-11", "2026-02-23", "2026-03-20", "2026-04-29", "2026-05-03",
        "2026-05-04", "2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21", "2026-09-22",
        "2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23",
    )  # fmt: skip


def test_published_hong_kong_gazette_2022_without_its_lunar_days():
    listed = set(courier.holidays("HK", 2022).astype(str))
    assert {"2022-04-15", "2022-04-16", "2022-04-18", "2022-05-02", "2022-07-01", "2022-10-01"} <= listed
    assert {"2022-12-26", "2022-12-27"} <= listed  # Christmas was a Sunday


@pytest.mark.parametrize(
    ("country", "year", "day"),
    [
        ("CA", 2025, "2025-05-19"),  # Victoria Day, the Monday before 25 May
        ("CA", 2026, "2026-05-18"),  # 25 May itself is a Monday
        ("CA", 2022, "2022-01-03"),  # substitute of a Saturday
        ("DE", 2024, "2024-05-20"),  # Whit Monday: Easter 31 March + 50 days
        ("FR", 2024, "2024-05-09"),  # Ascension: Easter + 39 days
        ("AU", 2021, "2021-12-28"),  # Boxing Day on a Sunday, Christmas already has the Monday
        ("AE", 2019, "2019-12-01"),  # Commemoration Day
        ("BR", 2024, "2024-11-20"),  # since 2024
        ("KR", 2021, "2021-10-11"),  # Hangul Day on a Saturday
        ("SG", 2026, "2026-08-10"),  # National Day on a Sunday
        ("ID", 2025, "2025-05-29"),  # Ascension: Easter 20 April + 39 days
        ("IN", 2024, "2024-03-29"),  # Good Friday
        ("ZA", 2023, "2023-09-25"),  # Heritage Day on a Sunday
    ],
)
def test_worked_one_rule_of_each_country(country, year, day):
    assert day in courier.holidays(country, year).astype(str)


@pytest.mark.parametrize(
    ("country", "year", "day"),
    [
        ("BR", 2023, "2023-11-20"),
        ("US", 2020, "2020-06-19"),
        ("KR", 2022, "2022-12-26"),
        ("JP", 2019, "2019-12-23"),
    ],
)
def test_worked_a_rule_holds_only_while_it_is_law(country, year, day):
    assert day not in courier.holidays(country, year).astype(str)


@pytest.mark.parametrize("country", courier.COUNTRIES)
def test_law_every_country_has_ascending_days_of_the_year(country):
    for year in (2018, 2024, 2026, 2099):
        listed = courier.holidays(country, year)
        assert 3 <= len(listed) <= 22
        assert (np.diff(listed) > np.timedelta64(0)).all()
        assert (listed.astype("datetime64[Y]") == np.datetime64(str(year))).all()


def test_worked_nth_weekday():
    # November 2024: Thursdays 7, 14, 21, 28; May 2024: Mondays 6, 13, 20, 27
    assert str(courier.nth_weekday(2024, 11, 4, 3)) == "2024-11-28"
    assert str(courier.nth_weekday(2024, 5, -1, 0)) == "2024-05-27"
    assert str(courier.nth_weekday(2024, 12, -1, 1)) == "2024-12-31"


# Lateness.


@pytest.mark.parametrize(
    ("late", "tail", "on_time", "within_one"),
    [
        pytest.param(0.042, 1 / 6, 0.958, 0.993, id="ShipMatrix, UPS, week 50 of 2021"),
        pytest.param(0.152, 0.19, 0.848, 0.971, id="ShipMatrix, FedEx, 2021 peak"),
    ],
)
def test_published_on_time_shares(late, tail, on_time, within_one):
    assert courier.lateness_cdf(0, late, tail) == pytest.approx(on_time, abs=5e-4)
    assert courier.lateness_cdf(1, late, tail) == pytest.approx(within_one, abs=5e-4)


def test_worked_chance_of_more_than_a_day():
    # q g = 0.042 / 6 = 0.7 %
    assert 1 - courier.lateness_cdf(1, **UPS) == pytest.approx(0.007)


@pytest.mark.parametrize(("late", "tail"), [(0.042, 1 / 6), (0.152, 0.19), (0.5, 0.9)])
def test_law_simulated_lateness_within_three_standard_errors(late, tail):
    n = 200_000
    drawn = courier.lateness_days(np.random.default_rng(7), n, late, tail)
    for j in range(4):
        expected = 1 - courier.lateness_cdf(j, late, tail)
        assert abs((drawn > j).mean() - expected) <= 3 * math.sqrt(expected * (1 - expected) / n)
    variance = (late * (1 + tail) / (1 - tail) ** 2) - courier.lateness_mean(late, tail) ** 2
    assert abs(drawn.mean() - courier.lateness_mean(late, tail)) <= 3 * math.sqrt(variance / n)


@given(late=st.floats(0, 1), tail=st.floats(0, 0.95))
@settings(max_examples=40)
def test_law_lateness_probabilities_sum_to_one_and_give_the_mean(late, tail):
    j = np.arange(600.0)
    pmf = courier.lateness_pmf(j, late, tail)
    assert (pmf >= -1e-15).all()
    assert pmf.sum() == pytest.approx(1)
    assert (j * pmf).sum() == pytest.approx(courier.lateness_mean(late, tail), abs=1e-9)
    assert np.cumsum(pmf) == pytest.approx(courier.lateness_cdf(j, late, tail))


def test_law_edges_of_lateness():
    rng = np.random.default_rng(1)
    assert not courier.lateness_days(rng, 1000, 0.0, 0.5).any()
    assert (courier.lateness_days(rng, 1000, 1.0, 0.0) == 1).all()
    assert (
        courier.lateness_pmf(0.5, **UPS)
        == courier.lateness_pmf(-1, **UPS)
        == courier.lateness_cdf(-1, **UPS)
        == 0
    )


def test_law_a_likelier_delay_never_makes_the_same_draw_earlier():
    few = courier.lateness_days(np.random.default_rng(3), 5000, 0.042, 1 / 6)
    many = courier.lateness_days(np.random.default_rng(3), 5000, 0.152, 0.19)
    assert (many >= few).all()


def test_worked_december_is_half_as_late_again():
    factors = np.ones(12)
    factors[11] = 1.5
    months = np.array([6.0, 12.0])
    assert courier.seasonal_late(0.042, months, factors) == pytest.approx([0.042, 0.063])
    assert courier.seasonal_late(0.9, 12, factors) == 1


# Lanes, preparation, loss.


@pytest.mark.parametrize(("median", "sigma", "longest"), [(1.7, 0.33, 3), (3.5, 0.4, 7), (2.65, 0.59, 7)])
def test_law_nine_lanes_in_ten_stay_in_the_documented_days(median, sigma, longest):
    # "1-3 days", "less than a week", "one to seven days": the lognormals put their P95 there
    drawn = courier.transit_days(np.random.default_rng(2), 50_000, median, sigma)
    assert drawn.min() >= 1
    assert np.mean(drawn <= longest) > 0.94
    assert np.median(drawn) == pytest.approx(median, abs=0.6)


def test_worked_preparation_mean():
    # 0.9 * 2 e^(0.35^2 / 2) + 0.1 * 30 e^(0.6^2 / 2) = 1.913696 + 3.591652 days
    assert courier.preparation_mean(PREPARATION) / DAY == pytest.approx(5.505348, abs=1e-6)


def test_law_sampled_preparation_follows_its_law():
    n = 200_000
    drawn = courier.preparation_time(np.random.default_rng(5), n, PREPARATION)
    assert drawn.mean() == pytest.approx(courier.preparation_mean(PREPARATION), rel=0.02)
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        below = (drawn <= courier.preparation_quantile(p, PREPARATION)).mean()
        assert abs(below - p) <= 3 * math.sqrt(p * (1 - p) / n)


@given(p=st.floats(0.001, 0.999), share=st.floats(0, 1))
@settings(max_examples=30)
def test_law_quantile_undoes_cdf(p, share):
    law = Preparation(2 * DAY, 0.35, share, 30 * DAY, 0.6)
    assert courier.preparation_cdf(courier.preparation_quantile(p, law), law) == pytest.approx(p, abs=1e-9)


def order_to_delivery(n):
    """Days from an order, at any second of a week, to the start of the day of its delivery."""
    rng = np.random.default_rng(11)
    ordered = at("2024-03-04T00:00") + rng.integers(0, 7 * 86_400, n)
    ready = ordered + courier.preparation_time(rng, n, PREPARATION).astype("timedelta64[s]")
    taken = courier.collected(ready, FOUR)
    arrived = courier.delivered(taken, 2, courier.lateness_days(rng, n, **UPS), 0.0)
    return (arrived - ordered) / np.timedelta64(1, "D")


def test_published_a_snowcone_is_typically_received_within_4_to_6_days():
    # The figures that the preparation was fitted to do not tell the hour of delivery; at noon it is 0.5 d more.
    elapsed = order_to_delivery(100_000)
    assert np.percentile(elapsed, [25, 50, 75]) == pytest.approx([4.0, 5.2, 6.3], abs=0.2)
    # The ninetieth percentile lies where the two parts of the mixture hardly overlap: only its share is stable.
    assert np.mean(elapsed <= 9.8) == pytest.approx(0.9, abs=0.01)
    assert np.mean((elapsed >= 3.5) & (elapsed < 6.5)) > 0.6


def test_law_outcomes_have_their_frequencies():
    n, lost, damaged = 200_000, 0.01, 0.005
    ends = courier.leg_outcomes(np.random.default_rng(9), n, lost, damaged)
    for outcome, p in (
        (Outcome.LOST, lost),
        (Outcome.DAMAGED, damaged),
        (Outcome.INTACT, 1 - lost - damaged),
    ):
        assert abs((ends == outcome).mean() - p) <= 3 * math.sqrt(p * (1 - p) / n)


def test_worked_two_legs_survive():
    # (1 - 0.001 - 0.0005)^2 = 0.99700225
    assert courier.intact_probability(2, 0.001, 0.0005) == pytest.approx(0.99700225)
    assert courier.intact_probability(0, 0.5, 0.5) == 1


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: courier.collected(at("2024-02-05"), 86_400.0), "cutoff"),
        (lambda: courier.collected(at("2024-02-05"), math.nan), "cutoff"),
        (lambda: courier.collected(np.datetime64("NaT"), FOUR), "at"),
        (lambda: courier.delivered(at("2024-02-05"), 0), "business_days"),
        (lambda: courier.delivered(at("2024-02-05"), 1.5), "business_days"),
        (lambda: courier.delivered(at("2024-02-05"), 1, -1), "late_days"),
        (lambda: courier.delivered(at("2024-02-05"), 1, math.nan), "late_days"),
        (lambda: courier.delivered(np.datetime64("NaT"), 1), "collected"),
        (lambda: courier.holidays("US", 2017), "year"),
        (lambda: courier.easter(1500), "year"),
        (lambda: courier.nth_weekday(2024, 13, 1, 0), "month"),
        (lambda: courier.nth_weekday(2024, 1, 0, 0), "n"),
        (lambda: courier.nth_weekday(2024, 1, 1, 7), "weekday"),
        (lambda: courier.lateness_cdf(1, 1.1, 0.1), "late"),
        (lambda: courier.lateness_cdf(math.nan, 0.1, 0.1), "days"),
        (lambda: courier.lateness_mean(0.1, 1.0), "tail"),
        (lambda: courier.lateness_days(np.random.default_rng(), 1, math.nan, 0.1), "late"),
        (lambda: courier.seasonal_late(0.1, 13, np.ones(12)), "month"),
        (lambda: courier.seasonal_late(0.1, 1, np.ones(11)), "factors"),
        (lambda: courier.transit_days(np.random.default_rng(), 1, 0.0, 0.1), "median"),
        (lambda: courier.transit_days(np.random.default_rng(), 1, 1.0, math.nan), "sigma"),
        (lambda: Preparation(0.0, 0.1, 0.1, 1.0, 0.1), "median"),
        (lambda: Preparation(1.0, 0.1, 1.1, 1.0, 0.1), "stock_out"),
        (lambda: courier.preparation_cdf(-1.0, PREPARATION), "time"),
        (lambda: courier.preparation_quantile(1.0, PREPARATION), "probability"),
        (lambda: courier.leg_outcomes(np.random.default_rng(), 1, 0.6, 0.6), r"lost \+ damaged"),
        (lambda: courier.intact_probability(-1, 0.1, 0.1), "legs"),
    ],
)
def test_law_refuses_what_is_out_of_bounds(call, name):
    with pytest.raises(BoundError, match=rf"^{name}(\[\d\])? must be "):
        call()


def test_law_an_unknown_country_is_named():
    with pytest.raises(UnknownNameError, match="unknown country 'UK'"):
        courier.holidays("UK", 2024)

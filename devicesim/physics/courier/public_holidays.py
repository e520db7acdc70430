"""Public holidays that a rule gives: fixed dates, weekdays of a month, Easter, equinoxes, and substitutes.

Model
-----
A country is a list of rules, each with the years in which it is law and what happens when it falls on a day
off. Four such customs exist: it stays; it moves to the nearest weekday; a substitute follows on the next free
weekday, for Saturday and Sunday or for Sunday only. The holiday itself stays in the list beside its
substitute.

Scope and limits
----------------
Years 2018 to 2099, nation-wide days only, by the law known at the beginning of 2026; DE stands for the EU. A
carrier may work on a public holiday. Left out, for the caller to concatenate:

- lunar and observed calendars, with the substitutes they cause: Eid al-Fitr, Eid al-Adha, the Islamic new
  year, the Prophet's birthday (AE, ID, IN, SG); the lunar new year, Buddha's birthday, mid-autumn, Dragon
  Boat, Double Ninth, Ching Ming (HK, KR, SG, ID in part); Deepavali (IN, SG), Holi, Dussehra and the other
  movable gazetted days (IN); Nyepi and the joint leave days (ID);
- optional days and those of banks or one sector: Carnival and Corpus Christi (BR), Workers' Day (KR), 2 and 3
  January (JP);
- days of one state or region: Labour Days, and Anzac Day's substitutes (AU; the King's Birthday is in, though
  Queensland and Western Australia keep it on another day), Scotland, Bavaria, Quebec and so on;
- what was decreed for one year: elections, mourning, jubilees, and days moved (GB 2020 and 2022, JP 2019 to
  2021, AE).

Sources
-------
Each country's statute is named beside its list. Easter: J. Meeus, "Astronomical Algorithms", chapter 8.
Equinoxes: the linear formula in use for Japanese calendars, valid 1980 to 2099.

Checked against
---------------
Official lists for single years (U.S. Office of Personnel Management, gov.uk, Japan's Cabinet Office, Hong
Kong's Gazette); and every weekday of 2018 to 2030 in the tables of the Python package *holidays*, release
0.101, where all differences are omissions of the kinds above.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require, unknown

FIRST_YEAR, LAST_YEAR = 2018, 2099

Move = Literal["stays", "nearest", "weekend", "sunday"]
"""On a day off: nothing; to the Friday or Monday beside it; a substitute for both days, or for Sunday."""

_MON, _THU, _SAT, _SUN = 0, 3, 5, 6
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def easter(year: int) -> np.datetime64:
    """Easter Sunday of the Gregorian calendar.

    Parameters
    ----------
    year : int
        Calendar year, >= 1583.

    Returns
    -------
    datetime64[D]

    Raises
    ------
    BoundError
        A year before the calendar.

    References
    ----------
    Meeus, "Astronomical Algorithms", chapter 8.

    Examples
    --------
    >>> print(easter(2024))
    2024-03-31
    """
    require(year >= 1583, "year", ">= 1583", year)
    golden, (century, of_century) = year % 19, divmod(year, 100)
    correction = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    return np.datetime64(f"{year}-03-22") + np.timedelta64(epact + weekday - 7 * late, "D")


def nth_weekday(year: int, month: int, n: int, weekday: int) -> np.datetime64:
    """Date of the n-th such weekday in a month.

    Parameters
    ----------
    year, month : int
        Calendar month.
    n : int
        1 for the first, -1 for the last.
    weekday : int
        0 for Monday to 6 for Sunday.

    Returns
    -------
    datetime64[D]

    Raises
    ------
    BoundError
        ``n`` is 0, or a month or weekday that does not exist.

    Examples
    --------
    >>> print(nth_weekday(2024, 11, 4, 3), nth_weekday(2024, 5, -1, 0))
    2024-11-28 2024-05-27
    """
    require(1 <= month <= 12, "month", "in [1, 12]", month)
    require(n != 0, "n", "a number other than 0", n)
    require(0 <= weekday <= 6, "weekday", "in [0, 6]", weekday)
    # Counted back, the first such day of the next month is number 0, so the last of this one is number -1.
    start = np.datetime64(f"{year}-{month:02}", "M") + int(n < 0)
    return np.busday_offset(start.astype("datetime64[D]"), n - (n > 0), "forward", _NAMES[weekday])


def _date(month: int, day: int, year: int) -> np.datetime64:
    return np.datetime64(f"{year}-{month:02}-{day:02}")


def _nth(month: int, n: int, weekday: int, year: int) -> np.datetime64:
    return nth_weekday(year, month, n, weekday)


def _monday_before(month: int, day: int, year: int) -> np.datetime64:
    return np.busday_offset(_date(month, day, year), -1, "forward", "Mon")


def _after_easter(days: int, year: int) -> np.datetime64:
    return easter(year) + days


def _equinox(month: int, at_1980: float, year: int) -> np.datetime64:
    since = year - 1980
    return _date(month, int(at_1980 + 0.242194 * since) - since // 4, year)


class Rule(NamedTuple):
    """One holiday: its date in a year, its custom on a day off, and the years in which it is law.

    ``moved_since`` is the first year of the custom, where that came later than the holiday.
    """

    date: Callable[[int], np.datetime64]
    move: Move = "stays"
    since: int = FIRST_YEAR
    until: int = LAST_YEAR
    moved_since: int = FIRST_YEAR


def _on(month: int, day: int, move: Move = "stays", **years: int) -> Rule:
    return Rule(partial(_date, month, day), move, **years)


def _nth_rule(month: int, n: int, weekday: int) -> Rule:
    return Rule(partial(_nth, month, n, weekday))


def _easter_rule(days: int) -> Rule:
    return Rule(partial(_after_easter, days))


_GOOD_FRIDAY, _EASTER_MONDAY, _ASCENSION, _WHIT_MONDAY = map(_easter_rule, (-2, 1, 39, 50))

_RULES: dict[str, tuple[Rule, ...]] = {
    # Labour law as amended by Federal Decree-Law 33 of 2021; Commemoration Day moved in 2019, ended in 2024.
    "AE": (
        _on(1, 1), _on(11, 30, until=2018), _on(12, 1, since=2019, until=2023), _on(12, 2), _on(12, 3),
    ),
    # National Employment Standards, Fair Work Act 2009 s. 115, with the substitutes that most states have.
    "AU": (
        _on(1, 1, "weekend"), _on(1, 26, "weekend"), _GOOD_FRIDAY, _EASTER_MONDAY, _on(4, 25),
        _nth_rule(6, 2, _MON), _on(12, 25, "weekend"), _on(12, 26, "weekend"),
    ),
    # Laws 662/1949, 6802/1980, 10607/2002, 14759/2023; Good Friday by Law 9093/1995.
    "BR": (
        _on(1, 1), _GOOD_FRIDAY, _on(4, 21), _on(5, 1), _on(9, 7), _on(10, 12), _on(11, 2), _on(11, 15),
        _on(11, 20, since=2024), _on(12, 25),
    ),
    # Canada Labour Code s. 166, for employers under federal law, carriers among them.
    "CA": (
        _on(1, 1, "weekend"), _GOOD_FRIDAY, Rule(partial(_monday_before, 5, 25)), _on(7, 1, "weekend"),
        _nth_rule(9, 1, _MON), _on(9, 30, "weekend", since=2021), _nth_rule(10, 2, _MON),
        _on(11, 11, "weekend"), _on(12, 25, "weekend"), _on(12, 26, "weekend"),
    ),
    # The nine days common to all federal states.
    "DE": (
        _on(1, 1), _GOOD_FRIDAY, _EASTER_MONDAY, _on(5, 1), _ASCENSION, _WHIT_MONDAY, _on(10, 3), _on(12, 25),
        _on(12, 26),
    ),
    # Code du travail, article L3133-1.
    "FR": (
        _on(1, 1), _EASTER_MONDAY, _on(5, 1), _on(5, 8), _ASCENSION, _WHIT_MONDAY, _on(7, 14), _on(8, 15),
        _on(11, 1), _on(11, 11), _on(12, 25),
    ),
    # Banking and Financial Dealings Act 1971, England and Wales.
    "GB": (
        _on(1, 1, "weekend"), _GOOD_FRIDAY, _EASTER_MONDAY, _nth_rule(5, 1, _MON), _nth_rule(5, -1, _MON),
        _nth_rule(8, -1, _MON), _on(12, 25, "weekend"), _on(12, 26, "weekend"),
    ),
    # General Holidays Ordinance, Cap. 149.
    "HK": (
        _on(1, 1, "sunday"), _GOOD_FRIDAY, _easter_rule(-1), _EASTER_MONDAY, _on(5, 1, "sunday"),
        _on(7, 1, "sunday"), _on(10, 1, "sunday"), _on(12, 25, "sunday"), _on(12, 26, "sunday"),
    ),
    # Presidential Decrees 3/1983, 24/2013, 24/2016.
    "ID": (
        _on(1, 1), _GOOD_FRIDAY, _ASCENSION, _on(5, 1), _on(6, 1), _on(8, 17), _on(12, 25),
    ),
    # The three national days, and the gazetted days of central offices that have a fixed rule.
    "IN": (_on(1, 26), _GOOD_FRIDAY, _on(8, 15), _on(10, 2), _on(12, 25)),
    # Act on National Holidays (Act 178 of 1948), article 2; for article 3 see _sandwiched.
    "JP": (
        _on(1, 1, "sunday"), _nth_rule(1, 2, _MON), _on(2, 11, "sunday"), _on(2, 23, "sunday", since=2020),
        Rule(partial(_equinox, 3, 20.8431), "sunday"), _on(4, 29, "sunday"), _on(5, 3, "sunday"),
        _on(5, 4, "sunday"), _on(5, 5, "sunday"), _nth_rule(7, 3, _MON), _on(8, 11, "sunday"),
        _nth_rule(9, 3, _MON), Rule(partial(_equinox, 9, 23.2488), "sunday"), _nth_rule(10, 2, _MON),
        _on(11, 3, "sunday"), _on(11, 23, "sunday"), _on(12, 23, "sunday", until=2018),
    ),
    # Public Holidays Act (Act 18291 of 2021, amended 2026) and the regulation before it.
    "KR": (
        _on(1, 1), _on(3, 1, "weekend", moved_since=2022), _on(5, 5, "weekend"), _on(6, 6),
        _on(7, 17, since=2026), _on(8, 15, "weekend", moved_since=2021),
        _on(10, 3, "weekend", moved_since=2021), _on(10, 9, "weekend", moved_since=2021),
        _on(12, 25, "weekend", moved_since=2023),
    ),
    # Holidays Act 1998.
    "SG": (
        _on(1, 1, "sunday"), _GOOD_FRIDAY, _on(5, 1, "sunday"), _on(8, 9, "sunday"), _on(12, 25, "sunday"),
    ),
    # 5 U.S.C. 6103 and Executive Order 11582.
    "US": (
        _on(1, 1, "nearest"), _nth_rule(1, 3, _MON), _nth_rule(2, 3, _MON), _nth_rule(5, -1, _MON),
        _on(6, 19, "nearest", since=2021), _on(7, 4, "nearest"), _nth_rule(9, 1, _MON),
        _nth_rule(10, 2, _MON), _on(11, 11, "nearest"), _nth_rule(11, 4, _THU), _on(12, 25, "nearest"),
    ),
    # Public Holidays Act 36 of 1994.
    "ZA": (
        _on(1, 1, "sunday"), _on(3, 21, "sunday"), _GOOD_FRIDAY, _EASTER_MONDAY, _on(4, 27, "sunday"),
        _on(5, 1, "sunday"), _on(6, 16, "sunday"), _on(8, 9, "sunday"), _on(9, 24, "sunday"),
        _on(12, 16, "sunday"), _on(12, 25, "sunday"), _on(12, 26, "sunday"),
    ),
}  # fmt: skip

COUNTRIES = tuple(sorted(_RULES))
"""Countries that :func:`holidays` knows, by their ISO 3166 codes."""


def _weekday(day: np.datetime64) -> int:
    return (int(day.astype("datetime64[D]").astype(np.int64)) + _THU) % 7  # 1 January 1970 was a Thursday


def _substitute(day: np.datetime64, move: Move, taken: set[np.datetime64]) -> np.datetime64:
    weekday = _weekday(day)
    if move == "nearest" and weekday >= _SAT:
        return day + (1 if weekday == _SUN else -1)
    if weekday != _SUN and not (move == "weekend" and weekday == _SAT):
        return day
    off = (_SAT, _SUN) if move == "weekend" else (_SUN,)
    day = day + 1
    while _weekday(day) in off or day in taken:
        day = day + 1
    return day


def _sandwiched(days: set[np.datetime64]) -> set[np.datetime64]:
    """Days between two holidays: holidays too in Japan."""
    return {day + 1 for day in days if day + 2 in days}


def _of_year(country: str, year: int) -> set[np.datetime64]:
    rules = [rule for rule in _RULES[country] if rule.since <= year <= rule.until]
    days = {rule.date(year) for rule in rules}
    if country == "JP":
        days |= _sandwiched(days)
    for rule in sorted(rules, key=lambda rule: rule.date(year)):
        if rule.move != "stays" and year >= rule.moved_since:
            days.add(_substitute(rule.date(year), rule.move, days))
    return days


def holidays(country: str, year: int) -> NDArray[np.datetime64]:
    """Public holidays of a country in a year, with their substitutes.

    Parameters
    ----------
    country : str
        One of :data:`COUNTRIES`.
    year : int
        Calendar year, in [2018, 2099].

    Returns
    -------
    (n,) of datetime64[D]
        Days, ascending, those on weekends included.

    Raises
    ------
    UnknownNameError
        A country without rules.
    BoundError
        A year outside the years of the rules.

    References
    ----------
    The statutes named in the module.

    Examples
    --------
    >>> print(holidays("GB", 2024))
    ['2024-01-01' '2024-03-29' '2024-04-01' '2024-05-06' '2024-05-27'
     '2024-08-26' '2024-12-25' '2024-12-26']
    """
    if country not in _RULES:
        raise unknown("country", country, COUNTRIES)
    require(FIRST_YEAR <= year <= LAST_YEAR, "year", f"in [{FIRST_YEAR}, {LAST_YEAR}]", year)
    # A new year's day on a Saturday is kept on the Friday before, in the old year.
    days = np.array(sorted(_of_year(country, year) | _of_year(country, year + 1)), "datetime64[D]")
    in_year: NDArray[np.datetime64] = days[days.astype("datetime64[Y]") == np.datetime64(str(year), "Y")]
    return in_year

"""Business days: when a waiting parcel is collected and when a travelling one is delivered.

Model
-----
The carrier comes once a business day, at the cut-off, and takes what is ready by then. A day is a business
day unless the week's mask or a list of holidays excludes it. Transit counts business days only, the day of
collection being day 0, and delivery is at one time of day.

Scope and limits
----------------
Civil time at one place, without a zone and without daylight saving. Collection and delivery use the calendar
that each call is given: the sender's for one, the receiver's for the other.

Sources
-------
"Carriers collect once a day, not on weekends": AWS Snowball Developer Guide, job statuses. The weekend of the
United Arab Emirates moved from Friday and Saturday to Saturday and Sunday on 1 January 2022.

Checked against
---------------
Days counted by hand on a printed calendar, and ``numpy.busday_count``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

WEEKDAYS = "1111100"
"""Monday to Friday, in the form of :func:`numpy.busday_offset`: Monday first, 1 for a working day."""

_NO_HOLIDAYS = np.array([], "datetime64[D]")
_DAY = 86_400.0


def weekmask(country: str, year: int) -> str:
    """Days of the week on which a country works.

    Parameters
    ----------
    country : str
        ISO 3166 code of two letters.
    year : int
        Calendar year.

    Returns
    -------
    str
        Seven characters, Monday first.

    Examples
    --------
    >>> weekmask("AE", 2021), weekmask("AE", 2022)
    ('1111001', '1111100')
    """
    return "1111001" if country == "AE" and year < 2022 else WEEKDAYS


def _time_of_day(name: str, seconds: float) -> np.timedelta64:
    require(0 <= seconds < _DAY, name, "in [0, 86400) s after midnight", seconds)
    return np.timedelta64(round(seconds), "s")


def collected(
    at: Any,
    cutoff: float,
    holidays: NDArray[np.datetime64] = _NO_HOLIDAYS,
    weekmask: str = WEEKDAYS,
) -> Any:
    """Time at which a parcel is collected.

    The cut-off of the first business day whose cut-off is not before ``at``.

    Parameters
    ----------
    at : datetime64, or (...) of datetime64
        Civil time from which the parcel is ready.
    cutoff : float
        Time of day of the one collection [s after midnight], in [0, 86400).
    holidays : (n,) of datetime64[D]
        Days without collection, in any order.
    weekmask : str
        Working days of the week, Monday first.

    Returns
    -------
    datetime64[s], or (...) of datetime64[s]
        Civil time of collection.

    Raises
    ------
    BoundError
        An input outside its bound, or no time at all (NaT).

    Examples
    --------
    Ready on a Friday evening, collected on Monday at 16:00:

    >>> print(collected(np.datetime64("2024-02-09T18:30"), 16 * 3600))
    2024-02-12T16:00:00
    """
    limit = _time_of_day("cutoff", cutoff)
    ready = np.asarray(at, "datetime64")
    require(~np.isnat(ready), "at", "a time", ready)
    day = ready.astype("datetime64[D]")
    missed = (ready - day > limit).astype(np.int64)
    first = np.busday_offset(day + missed, 0, "forward", weekmask, holidays)
    result: Any = (first.astype("datetime64[s]") + limit)[()]
    return result


def delivered(
    collected: Any,
    business_days: Any,
    late_days: Any = 0,
    arrival: float = 12 * 3600.0,
    holidays: NDArray[np.datetime64] = _NO_HOLIDAYS,
    weekmask: str = WEEKDAYS,
) -> Any:
    """Time at which a collected parcel is delivered.

    ``business_days + late_days`` business days after the day of collection, at the hour of delivery.

    Parameters
    ----------
    collected : datetime64, or (...) of datetime64
        Civil time of collection.
    business_days : (...) of int
        Promised transit [business days], >= 1.
    late_days : (...) of int
        Lateness [business days], >= 0.
    arrival : float
        Time of day of delivery [s after midnight], in [0, 86400); noon if not given.
    holidays, weekmask
        As for :func:`collected`.

    Returns
    -------
    datetime64[s], or (...) of datetime64[s]
        Civil time of delivery.

    Raises
    ------
    BoundError
        An input outside its bound, or no time at all (NaT).

    Examples
    --------
    Collected on the Thursday before a long weekend, two business days and one late:

    >>> monday = np.array(["2024-02-19"], "datetime64[D]")
    >>> print(delivered(np.datetime64("2024-02-15T16:00"), 2, 1, 10.5 * 3600, monday))
    2024-02-21T10:30:00
    """
    hour = _time_of_day("arrival", arrival)
    start = np.asarray(collected, "datetime64")
    require(~np.isnat(start), "collected", "a time", start)
    days, late = np.asarray(business_days), np.asarray(late_days)
    require((days >= 1) & (days == np.floor(days)), "business_days", "a whole number >= 1", days)
    require((late >= 0) & (late == np.floor(late)), "late_days", "a whole number >= 0", late)
    total = (days + late).astype(np.int64)
    day = np.busday_offset(start.astype("datetime64[D]"), total, "forward", weekmask, holidays)
    result: Any = (day.astype("datetime64[s]") + hour)[()]
    return result

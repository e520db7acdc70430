"""Courier: when a parcel is collected, how long it travels, how late it comes, and whether it comes at all.

Model
-----
A parcel that is ready waits for the collection of a business day, travels a whole number of business days,
and arrives at a fixed time of day. To the promised days comes a lateness with ``P(G >= 1) = q`` and a
geometric tail. Preparing a device beforehand is a mixture of two lognormals: in stock, or not. Each leg may
lose the parcel or damage it.

Scope and limits
----------------
All times are civil times at one place, without a zone: ``datetime64``, or seconds after midnight for a time
of day. Days of lateness are independent of one another and of the load of the carrier, but for a factor by
month. No weather, no customs, no second delivery attempt; holidays are those of one country.

Sources
-------
The laws are the caller's to fill: promised days from the AWS guides by country, lateness from ShipMatrix's
on-time reports. Holidays: see :mod:`devicesim.physics.courier.public_holidays`.

Checked against
---------------
ShipMatrix: 95.8 % on time and 99.3 % within a day with q = 0.042, g = 1/6; 84.8 % and 97.1 % with 0.152,
0.19. "Typically received within 4-6 days", fitted as quartiles of 4.0, 5.2 and 6.3 days and 90 % within 9.8:
preparation and two business days, ordered at any time of a week, give 4.1, 5.2, 6.2 and 90.1 % up to the
start of the day of delivery. Delivery at noon adds half a day to each.
"""

from devicesim.physics.courier.business_days import WEEKDAYS, collected, delivered, weekmask
from devicesim.physics.courier.preparation import (
    Preparation,
    preparation_cdf,
    preparation_mean,
    preparation_quantile,
    preparation_time,
)
from devicesim.physics.courier.public_holidays import COUNTRIES, easter, holidays, nth_weekday
from devicesim.physics.courier.transit import (
    Outcome,
    intact_probability,
    lateness_cdf,
    lateness_days,
    lateness_mean,
    lateness_pmf,
    leg_outcomes,
    seasonal_late,
    transit_days,
)

__all__ = [
    "COUNTRIES",
    "WEEKDAYS",
    "Outcome",
    "Preparation",
    "collected",
    "delivered",
    "easter",
    "holidays",
    "intact_probability",
    "lateness_cdf",
    "lateness_days",
    "lateness_mean",
    "lateness_pmf",
    "leg_outcomes",
    "nth_weekday",
    "preparation_cdf",
    "preparation_mean",
    "preparation_quantile",
    "preparation_time",
    "seasonal_late",
    "transit_days",
    "weekmask",
]

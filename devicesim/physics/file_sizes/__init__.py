"""File sizes of a dataset: mixtures of truncated distributions, sampled and in closed form.

Model
-----
The size X of one file comes from component i with probability w_i, its share over the sum of the shares.
Inside a component, X follows a law F_i (lognormal, normal, Pareto, uniform, fixed, empirical) conditioned
on [low, high]:

    X = F_i^-1( F_i(low) + v (F_i(high) - F_i(low)) ),   v uniform on [0, 1)

One uniform number u makes one file: the component is the one whose stretch of [0, 1) holds u, and the place
of u inside that stretch is v. The same numbers under changed parameters therefore give the same files,
grown or shrunk, which keeps the noise out of comparisons. Means and medians need no sample:

    mean = sum_i w_i (B_i(high) - B_i(low)) / (F_i(high) - F_i(low)),   B_i(x) = E[X; X <= x]

Scope and limits
----------------
Sizes are independent and come in no order. The rate of a device follows the count-weighted median, the size
of a dataset the byte-weighted one: with heavy tails they differ by orders of magnitude, so both are given.
A Pareto tail with an exponent below 1 has a mean only because it is truncated, and a sample says little about
it: 200,000 files of the desktop of 2004 hold 12 of its files. Take totals from :func:`mean`.

Sources
-------
Normal quantiles: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), the 16-digit form.

Checked against
---------------
Samples against closed forms and these against numerical integrals; the lognormal body of the desktop of 2004
(median 13.1 kB, mean 270 kB, 32 % of the files below 4 KiB, 74 % below 64 KiB, 96 % below 1 MiB), and the 87 %
of its bytes in files above 1 MiB, tail included (88.5 % in closed form); normal quantiles against the standard
library's, to the last bit or two.
"""

from devicesim.physics.file_sizes.laws import (
    LARGEST,
    LAWS,
    Empirical,
    Fixed,
    Law,
    Lognormal,
    Normal,
    Pareto,
    Uniform,
)
from devicesim.physics.file_sizes.mixture import (
    Component,
    Mixture,
    byte_median,
    bytes_below,
    files_below,
    mean,
    median,
    mixture,
    sample,
    sizes_at,
)
from devicesim.physics.file_sizes.normal import normal_quantile
from devicesim.physics.file_sizes.summary import Summary, describe

__all__ = [
    "LARGEST",
    "LAWS",
    "Component",
    "Empirical",
    "Fixed",
    "Law",
    "Lognormal",
    "Mixture",
    "Normal",
    "Pareto",
    "Summary",
    "Uniform",
    "byte_median",
    "bytes_below",
    "describe",
    "files_below",
    "mean",
    "median",
    "mixture",
    "normal_quantile",
    "sample",
    "sizes_at",
]

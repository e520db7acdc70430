"""Links and sizes as people write them."""

from __future__ import annotations

from math import inf


def link_name(link: float) -> str:
    """A line rate in words.

    >>> link_name(125e6), link_name(12.5e6), link_name(inf)
    ('1 Gbit/s', '100 Mbit/s', 'no limit')
    """
    if link == inf:
        return "no limit"
    return f"{link * 8 / 1e9:g} Gbit/s" if link >= 125e6 else f"{link * 8 / 1e6:g} Mbit/s"


def size_name(value: float) -> str:
    """A size in the binary unit that fits, or in the decimal one where it is a whole number of those.

    >>> size_name(65536.0), size_name(2.0**20), size_name(1500.0), size_name(1e9)
    ('64 KiB', '1 MiB', '1.465 KiB', '1 GB')
    """
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if value >= factor and value % factor == 0:
            return f"{value / factor:g} {unit}"
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= factor:
            return f"{value / factor:.4g} {unit}"
    return f"{value:g} B"

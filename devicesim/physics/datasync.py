"""One execution of a DataSync task: listing both sides, moving files one after the other, reading them again.

Model
-----
PREPARING walks the source and the destination at the same time and lasts as long as the slower of the two.
TRANSFERRING gives every file ``max(s / r, 1 / f)``: its bytes at the rate of the narrowest part of the way, or the
time that a file costs whatever its size. For files of one size the rate is therefore ``min(r, f s)``; for a
mixture the small ones take their own time and the large ones theirs. VERIFYING reads again what the mode asks for,
under the same law, at the rate of the source.

Progress is a position in the list of files, ``k + p``: k whole files, and a share p of the next. When the rate
changes the position stays and the times of the files change, so any sequence of constant rates is exact without
steps in between.

Scope and limits
----------------
Files in the order of the list. A file that is cut off starts again. No compression, no deletions, no time for
metadata alone. Costs per file are published nowhere: ``f`` is the catalog's assumption.

Sources
-------
AWS DataSync User Guide, 2022-09-27: phases, verification modes, limits of a task (datasync-limits.md,
working-with-task-executions.md).

Checked against
---------------
Equal files give ``n / min(r / s, f)`` to rounding; a transfer under many rates equals the sum of its parts.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Mode = Literal["POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED", "NONE"]


def preparing_time(
    at_source: float, at_destination: float, source_rate: float, destination_rate: float
) -> float:
    """Time to list and compare both sides.

    ``t = max(n_s / L_s, n_d / L_d)``

    Parameters
    ----------
    at_source, at_destination : float
        Files at the source, and objects at the destination that they are compared with [1], >= 0.
    source_rate, destination_rate : float
        Entries listed and compared a second on either side [1/s], > 0.

    Returns
    -------
    float
        Time [s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> preparing_time(200_000, 0, 2000, 5000), preparing_time(1000, 200_000, 2000, 5000)
    (100.0, 40.0)
    """
    require(at_source >= 0, "at_source", ">= 0", at_source)
    require(at_destination >= 0, "at_destination", ">= 0", at_destination)
    require(source_rate > 0, "source_rate", "> 0", source_rate)
    require(destination_rate > 0, "destination_rate", "> 0", destination_rate)
    return max(at_source / source_rate, at_destination / destination_rate)


def finish_times(sizes: NDArray[np.int64], rate: float, file_rate: float) -> NDArray[np.float64]:
    """When each file would be through, all at one rate, counted from the first one's beginning.

    ``t_k = sum over i <= k of max(s_i / r, 1 / f)``

    Parameters
    ----------
    sizes : (n,)
        Sizes in the order of the transfer [B], >= 0.
    rate : float
        Rate of bytes, r [B/s], > 0.
    file_rate : float
        Files a second that the task opens and closes, f [1/s], > 0; infinite for no cost.

    Returns
    -------
    (n,)
        Times [s], not decreasing.

    Raises
    ------
    BoundError
        A rate outside its bound.

    Examples
    --------
    Two large files at 10 MB/s, two small ones at 100 files/s:

    >>> finish_times(np.array([50_000_000, 1000, 1000, 10_000_000]), 10e6, 100.0).round(3).tolist()
    [5.0, 5.01, 5.02, 6.02]
    """
    require(0 < rate < np.inf, "rate", "> 0 and finite", rate)
    require(file_rate > 0, "file_rate", "> 0", file_rate)
    return np.asarray(np.cumsum(np.maximum(sizes / rate, 1.0 / file_rate)))


def _elapsed(finish: NDArray[np.float64], position: float) -> float:
    """Time at which a position is reached."""
    whole = int(position)
    before = float(finish[whole - 1]) if whole else 0.0
    if whole >= finish.size:
        return before
    return before + (position - whole) * (float(finish[whole]) - before)


def time_left(finish: NDArray[np.float64], position: float) -> float:
    """How long the rest takes at the rate of ``finish``.

    Parameters
    ----------
    finish : (n,)
        As of :func:`finish_times`.
    position : float
        Whole files through, and the share of the next [1], in [0, n].

    Returns
    -------
    float
        Time [s].

    Raises
    ------
    BoundError
        ``position`` outside the list.

    Examples
    --------
    >>> time_left(np.array([5.0, 6.0]), 0.5)
    3.5
    """
    require(0 <= position <= finish.size, "position", f"in [0, {finish.size}]", position)
    return float(finish[-1]) - _elapsed(finish, position) if finish.size else 0.0


def position_after(finish: NDArray[np.float64], position: float, durations: Any) -> NDArray[np.float64]:
    """Where a transfer stands after some time at the rate of ``finish``.

    Parameters
    ----------
    finish : (n,)
        As of :func:`finish_times`.
    position : float
        Where it stood [1], in [0, n].
    durations : (...)
        Time since [s], >= 0.

    Returns
    -------
    (...)
        Positions [1], n at most.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> position_after(np.array([5.0, 6.0]), 0.5, np.array([0.0, 2.5, 3.0, 9.0])).tolist()
    [0.5, 1.0, 1.5, 2.0]
    """
    times = np.asarray(durations, dtype=np.float64)
    require(0 <= position <= finish.size, "position", f"in [0, {finish.size}]", position)
    require(times >= 0, "durations", ">= 0", durations)
    if not finish.size:
        return np.zeros(times.shape)
    at = _elapsed(finish, position) + times
    whole = np.searchsorted(finish, at, side="right")
    over = whole >= finish.size
    here = np.minimum(whole, finish.size - 1)
    before = np.where(here > 0, finish[here - 1], 0.0)
    into = np.maximum(at - before, 0.0)
    share = np.divide(into, finish[here] - before, out=np.zeros(into.shape), where=~over & (into > 0))
    # A share that rounding makes whole would count a file that is not through.
    inside = whole + np.minimum(share, np.nextafter(1.0, 0.0))
    return np.asarray(np.maximum(np.where(over, float(finish.size), inside), position))


def bytes_at(passed: NDArray[np.int64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bytes through at some positions.

    Parameters
    ----------
    passed : (n,)
        Cumulative sizes of the files, in the order of the transfer [B].
    positions : (...)
        As of :func:`position_after` [1].

    Returns
    -------
    (...)
        Data [B].

    Examples
    --------
    >>> bytes_at(np.array([100, 300]), np.array([0.5, 1.0, 1.25, 2.0])).tolist()
    [50.0, 100.0, 150.0, 300.0]
    """
    if not passed.size:
        return np.zeros(np.shape(positions))
    whole = np.floor(positions).astype(np.intp)
    here = np.minimum(whole, passed.size - 1)
    before = np.where(here > 0, passed[here - 1], 0)
    inside = before + (positions - whole) * (passed[here] - before)
    return np.asarray(np.where(whole >= passed.size, passed[-1], inside), dtype=np.float64)


def to_verify(mode: Mode, all_of_it: tuple[int, int], transferred: tuple[int, int]) -> tuple[int, int]:
    """What a verification mode reads again after the transfer.

    ``POINT_IN_TIME_CONSISTENT`` reads everything at the source and the destination, ``ONLY_FILES_TRANSFERRED`` what
    has just been sent, ``NONE`` nothing: the check in flight is then all there is.

    Parameters
    ----------
    mode : str
        Verification mode of the task.
    all_of_it, transferred : (bytes, files)
        What the source holds, and what this execution sent [B, 1].

    Returns
    -------
    (bytes, files)
        What is read again [B, 1].

    Raises
    ------
    BoundError
        An unknown mode.

    References
    ----------
    AWS DataSync API reference, Options: VerifyMode.

    Examples
    --------
    >>> to_verify("ONLY_FILES_TRANSFERRED", (1000, 10), (50, 1))
    (50, 1)
    """
    modes = {"POINT_IN_TIME_CONSISTENT": all_of_it, "ONLY_FILES_TRANSFERRED": transferred, "NONE": (0, 0)}
    require(mode in modes, "mode", f"one of {', '.join(modes)}", mode)
    return modes[mode]


def verifying_time(size: float, files: float, rate: float, file_rate: float) -> float:
    """Time to read files again.

    ``t = max(B / r, n / f)``: reading and opening overlap, as many files are read at once.

    Parameters
    ----------
    size, files : float
        What is read, as of :func:`to_verify` [B, 1], >= 0.
    rate, file_rate : float
        What the source gives [B/s] and [1/s], > 0.

    Returns
    -------
    float
        Time [s].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> verifying_time(8e12, 80_000, 160e6, 2000.0)
    50000.0
    """
    require(size >= 0, "size", ">= 0", size)
    require(files >= 0, "files", ">= 0", files)
    require(rate > 0, "rate", "> 0", rate)
    require(file_rate > 0, "file_rate", "> 0", file_rate)
    return max(size / rate, files / file_rate)


def parts(files: int, most: int) -> int:
    """How many tasks a list needs when each takes so many files at most.

    Parameters
    ----------
    files, most : int
        Files in all, >= 0, and the limit of one task [1], > 0.

    Returns
    -------
    int
        ``ceil(n / n_max)``, at least 1.

    Raises
    ------
    BoundError
        An input outside its bound.

    References
    ----------
    AWS DataSync User Guide: 200,000 files per task on a Snowcone.

    Examples
    --------
    >>> parts(2_000_000, 200_000), parts(200_001, 200_000), parts(0, 200_000)
    (10, 2, 1)
    """
    require(files >= 0, "files", ">= 0", files)
    require(most > 0, "most", "> 0", most)
    return max(1, -(-files // most))

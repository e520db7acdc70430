"""Ethernet, and TCP over it: what one link carries, and what one connection makes of it.

Model
-----
A frame carries ``MTU - 40`` bytes of TCP payload over IPv4 (12 less with the timestamp option) and occupies
the line for ``MTU + 38`` byte times. A long-lived connection runs at the lowest of three bounds: the line,
the window per round trip, and the mean congestion window that its loss rate allows.

Scope and limits
----------------
Full duplex, IPv4, no VLAN tag, no SACK blocks. The loss bound is a mean over many losses: long transfers and
a segment loss below 1e-2. On a LAN loss hardly matters and the other two bounds decide. Slow start doubles
every round trip, as with an acknowledgement for every segment.

Sources
-------
IEEE 802.3 (frame: 14 B header, 4 B check, 8 B preamble, 12 B gap, 46 B least payload); RFC 791 (IPv4), RFC
9293 (TCP), RFC 7323 (timestamps), RFC 6928 (initial window), RFC 9438 section 5 (CUBIC, and the Reno
convention used there; Mathis et al. 1997 give 1.22 in place of 1.2).

Checked against
---------------
117.6853 MB/s for gigabit with timestamps, 118.6606 MB/s without (to 1e-6); RFC 9438 Table 1 at RTT 0.1 s
(all seven losses within 0.3 %); RFC 9438 Table 3 (four rates within 1.8 %, its losses having two digits).
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

IP_HEADER = 20
TCP_HEADER = 20
TIMESTAMP_OPTION = 12
FRAMING = 14 + 4 + 8 + 12
LEAST_PAYLOAD = 46
INITIAL_WINDOW = 10
RENO = 1.2
CUBIC_C = 0.4
CUBIC_BETA = 0.7


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def segment_size(mtu: int = 1500, timestamps: bool = True) -> int:
    """Payload of one full TCP segment.

    Parameters
    ----------
    mtu : int
        Largest IP datagram [B]. Snow devices do not take jumbo frames: 1500.
    timestamps : bool
        Whether each segment carries the 12 B timestamp option, as Linux and macOS do.

    Returns
    -------
    int
        ``mtu - 20 - 20 - 12`` [B].

    Raises
    ------
    BoundError
        ``mtu`` outside [68, 65535], the range of IPv4.

    References
    ----------
    RFC 791, RFC 9293, RFC 7323.

    Examples
    --------
    >>> segment_size(), segment_size(timestamps=False)
    (1448, 1460)
    """
    require(68 <= mtu <= 65535, "mtu", "in [68, 65535]", mtu)
    return mtu - IP_HEADER - TCP_HEADER - (TIMESTAMP_OPTION if timestamps else 0)


def line_efficiency(mtu: int = 1500, timestamps: bool = True) -> float:
    """Share of the line rate that is TCP payload when every segment is full.

    ``(MTU - 40 - options) / (MTU + 38)``

    Parameters
    ----------
    mtu, timestamps
        As for :func:`segment_size`.

    Returns
    -------
    float
        Efficiency [1].

    Raises
    ------
    BoundError
        ``mtu`` outside [68, 65535].

    References
    ----------
    IEEE 802.3, clauses 3 and 4.4 (frame and gap).

    Examples
    --------
    >>> f"{line_efficiency():.6f} {line_efficiency(timestamps=False):.6f}"
    '0.941482 0.949285'
    """
    return segment_size(mtu, timestamps) / (mtu + FRAMING)


def goodput(line_rate: V, mtu: int = 1500, timestamps: bool = True) -> V:
    """TCP payload rate of a saturated link.

    Parameters
    ----------
    line_rate : float or array [...]
        Line rate [B/s]; a gigabit is 125e6.
    mtu, timestamps
        As for :func:`segment_size`.

    Returns
    -------
    float or array [...]
        Payload rate [B/s].

    Raises
    ------
    BoundError
        ``line_rate`` negative or not finite.

    References
    ----------
    IEEE 802.3; RFC 7323.

    Examples
    --------
    >>> f"{goodput(125e6) / 1e6:.4f} MB/s"
    '117.6853 MB/s'
    """
    require((line_rate >= 0) & (line_rate < np.inf), "line_rate", ">= 0 and finite", line_rate)
    result: V = line_rate * line_efficiency(mtu, timestamps)
    return result


def line_bytes(message: V, mtu: int = 1500, timestamps: bool = True) -> V:
    """Byte times that one message holds the line, sent on its own.

    ``m + ceil(m/MSS) * (headers + 38)``, and the last frame is padded to 46 B of IP datagram. A remote
    procedure call of 132 B takes 222 byte times, not ``132/0.9415 = 140``: the figure for small calls.

    Parameters
    ----------
    message : float or array [...]
        Payload of the message [B], whole numbers.
    mtu, timestamps
        As for :func:`segment_size`.

    Returns
    -------
    float or array [...]
        Bytes of line time, frame gaps included [B]; 0 for an empty message.

    Raises
    ------
    BoundError
        ``message`` negative or not finite.

    References
    ----------
    IEEE 802.3.

    Examples
    --------
    >>> line_bytes(132.0), line_bytes(1448.0)
    (222.0, 1538.0)
    """
    require((message >= 0) & (message < np.inf), "message", ">= 0 and finite", message)
    payload = segment_size(mtu, timestamps)
    headers = mtu - payload
    segments = np.ceil(message / payload)
    last = message - np.maximum(segments - 1, 0) * payload
    padding = np.where(segments > 0, np.maximum(LEAST_PAYLOAD - headers - last, 0), 0)
    result: V = _plain(message + segments * (headers + FRAMING) + padding)
    return result


def window_reno(loss: V) -> V:
    """Mean congestion window of Reno.

    ``W = 1.2 / sqrt(p)``

    Parameters
    ----------
    loss : float or array [...]
        Chance that a segment is lost [1]; 0 gives infinity.

    Returns
    -------
    float or array [...]
        Window [segments].

    Raises
    ------
    BoundError
        ``loss`` outside [0, 1].

    References
    ----------
    RFC 9438, section 5.1 (deterministic loss); Mathis et al., CCR 27(3), 1997.

    Examples
    --------
    >>> f"{window_reno(1e-4):.0f}"
    '120'
    """
    require((loss >= 0) & (loss <= 1), "loss", "in [0, 1]", loss)
    with np.errstate(divide="ignore"):
        result: V = _plain(RENO / np.sqrt(loss))
    return result


def window_cubic(loss: V, rtt: V) -> V:
    """Mean congestion window of CUBIC, never below Reno's.

    ``W = max(1.2/sqrt(p), (C (3+b) / (4 (1-b)))**(1/4) * (RTT/p)**(3/4))`` with C = 0.4, b = 0.7.

    Parameters
    ----------
    loss : float or array [...]
        Chance that a segment is lost [1]; 0 gives infinity.
    rtt : float or array [...]
        Round-trip time [s], broadcast against ``loss``.

    Returns
    -------
    float or array [...]
        Window [segments].

    Raises
    ------
    BoundError
        ``loss`` outside [0, 1], ``rtt`` not positive or not finite.

    References
    ----------
    RFC 9438, sections 4.3 and 5.1.

    Examples
    --------
    >>> f"{window_cubic(1e-5, 0.1):.0f}"
    '1054'
    """
    require((rtt > 0) & (rtt < np.inf), "rtt", "> 0 and finite", rtt)
    reno = window_reno(loss)
    gain = (CUBIC_C * (3 + CUBIC_BETA) / (4 * (1 - CUBIC_BETA))) ** 0.25
    with np.errstate(divide="ignore", over="ignore"):
        result: V = _plain(np.maximum(reno, gain * np.divide(rtt, loss) ** 0.75))
    return result


def tcp_rate(
    line_rate: V,
    rtt: V,
    window: V,
    loss: Values = 0.0,
    connections: Values = 1,
    *,
    mtu: int = 1500,
    timestamps: bool = True,
    control: Literal["reno", "cubic"] = "cubic",
) -> V:
    """Payload rate of long-lived connections: the lowest of the line, window and loss bounds.

    ``min(eff*C, N*W_max/RTT, N*MSS*W(p, RTT)/RTT)``

    Parameters
    ----------
    line_rate : float or array [...]
        Line rate [B/s].
    rtt : float or array [...]
        Round-trip time [s].
    window : float or array [...]
        Largest window of one connection, the smaller of send and receive buffer [B].
    loss : float or array [...]
        Chance that a segment is lost [1].
    connections : float or array [...]
        Connections in parallel (``nconnect``, a transfer agent's streams) [1].
    mtu, timestamps
        As for :func:`segment_size`.
    control : {"cubic", "reno"}
        Congestion control of the sender.

    Returns
    -------
    float or array [...]
        Rate of all connections together [B/s]; the arguments are broadcast.

    Raises
    ------
    BoundError
        A rate, time, window or loss out of range, fewer than one connection, an unknown ``control``.

    References
    ----------
    RFC 9438, section 5; RFC 7323, section 1.1 (window bound).

    Examples
    --------
    Gigabit at 40 ms, 4 MiB of window, a loss in 1e5 segments: the loss decides, and four connections help.

    >>> [f"{tcp_rate(125e6, 0.04, 4 * 2**20, 1e-5, n) / 1e6:.1f} MB/s" for n in (1, 4)]
    ['19.2 MB/s', '76.8 MB/s']
    """
    require((window > 0) & (window < np.inf), "window", "> 0 and finite", window)
    require((connections >= 1) & (connections < np.inf), "connections", ">= 1 and finite", connections)
    require(control in ("reno", "cubic"), "control", "reno or cubic", control)
    line = goodput(line_rate, mtu, timestamps)
    segments = np.asarray(window_cubic(np.asarray(loss, float), np.asarray(rtt, float)))
    if control == "reno":
        segments = np.asarray(window_reno(np.asarray(loss, float)))
    in_flight = np.minimum(window, segments * segment_size(mtu, timestamps))
    result: V = _plain(np.minimum(line, connections * in_flight / rtt))
    return result


def slow_start_bytes(
    round_trips: V, *, initial_window: int = INITIAL_WINDOW, mtu: int = 1500, timestamps: bool = True
) -> V:
    """Payload sent in the first round trips of a connection, the window doubling each time.

    ``IW * (2**k - 1) * MSS``

    Parameters
    ----------
    round_trips : float or array [...]
        Round trips since the first segment, k [1].
    initial_window : int
        Segments sent in the first round trip [1].
    mtu, timestamps
        As for :func:`segment_size`.

    Returns
    -------
    float or array [...]
        Bytes sent [B].

    Raises
    ------
    BoundError
        ``round_trips`` outside [0, 1000], ``initial_window`` below 1.

    References
    ----------
    RFC 6928 (initial window of 10), RFC 5681 section 3.1.

    Examples
    --------
    >>> slow_start_bytes(3.0)
    101360.0
    """
    require((round_trips >= 0) & (round_trips <= 1000), "round_trips", "in [0, 1000]", round_trips)
    require(initial_window >= 1, "initial_window", ">= 1", initial_window)
    result: V = initial_window * (2.0**round_trips - 1) * segment_size(mtu, timestamps)
    return result

"""Which of the scenario's clients somebody at a door is, by the addresses of the connection.

Model: the client whose ``address`` is the one that the connection comes from, or the smallest network around it; else
at 127.0.0.N the Nth client, be it from there or, for programs that cannot choose, to there; else the first client.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from devicesim.scenario import Client

_LOOPBACK = ip_network("127.0.0.0/24")


class Arrival(NamedTuple):
    """The two ends of a connection.

    Attributes:
        source: address that it comes from.
        to: address of ours that it comes to; empty where that tells nothing.
    """

    source: str
    to: str = ""


def client_of(clients: Sequence[Client], arrival: Arrival) -> int:
    """Number of the client for whom somebody stands.

    >>> from devicesim import scenario
    >>> two = [Client(name=name, link="ethernet") for name in ("laptop", "rack")]
    >>> [client_of(two, Arrival(source)) for source in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "10.0.0.7")]
    [0, 1, 0, 0]
    """
    source = _address(arrival.source)
    if source is None:
        return 0
    found, longest = None, -1
    for number, client in enumerate(clients):
        if client.address is None:
            continue
        network = ip_network(client.address, strict=False)
        if source in network and network.prefixlen > longest:
            found, longest = number, network.prefixlen
    if found is not None:
        return found
    for end in (source, _address(arrival.to)):
        if isinstance(end, IPv4Address) and end in _LOOPBACK:
            number = int(end) - int(_LOOPBACK.network_address) - 1
            if 0 < number < len(clients):
                return number
    return 0


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address without its zone, that of IPv4 where it is one in the clothes of IPv6."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

"""Workloads and nets of the comparison grid, and small random transfers full of ties and outages."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store

NETS = {"1GbE": (117e6, 1e-4), "10GbE": (1.17e9, 5e-5), "Wi-Fi": (40e6, 1.5e-3)}
"""Bandwidth [bytes/s] and one-way latency [s]."""

DISK = Store(rate_start=180e6, rate_end=90e6, capacity=8e12)


def operations(durability: str = "async") -> Operations:
    """NFS-like: the costs are round figures, what matters is who waits for the store."""

    def call(name: str, store: float = 0.0, wait: bool = False) -> Operation:
        return Operation(name, 200.0, 80e-6, store=store, wait=wait)

    create = call("CREATE", 4e-3, True) if durability == "sync" else call("CREATE")
    commit = call("COMMIT", 1e-3, durability != "async")
    write = Operation("WRITE", 200.0, 40e-6, 0.7e-9)
    return Operations((call("LOOKUP"), create), write, (commit, call("SETATTR")))


def workload(kind: str, count: int, seed: int = 0) -> np.ndarray:
    """Sizes of files [bytes]."""
    draw = np.random.default_rng(seed)
    if kind == "large":
        return np.full(count, 40e6)
    if kind == "64 KB":
        return np.full(count, 65536.0)
    if kind == "lognormal":
        return np.floor(draw.lognormal(np.log(2e5), 2.0, count))
    small = np.floor(draw.lognormal(np.log(3e4), 1.0, count))
    return np.where(draw.random(count) < 0.9, small, 2e7)


def steps(net: str, length: float, seed: int = 0) -> list[tuple[float, Regime]]:
    """Twelve regimes over a length of time: fades, an outage, doubled latency."""
    draw = np.random.default_rng(seed)
    rate, latency = NETS[net]
    times = np.concatenate(([0.0], np.sort(draw.uniform(0.02, 0.95, 11)) * length))
    fades = draw.choice([1.0, 0.7, 0.5, 0.25, 0.1], 12)
    fades[6] = 0.0
    delays = latency * draw.choice([1, 1, 2], 12)
    return [
        (float(t), Regime((rate * f,), (float(d),))) for t, f, d in zip(times, fades, delays, strict=True)
    ]


def thefts(net: str, length: float, seed: int = 0) -> list[tuple[float, Regime]]:
    """Twelve regimes in which the cores' share changes, and the store's speed."""
    draw = np.random.default_rng(seed)
    rate, latency = NETS[net]
    times = np.concatenate(([0.0], np.sort(draw.uniform(0.02, 0.95, 11)) * length))
    shares, speeds = draw.choice([1.0, 0.5, 0.25], 12), draw.choice([1.0, 0.5, 0.0], 12)
    speeds[-1] = 1.0
    return [
        (float(t), Regime((rate,), (latency,), float(share), float(speed)))
        for t, share, speed in zip(times, shares, speeds, strict=True)
    ]


@dataclass(frozen=True)
class Case:
    """Everything a transfer depends on."""

    server: Server
    clients: tuple[Client, ...]
    sizes: tuple[tuple[float, ...], ...]
    schedule: tuple[tuple[float, Regime], ...]


# Few round values, so that RPCs of different streams often meet at one instant.
_operation = st.builds(
    Operation,
    name=st.just("CALL"),
    request=st.sampled_from([0.0, 1.0, 2.0]),
    work=st.sampled_from([0.0, 0.5, 1.0]),
    work_per_byte=st.sampled_from([0.0, 0.25]),
    store=st.sampled_from([0.0, 0.0, 1.0]),
    wait=st.booleans(),
)
_calls = st.lists(_operation, max_size=2).map(tuple)
_client = st.builds(
    Client,
    operations=st.builds(Operations, before=_calls, write=_operation, after=_calls),
    streams=st.integers(1, 3),
    window=st.integers(1, 3),
    block=st.integers(2, 5),
    link=st.integers(0, 1),
    start=st.sampled_from([0.0, 0.0, 2.0]),
)
_sizes = st.lists(st.integers(0, 12).map(float), max_size=5).map(tuple)


def regimes(clients: int, ends: bool = False) -> st.SearchStrategy[Regime]:
    """Draw a regime; with ``ends`` nothing stands still in it."""
    zero = () if ends else (0.0,)
    return st.builds(
        Regime,
        bandwidth=st.tuples(*[st.sampled_from([*zero, 1.0, 2.0, 4.0])] * clients),
        latency=st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * clients),
        share=st.sampled_from([*zero, 0.5, 1.0]),
        store=st.sampled_from([*zero, 0.5, 1.0, 2.0]),
    )


@st.composite
def cases(draw: st.DrawFn, clients: int = 3, cores: int = 3, ends: bool = False) -> Case:
    """Draw a small transfer; with ``ends`` one that comes to its end."""
    who = tuple(draw(st.lists(_client, min_size=1, max_size=clients)))
    server = draw(
        st.builds(
            Server,
            cores=st.integers(1, cores),
            buffer=st.sampled_from([0.0, 3.0, 10.0, float("inf")]),
            store=st.sampled_from([Store(2.0, 1.0, 50.0), Store(4.0, 4.0, 1e6), Store(1.0, 0.5, 10.0, 5.0)]),
        )
    )
    sizes = tuple(draw(_sizes) for _ in who)
    times = sorted(draw(st.sets(st.integers(1, 40), max_size=4)))
    schedule = [(0.0, draw(regimes(len(who))))] + [(float(t), draw(regimes(len(who)))) for t in times]
    if ends:
        schedule[-1] = (schedule[-1][0], draw(regimes(len(who), ends=True)))
    return Case(server, who, sizes, tuple(schedule))


def drawn(seed: int) -> Case:
    """Draw a transfer from a seed: less simple than hypothesis likes them, a third of them without ties."""
    draw = random.Random(seed)
    blur = 0.3 if draw.random() < 0.3 else 0.0

    def pick(*values: float) -> float:
        return draw.choice(values) * (1 + blur * draw.random())

    def operation() -> Operation:
        work = pick(0.0, 0.5, 1.0), pick(0.0, 0.25), pick(0.0, 0.0, 1.0)
        return Operation("CALL", pick(0.0, 1.0, 2.0), *work, wait=draw.random() < 0.35)

    def calls() -> tuple[Operation, ...]:
        return tuple(operation() for _ in range(draw.randint(0, 2)))

    def client(links: int) -> Client:
        shape = draw.randint(1, 4), draw.randint(1, 4), draw.randint(2, 5), draw.randrange(links)
        return Client(Operations(calls(), operation(), calls()), *shape, start=pick(0.0, 0.0, 2.0))

    links, equal = draw.choice([1, 2]), draw.random() < 0.5
    clients = tuple(client(links) for _ in range(draw.choice([1, 1, 2, 3])))

    def regime() -> Regime:
        rates = (1.0, 2.0, 4.0) if draw.random() < 0.4 else (0.0, 1.0, 2.0, 4.0)
        latency = pick(0.0, 0.5, 1.0)
        latencies = tuple(latency if equal else pick(0.0, 0.5, 1.0) for _ in clients)
        share = 0.0 if draw.random() < 0.06 else min(1.0, pick(0.5, 1.0))
        speed = 0.0 if draw.random() < 0.08 else pick(0.5, 1.0, 2.0)
        return Regime(tuple(pick(*rates) for _ in clients), latencies, share, speed)

    stores = Store(2.0, 1.0, 50.0), Store(4.0, 4.0, 1e6), Store(1.0, 0.5, 10.0, 5.0)
    server = Server(
        draw.choice([1, 1, 2, 3]), draw.choice([0.0, 3.0, 10.0, float("inf")]), draw.choice(stores)
    )
    sizes = tuple(tuple(float(draw.randint(0, 14)) for _ in range(draw.randint(0, 9))) for _ in clients)
    times = sorted(draw.sample(range(1, 60), draw.randint(0, 5)))
    changes = [(time * (1 + blur * draw.random() / 60), regime()) for time in times]
    return Case(server, clients, sizes, ((0.0, regime()), *changes))

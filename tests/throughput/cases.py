"""Small random transfers full of ties and outages."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store


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


def turning(seed: int) -> Case:
    """Draw a transfer of one client to one core, whose streams take turns for long, in files of many sizes."""
    case, draw = drawn(seed), random.Random(seed)
    (client, *_), life = case.clients, case.clients[0].operations
    first = replace(life.write, store=0.0, wait=False)
    client = replace(
        client,
        operations=replace(life, before=life.before or (first,)),
        streams=draw.choice([1, 2, 3, 5, 8, 22, 23]),
        link=0,
    )
    sizes = tuple(float(draw.choice([0, 1, client.block, draw.randint(0, 14)])) for _ in range(120))

    def alone(regime: Regime) -> Regime:
        return replace(regime, bandwidth=regime.bandwidth[:1], latency=regime.latency[:1])

    schedule = tuple((8 * time, alone(regime)) for time, regime in case.schedule)
    return Case(replace(case.server, cores=1), (client,), (sizes,), schedule)

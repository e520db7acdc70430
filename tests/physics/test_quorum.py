import itertools

import numpy as np
import pytest

from devicesim import catalog
from devicesim.errors import BoundError
from devicesim.physics.quorum import Quorum, Service, quorum, service

FIGURES = catalog.Figures()
TOLERANCE = dict(zip(range(3, 17), map(int, FIGURES.si_values("cluster.today.tolerance")), strict=True))
SPARE = [int(FIGURES.si(f"cluster.2020.{what}_spare")) for what in ("write", "read")]


def every_state(nodes):
    """All 2^N combinations of reachable and unreachable nodes."""
    return np.array(list(itertools.product([False, True], repeat=nodes)))


@pytest.mark.parametrize("nodes", range(5, 11), ids=lambda n: f"UsingCluster-2020-{n}")
def test_published_quorum_of_2020_in_every_state(nodes):
    # "1 node down: read and write; 2 down: read only; 3 down: offline", whatever the size and whichever nodes.
    states = every_state(nodes)
    told = service(quorum(nodes, *SPARE), states)
    for state, got in zip(states.tolist(), told.tolist(), strict=True):
        down = state.count(False)
        expected = {0: Service.READ_WRITE, 1: Service.READ_WRITE, 2: Service.READ_ONLY}.get(
            down, Service.OFFLINE
        )
        assert got == expected


@pytest.mark.parametrize("nodes", range(3, 17), ids=lambda n: f"ClusterOverview-2023-{n}")
def test_published_quorum_of_today_in_every_state(nodes):
    # Full service while no more nodes are missing than the table allows (1 for 3 and 4 nodes, 2 from 5), else offline.
    states = every_state(nodes)
    allowed = 1 if nodes < 5 else 2
    told = service(quorum(nodes, TOLERANCE[nodes], TOLERANCE[nodes]), states)
    missing = nodes - states.sum(axis=1)
    assert ((told == Service.READ_WRITE) == (missing <= allowed)).all()
    assert ((told == Service.OFFLINE) == (missing > allowed)).all()
    assert len(told) == 2**nodes


def test_law_a_node_more_in_reach_never_serves_less():
    for nodes, spares in ((5, SPARE), (16, (2, 2))):
        rule = quorum(nodes, *spares)
        states = every_state(nodes)
        told = service(rule, states)
        for node in range(nodes):
            more = states.copy()
            more[:, node] = True
            assert (service(rule, more) >= told).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quorum(5, -1, 2), "write_spare must be >= 0, got -1"),
        (lambda: quorum(5, 2, 1), r"read must be in \[1, 3\], got 4"),
        (lambda: quorum(2, 0, 2), r"read must be in \[1, 2\], got 0"),
        (lambda: Quorum(5, 6, 3), r"write must be in \[1, 5\], got 6"),
        (lambda: service(Quorum(5, 4, 3), [True] * 4), "the number of nodes, 5, got 4"),
    ],
)
def test_misuse_is_told_in_one_dialect(call, message):
    with pytest.raises(BoundError, match=message):
        call()

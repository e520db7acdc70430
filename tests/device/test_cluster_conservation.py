"""Bytes are conserved across nodes, repair and retries, whatever befalls a cluster and whenever."""

import numpy as np
import pytest
from cluster_story import cluster_story
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import devicesim
from devicesim.device.cluster.member import ASSOCIATED, AWAITED, LOST, STARTING, UNREACHABLE
from devicesim.jobs import ClusterState
from devicesim.physics.quorum import Service, quorum, service
from devicesim.progress import LegEnded, Lost, QuorumChanged

FAULT = st.tuples(
    st.sampled_from(["node-lost", "node-down", "power-cut"]),
    st.integers(0, 30 * 24 * 60),
    st.lists(st.integers(1, 5), min_size=1, max_size=5, unique=True),
    st.integers(1, 20 * 24 * 60),
)
SHAPES = {
    "five of 2020": ("cluster.nodes = 5",),
    "seven of 2020": ("cluster.nodes = 7",),
    "five of today": ('cluster.era = "today"', 'job.device = "EDGE_C"', "cluster.nodes = 5"),
    "three of today": ('cluster.era = "today"', 'job.device = "V3_5S"', "cluster.nodes = 3"),
}


def tables(faults, nodes):
    told = []
    for kind, at, named, minutes in faults:
        lasting = "" if kind == "node-lost" else f'duration = "{minutes} min"'
        some = [node for node in named if node <= nodes] or [1]
        told.append(f'[[fault]]\nkind = "{kind}"\nat = "{at} min"\nnodes = {some}\n{lasting}\n')
    return "".join(told)


def hold(world, cluster):
    """What must hold at every moment."""
    books, sizes = cluster.work.books, cluster.work.books.sizes
    (files, size), (lost_files, lost) = books.stored, books.lost
    told = world.stream.of(Lost)
    assert (sum(event.files for event in told), sum(event.bytes for event in told)) == (lost_files, lost)
    assert sum(books.on(place) for place in range(cluster.drawn.nodes)) == pytest.approx(books.raw)
    assert size - 1e-3 <= books.raw <= size * cluster.drawn.code.amplification * (1 + 1e-12)
    writing = cluster.work.writing
    if writing is not None and writing.leg is not None and writing.running is None:
        done, finished = writing._kept()
        assert (files + lost_files, size + lost) == (finished, done)
        assert cluster.work.front.share.bytes == size
        assert cluster.work.front.share.files == files
    assert files + lost_files <= sizes.size
    for leg in world.stream.legs:
        moved = leg.at(np.linspace(leg.start, world.now, 5))[0]
        assert (np.diff(moved) >= 0).all()
        assert moved[-1] <= leg.total_bytes
    served = world.stream.of(QuorumChanged)
    if cluster.work.formed is not None and cluster.work.ended is None:
        rule = cluster.drawn.rule
        up = [place in cluster.work.up for place in range(rule.nodes)]
        told_level = {"read/write": 2, "read only": 1, "offline": 0}[served[-1].service]
        assert told_level <= int(service(rule, up))  # less only where data is out of reach
        if told_level < int(service(rule, up)):
            assert books.unreadable(cluster.work.up)[0]


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=st.lists(FAULT, max_size=5), replace=st.booleans(), slow=st.booleans(), seed=st.integers(0, 50))
def test_law_bytes_are_conserved_under_any_faults(shape, faults, replace, slow, seed):
    changes = SHAPES[shape]
    nodes = int(changes[-1].split("=")[1])
    kind = "V3_5S" if "V3_5S" in str(changes) else "EDGE_C" if "EDGE_C" in str(changes) else "EDGE"
    speed = f'assume."{kind}.s3.per_byte" = "{1000 if slow else 1} ns/B"'
    story = cluster_story(
        *changes, f"seed = {seed}", f"cluster.replace = {str(replace).lower()}", speed,
        "client.recorder.streams = 3", "dataset.clips.files = 60",
        'client.recorder.s3.part = "256 MB"', more=tables(faults, nodes),
    )  # fmt: skip
    world = devicesim.World(story)
    cluster = next(iter(world.clusters.values()))
    while cluster.state is not ClusterState.COMPLETE and world.now < 500 * 86400:
        world.advance("2 d")
        hold(world, cluster)
    world.run()
    # It comes to an end, whatever befell it, and every node is back.
    assert cluster.state is ClusterState.COMPLETE
    writing = cluster.work.writing
    if writing is not None:
        (ended,) = [event for event in world.stream.of(LegEnded) if event.leg == "ingest"]
        done, finished = writing._kept()
        assert (ended.bytes, ended.objects) == (done, finished)
    spans = sum(cluster.work.spans.values())
    if cluster.work.formed is not None:
        assert spans == pytest.approx(cluster.work.ended - cluster.work.formed)
    assert devicesim.answer(world).state == "Complete"


def test_law_service_in_every_combination_of_node_states():
    # Whatever a node is to its cluster, only one that is associated is in reach: 5^5 combinations.
    states = (AWAITED, STARTING, ASSOCIATED, UNREACHABLE, LOST)
    rule = quorum(5, 1, 2)
    grid = np.array(np.meshgrid(*[np.arange(5)] * 5)).reshape(5, -1).T
    reach = grid == states.index(ASSOCIATED)
    told = service(rule, reach)
    down = 5 - reach.sum(axis=1)
    assert len(told) == 3125
    assert ((told == Service.READ_WRITE) == (down <= 1)).all()
    assert ((told == Service.READ_ONLY) == (down == 2)).all()
    assert ((told == Service.OFFLINE) == (down >= 3)).all()

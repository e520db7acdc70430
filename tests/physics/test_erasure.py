import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim import catalog
from devicesim.errors import BoundError
from devicesim.physics import erasure
from devicesim.physics.erasure import Code, Node

FIGURES = catalog.Figures()
OVERHEAD = dict(zip(range(3, 17), FIGURES.si_values("cluster.today.overhead"), strict=True))

# AWS Snowball Edge developer guide, ClusterOverview [TB]: EDGE_C and V3_5C from 2023-05-01, V3_5S from 2025, of which
# the rows of 14 to 16 nodes are not stored anywhere but for "up to 2.6 PB" of 16.
PUBLISHED = {
    "EDGE_C": [83, 125, 125, 167, 209, 250, 292, 334, 370, 376, 418, 459, 495, 501],
    "V3_5C": [38, 57, 57, 76, 95, 114, 133, 152, 165, 171, 190, 209, 225, 228],
    "V3_5S": [438, 657, 657, 904, 1096, 1315, 1534, 1754, 1970, 1973, 2192],
}
MISPRINT = ("V3_5S", 6)
ROWS = [(kind, nodes, size) for kind, sizes in PUBLISHED.items() for nodes, size in enumerate(sizes, start=3)]
codes = st.builds(Code, st.integers(1, 14), st.integers(0, 4))


def capacity(kind, nodes):
    share = FIGURES.si(f"cluster.today.share.{kind}")
    return erasure.usable_capacity(nodes, share, int(OVERHEAD[nodes])) / 1e12


def published(rows, name):
    return pytest.mark.parametrize(
        ("kind", "nodes", "size"), rows, ids=[f"ClusterOverview-{k}-{n}-{name}" for k, n, _ in rows]
    )


@published([row for row in ROWS if row[1] <= 10 and row[:2] != MISPRINT], "1pct")
def test_published_capacity_of_three_to_ten_nodes(kind, nodes, size):
    assert capacity(kind, nodes) == pytest.approx(size, rel=0.01)


def test_published_904_tb_is_a_misprint():
    # ClusterOverview gives six nodes of 210 TB 904 TB. Every other row of that column up to ten nodes is (N - m) times
    # one number to 0.2 %; with 904 the step from 5 to 6 nodes would be 247 TB and the one from 6 to 7 only 192.
    sizes = dict(enumerate(PUBLISHED["V3_5S"], start=3))
    shares = [size / (n - OVERHEAD[n]) for n, size in sizes.items() if n <= 10 and n != 6]
    assert max(shares) / min(shares) < 1.002
    assert 1.02 * max(shares) < 904 / 4
    assert capacity(*MISPRINT) == pytest.approx(877, abs=1)


@published([row for row in ROWS if row[1] in (12, 13, 14, 16)], "1pct")
def test_published_capacity_beyond_the_change_of_law(kind, nodes, size):
    assert capacity(kind, nodes) == pytest.approx(size, rel=0.01)


@published([row for row in ROWS if row[1] in (11, 15)], "4pct")
def test_published_capacity_where_the_law_changes(kind, nodes, size):
    assert size <= capacity(kind, nodes) <= 1.04 * size


def test_published_sixteen_storage_optimised_nodes_hold_2_6_pb():
    assert capacity("V3_5S", 16) == pytest.approx(2600, rel=0.02)


def test_published_45_tb_a_node_in_2020():
    share, data, parity = (FIGURES.si(f"cluster.2020.{key}") for key in ("share.EDGE", "data", "parity"))
    assert erasure.usable_capacity(5, share, 0) == 225e12
    # The code behind it: 3 + 2 fragments turn 45 TB of data into 75 of the 80 TB that a device has.
    assert share * Code(int(data), int(parity)).amplification == 75e12


def test_worked_write_latency():
    # The third smallest of three exponential times of 1 s: 1 + 1/2 + 1/3; the first: 1/3.
    assert erasure.write_latency(1.0, 3, 3) == pytest.approx(11 / 6)
    assert erasure.write_latency(1.0, 3, 1) == pytest.approx(1 / 3)


def test_law_write_latency_is_that_of_drawn_times():
    drawn = np.sort(np.random.default_rng(4).exponential(0.013, (200_000, 7)), axis=1).mean(axis=0)
    told = [erasure.write_latency(0.013, 7, w) for w in range(1, 8)]
    assert told == pytest.approx(drawn.tolist(), rel=0.01)


def test_worked_one_ingress_node_of_five_on_10_gbe():
    # 1177 MB/s of goodput; 4 fragments of 1/3 leave the node: 1177 * 3 / 4 = 882.75.
    assert erasure.ingress_rate(Node(1177e6, 1e12), Code(3, 2), 5) == pytest.approx(882.75e6)


def test_worked_rates_of_several_ingress_nodes():
    # 2 of 5 nodes: each takes r from its client and a quarter of the other's 4/3 r: r (1 + 1/3) <= 1177, as 4/3 r sent.
    node = Node(1177e6, 600e6)
    assert erasure.ingress_rate(node, Code(3, 2), 5, 2) == pytest.approx(882.75e6)
    # 5 of 5: r (1 + 4/3) <= 1177, so r = 504.4 and 2522 together, above the disks' 5 * 600 * 3/5 = 1800.
    assert erasure.ingress_rate(node, Code(3, 2), 5, 5) == pytest.approx(504.43e6, rel=1e-5)
    assert erasure.cluster_rate(node, Code(3, 2), 5, 5) == pytest.approx(1800e6)
    assert erasure.cluster_rate(Node(1177e6, 600e6, cpu=330e6), Code(3, 2), 5, 1) == pytest.approx(330e6)


@given(code=codes, more=st.integers(0, 4), ingress=st.integers(1, 8), port=st.floats(1e6, 1e10))
def test_law_no_port_or_disk_serves_above_its_capacity(code, more, ingress, port):
    nodes = code.width + more
    ingress = min(ingress, nodes)
    node = Node(port, port / 3)
    each = erasure.cluster_rate(node, code, nodes, ingress) / ingress
    others, fragment = code.width - 1, each / code.data
    sent = others * fragment
    got = each + (ingress - 1) * (sent / max(nodes - 1, 1))
    written = ingress * code.width * fragment / nodes
    assert sent <= port * (1 + 1e-9)
    assert got <= port * (1 + 1e-9)
    assert written <= node.disk * (1 + 1e-9)
    busiest = max(sent / port, got / port, written / node.disk, each / port)
    assert busiest == pytest.approx(1)  # and one of them is the bottleneck


def test_worked_rebuild_of_a_node():
    # 45 TB on a node of 3 + 2: 135 TB through its 1 GB/s port take 37.5 h; 30 % of the port, 125 h.
    node, code = Node(1e9, 500e6), Code(3, 2)
    assert erasure.rebuild_traffic(45e12, code) == 135e12
    whole = erasure.repair_rate(node, code, sources=4, targets=1)
    assert erasure.rebuild_time(45e12, whole, code) / 3600 == pytest.approx(37.5)
    part = erasure.repair_rate(node, code, sources=4, targets=1, share=0.3)
    assert erasure.rebuild_time(45e12, part, code) / 3600 == pytest.approx(125)
    assert (part.port, part.disk) == (pytest.approx(0.3), pytest.approx(0.2))


@given(code=codes, sources=st.integers(1, 16), targets=st.integers(1, 16), share=st.floats(0.01, 1))
def test_law_repair_takes_no_more_than_its_share(code, sources, targets, share):
    sources = max(sources, code.data)
    node = Node(1e9, 2e8)
    told = erasure.repair_rate(node, code, sources, targets, share)
    made = told.rate / targets  # bytes of objects a target completes a second
    assert made <= share * node.port * (1 + 1e-9)
    assert made / code.data <= share * node.disk * (1 + 1e-9)
    assert told.rate / sources <= share * min(node.port, node.disk) * (1 + 1e-9)
    assert max(told.port, told.disk) == pytest.approx(share)


@pytest.mark.parametrize(("nodes", "tolerance"), [(3, 1), (5, 2), (16, 2)])
def test_law_mean_time_to_loss_is_the_markov_chain_s(nodes, tolerance):
    # States: 0 .. m nodes gone, then loss. Node failures at (N - i) / MTTF, repairs one node at a time for each gone,
    # but the closed form counts one repair at rate 1 / MTTR from every state.
    mttf, mttr = 20 * 365.25, 0.05
    size = tolerance + 1
    rates = np.zeros((size, size))
    for gone in range(size):
        fail, heal = (nodes - gone) / mttf, (1 / mttr if gone else 0.0)
        rates[gone, gone] = -(fail + heal)
        if gone:
            rates[gone, gone - 1] = heal
        if gone + 1 < size:
            rates[gone, gone + 1] = fail
    absorbed = np.linalg.solve(rates, -np.ones(size))[0]
    assert erasure.mean_time_to_loss(nodes, tolerance, mttf, mttr) == pytest.approx(absorbed, rel=0.005)


def test_worked_availability():
    # Three nodes of 90 %: all up 0.729, one down 3 * 0.1 * 0.81 = 0.243.
    assert erasure.availability(3, 1, 0.9) == pytest.approx(0.972)


@given(nodes=st.integers(1, 16), up=st.floats(0, 1), data=st.data())
def test_law_availability_counts_node_states(nodes, up, data):
    tolerance = data.draw(st.integers(0, nodes - 1))
    counted = sum(
        math.comb(nodes, down) * (1 - up) ** down * up ** (nodes - down) for down in range(tolerance + 1)
    )
    assert erasure.availability(nodes, tolerance, up) == pytest.approx(counted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Code(0, 2), "data must be >= 1, got 0"),
        (lambda: Code(3, -1), "parity must be >= 0, got -1"),
        (lambda: erasure.usable_capacity(5, 1e12, 5), r"parity must be in \[0, 4\], got 5"),
        (lambda: erasure.write_latency(1.0, 3, 4), r"acknowledged must be in \[1, 3\], got 4"),
        (lambda: erasure.ingress_rate(Node(1e9, 1e9), Code(3, 2), 4), "nodes must be >= the fragments, 5, got 4"),
        (lambda: erasure.repair_rate(Node(1e9, 1e9), Code(3, 2), 2, 1), "sources must be >= 3, got 2"),
        (lambda: Node(0.0, 1.0), "port must be > 0, got 0.0"),
        (lambda: erasure.mean_time_to_loss(5, 2, math.inf, 1.0), "lifetime must be > 0 and finite, got inf"),
        (lambda: erasure.availability(5, 2, 1.5), r"up must be in \[0, 1\], got 1.5"),
    ],
)  # fmt: skip
def test_misuse_is_told_in_one_dialect(call, message):
    with pytest.raises(BoundError, match=message):
        call()

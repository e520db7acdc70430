import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim import scenario
from devicesim.catalog import Figures
from devicesim.device.cluster.plan import client_rates, plan
from devicesim.physics import erasure
from devicesim.physics.erasure import Code, Node, Repair

FIGURES = Figures()


def drawn(nodes, era="2020", device="EDGE"):
    return plan(FIGURES, device, scenario.Cluster.model_validate({"nodes": nodes, "era": era}))


@pytest.mark.parametrize(
    ("nodes", "era", "device", "code", "write", "read", "ordered", "terabytes"),
    [
        (5, "2020", "EDGE", Code(3, 2), 4, 3, 5, 225),
        (10, "2020", "EDGE", Code(3, 2), 9, 8, 5, 450),
        (3, "today", "EDGE_C", Code(2, 1), 2, 2, 3, 83.4),
        (5, "today", "V3_5C", Code(3, 2), 3, 3, 5, 57),
        (16, "today", "V3_5S", Code(14, 2), 14, 14, 16, 2630.4),
    ],
)
def test_worked_clusters_on_paper(nodes, era, device, code, write, read, ordered, terabytes):
    paper = drawn(nodes, era, device)
    assert (paper.code, paper.rule.write, paper.rule.read) == (code, write, read)
    assert paper.ordered == ordered
    assert paper.capacity == pytest.approx(terabytes * 1e12)


def test_worked_fragments_of_a_write_while_a_node_is_missing():
    five = drawn(5)
    assert five.written(4) == Code(3, 1)
    assert [five.acknowledged(up, "all") for up in (5, 4)] == [5, 4]
    assert [five.acknowledged(up, "quorum") for up in (5, 4)] == [4, 4]
    assert drawn(7).written(6) == Code(3, 2)  # stripes of five fit six nodes
    assert drawn(6, "today", "EDGE_C").acknowledged(6, "quorum") == 4


def test_worked_two_clients_share_a_node_and_a_third_has_its_own():
    # Two ingress nodes of 900 MB/s of port: out 4/3 of what comes in, so 675 each; two clients at node 0 get half.
    node = Node(900e6, 1e12)
    rates = client_rates(drawn(5), node, range(5), {0: 0, 1: 0, 2: 3}, [1e9, 1e9, 1e9])
    assert rates == pytest.approx([337.5e6, 337.5e6, 675e6])


def test_worked_a_slow_client_leaves_the_rest_of_its_node():
    rates = client_rates(drawn(5), Node(900e6, 1e12), range(5), {0: 2, 1: 2}, [100e6, 1e9])
    assert rates == pytest.approx([100e6, 575e6])


def test_worked_repair_takes_its_share_of_the_ports():
    rates = client_rates(drawn(5), Node(900e6, 1e12), range(5), {0: 2}, [1e9], Repair(1.0, 0.3, 0.1))
    assert rates == pytest.approx([0.7 * 675e6])


@given(
    st.dictionaries(st.integers(0, 5), st.one_of(st.just("spread"), st.integers(0, 4)), max_size=6),
    st.lists(st.floats(1e6, 5e9), min_size=6, max_size=6),
)
def test_law_nobody_gets_more_than_its_port_nor_a_node_more_than_it_can_take(at, wanted):
    node, paper = Node(1e9, 1e12), drawn(5)
    rates = client_rates(paper, node, range(5), at, wanted)
    used = 5 if "spread" in at.values() else len(set(at.values()))
    assert all(rate <= most * (1 + 1e-9) for rate, most in zip(rates, wanted, strict=True))
    if at:
        through = erasure.ingress_rate(node, paper.code, 5, used)
        assert sum(rates[client] for client in at) <= used * through * (1 + 1e-9)

"""A cluster from order to return: its states, how fast it takes data, what faults do, what an account may do."""

import pytest
from cluster_story import BYTES, cluster_story

import devicesim
from devicesim.device.cluster.member import LOST
from devicesim.errors import ScenarioError, VerbError
from devicesim.jobs import CLUSTER_MOVES, ClusterState, JobState
from devicesim.physics import erasure, ethernet
from devicesim.physics.quorum import Service
from devicesim.progress import LegInterrupted, Lost, NodeChanged, QuorumChanged, Refused

PORT = float(ethernet.goodput(1.25e9))
QUICK = 'assume."EDGE.s3.per_byte" = "0.001 ns/B"'
"""A processor that never binds."""


def run(*changes, more=""):
    world = devicesim.simulate(cluster_story(*changes, more=more))
    return world, next(iter(world.clusters.values()))


def fault(kind, at, nodes, duration=""):
    lasting = f'duration = "{duration}"' if duration else ""
    return f'[[fault]]\nkind = "{kind}"\nat = "{at}"\nnodes = {nodes}\n{lasting}\n'


def services(world):
    return [(event.service, event.reachable) for event in world.stream.of(QuorumChanged)]


def clients(count, node=None):
    """Further clients with data of their own, each at a node of its own or at one that is named."""
    return "".join(
        f"""
[[dataset]]
name = "clips{n}"
bucket = "arn:aws:s3:::small-story"
files = 400
size = {{ distribution = "fixed", value = "1 GB" }}
[[client]]
name = "recorder{n}"
dataset = "clips{n}"
link = "ethernet"
rate = "10 Gbit/s"
streams = 8
interface = "s3"
s3 = {{ part = "16 MB", requests = 8 }}
node = {node or n}
"""
        for n in range(2, count + 1)
    )


# States and life.


def test_worked_a_cluster_goes_from_awaiting_quorum_to_complete():
    world, cluster = run()
    states = [state for _, state in cluster.history]
    assert states == [
        ClusterState.AWAITING_QUORUM, ClusterState.PENDING, ClusterState.IN_USE, ClusterState.COMPLETE,
    ]  # fmt: skip
    delivered = [at for life in cluster.lives for at, s in life.job.history if s is JobState.WITH_CUSTOMER]
    back = [at for life in cluster.lives for at, s in life.job.history if s is JobState.COMPLETE]
    assert cluster.history[2][0] == min(delivered)  # InUse with the first node at the customer's
    assert cluster.history[3][0] == max(back)  # Complete with the last one back
    # Each node was unpacked in an hour, booted in 20 minutes, was unlocked in one and associated in two.
    assert cluster.work.formed == pytest.approx(max(delivered) + 3600 + 20 * 60 + 60 + 120)
    assert world.stream.leg("import", cluster.work.anchor) is None  # nothing of it goes to S3


def test_law_states_move_only_as_the_api_has_them():
    assert set(CLUSTER_MOVES) == set(ClusterState)
    legal = {(old, new) for old, after in CLUSTER_MOVES.items() for new in after}
    assert legal == {
        (ClusterState.AWAITING_QUORUM, ClusterState.PENDING),
        (ClusterState.AWAITING_QUORUM, ClusterState.CANCELLED),
        (ClusterState.PENDING, ClusterState.IN_USE),
        (ClusterState.IN_USE, ClusterState.COMPLETE),
    }


def test_worked_a_certificate_ends_a_cluster_that_is_kept_too_long():
    _, cluster = run('job.keep = "500 d"')
    assert cluster.work.ended == pytest.approx(365 * 86400)
    assert cluster.work.why_ended == "the nodes locked when their certificate ended"
    assert cluster.state is ClusterState.COMPLETE


# How fast it takes data.


def rate(cluster, client=0):
    _, size, took = cluster.work.writing.rates()[client]
    return size / took


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # One ingress node sends 4 fragments of a third: 1177 MB/s * 3 / 4.
        ((QUICK,), PORT * 3 / 4),
        # All disks: 5 * 200 MB/s * 3 / 5.
        ((QUICK, 'assume."EDGE.disk.outer_rate" = "200 MB/s"'), 600e6),
        # One core at 2.7 ns a byte.
        ((), 1 / 2.7e-9),
        # The client's own port.
        ((QUICK, 'client.recorder.rate = "1 Gbit/s"'), float(ethernet.goodput(125e6))),
        # Spread over all five nodes: more than its own port takes.
        ((QUICK, 'client.recorder.node = "spread"'), PORT),
        # Seven nodes of 2020 keep stripes of five: as with five.
        ((QUICK, "cluster.nodes = 7"), PORT * 3 / 4),
    ],
)
def test_worked_one_client(changes, expected):
    _, cluster = run(*changes)
    assert rate(cluster) == pytest.approx(expected, rel=3e-3)  # the last objects are fewer than the streams


def test_law_one_client_is_as_fast_as_the_closed_form():
    for nodes, tolerance in ((3, 1), (6, 2), (12, 2)):
        _, cluster = run(
            QUICK, 'job.device = "EDGE_C"', 'cluster.era = "today"', f"cluster.nodes = {nodes}",
            'assume."EDGE_C.s3.accesses" = "0 IO"', 'assume."EDGE_C.s3.per_operation" = "0 us"',
            'assume."EDGE_C.s3.per_byte" = "0.001 ns/B"', 'assume."EDGE_C.disk.outer_rate" = "5 GB/s"',
        )  # fmt: skip
        code = erasure.Code(nodes - tolerance, tolerance)
        told = erasure.cluster_rate(erasure.Node(PORT, 5e9), code, nodes)
        assert rate(cluster) == pytest.approx(told, rel=2e-3)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_law_several_clients_at_nodes_of_their_own_are_as_fast_as_the_closed_form(count):
    _, cluster = run(QUICK, more=clients(count))
    told = erasure.cluster_rate(erasure.Node(PORT, 1.5e9), erasure.Code(3, 2), 5, ingress=count)
    whole = sum(rate(cluster, k) for k in range(count))
    assert whole == pytest.approx(told, rel=5e-3)


def test_worked_a_client_that_is_done_leaves_its_node_to_the_other():
    # Two clients at node 1 share 882.6 MB/s; recorder2 has twice the data. Until 400 GB of each are written 906.4 s
    # pass; then recorder2 has the node alone for its other 400 GB: 453.2 s. Done when: 906.4 and 1359.5 s.
    _, cluster = run(QUICK, "client.recorder.node = 1", "dataset.clips2.files = 800", more=clients(2, node=1))
    times = [took for _, _, took in cluster.work.writing.rates()]
    through = PORT * 3 / 4
    assert times[0] == pytest.approx(2 * 400e9 / through, rel=5e-3)
    assert times[1] == pytest.approx(3 * 400e9 / through, rel=5e-3)


# Faults.


def test_worked_losing_one_two_and_three_nodes_of_2020():
    down = [fault("node-down", "1 h", [1], "9 h"), fault("node-down", "2 h", [2], "7 h"),
            fault("node-down", "3 h", [3], "5 h")]  # fmt: skip
    world, cluster = run(more="".join(down))
    assert services(world) == [
        ("read/write", 5), ("read only", 3), ("offline", 2), ("read only", 3), ("read/write", 4),
        ("packed up", 5),
    ]  # fmt: skip
    # Offline from 3 h to 8 h, read only from 2 h to 9 h but for that; each comes back 2 min late, by associating.
    assert cluster.work.spans[Service.OFFLINE] == pytest.approx(5 * 3600 + 120)
    assert cluster.work.spans[Service.READ_ONLY] == pytest.approx(2 * 3600)


def test_worked_a_cluster_of_today_has_full_service_up_to_its_tolerance_and_is_offline_beyond():
    world, _ = run(
        'cluster.era = "today"', 'job.device = "EDGE_C"', "cluster.nodes = 6",
        more=fault("node-down", "1 h", [1, 2], "5 h") + fault("node-down", "2 h", [3], "1 h"),
    )  # fmt: skip
    assert services(world) == [("read/write", 6), ("offline", 3), ("read/write", 4), ("packed up", 6)]


def test_worked_a_power_cut_of_all_nodes_is_one_step_and_loses_nothing():
    world, cluster = run(QUICK, more=fault("power-cut", "5 min", [1, 2, 3, 4, 5], "2 h"))
    assert services(world) == [("read/write", 5), ("offline", 0), ("read/write", 5), ("packed up", 5)]
    assert [event.why for event in world.stream.of(LegInterrupted)] == ["the cluster was offline"]
    # Power for 2 h, then boot, unlock and associate: 23 min.
    assert cluster.work.spans[Service.OFFLINE] == pytest.approx(2 * 3600 + 23 * 60)
    assert cluster.work.books.stored == (400, BYTES)
    assert not world.stream.of(Lost)


def test_worked_writes_stall_while_read_only_and_go_on():
    world, cluster = run(QUICK, more=fault("power-cut", "5 min", [4, 5], "1 h"))
    (told,) = world.stream.of(LegInterrupted)
    assert told.why == "the cluster was read only"
    # In 5 min at 882.6 MB/s 264 files of 1 GB are whole; the 8 under way are sent again.
    assert told.objects == pytest.approx(264, abs=9)
    assert cluster.work.writing.leg.complete
    assert cluster.work.books.stored == (400, BYTES)


def test_worked_a_lost_node_is_replaced_and_rebuilt():
    _world, cluster = run(QUICK, 'job.keep = "60 d"', more=fault("node-lost", "6 h", [2]))
    lost = [each for each in cluster.members if each.state == LOST]
    assert [each.number for each in lost] == [1]
    assert len(cluster.members) == 6
    assert cluster.members[5].number == 1
    # 400 GB of objects: the new node needs 133.3 GB of fragments, for which 400 GB come in through its port.
    repair = cluster.work.repair
    assert repair.traffic == pytest.approx(BYTES)
    assert repair.busy == pytest.approx(BYTES / PORT, rel=1e-6)
    assert cluster.work.books.thin == (0, 0)
    assert cluster.work.books.on(1) == pytest.approx(BYTES / 3)
    # The removed node is returned at once, while the cluster works on.
    back = {at for at, s in cluster.lives[1].job.history if s is JobState.COMPLETE}
    assert max(back) < cluster.work.ended
    assert cluster.state is ClusterState.COMPLETE


def test_worked_a_node_that_was_lost_never_joins_again():
    world, cluster = run('job.keep = "60 d"', more=fault("node-lost", "6 h", [2]))
    job = cluster.members[1].job.id
    told = [event.state for event in world.stream.of(NodeChanged) if event.node_job == job]
    assert told == ["associated", "lost"]


def test_worked_no_replacement_where_none_is_wanted():
    _, cluster = run("cluster.replace = false", more=fault("node-lost", "6 h", [2]))
    assert len(cluster.members) == 5
    assert cluster.work.books.thin == (400, BYTES)
    assert cluster.state is ClusterState.COMPLETE


def test_worked_three_nodes_lost_for_good_lose_what_was_written():
    world, cluster = run(QUICK, "cluster.replace = false", more=fault("node-lost", "5 min", [1, 2, 3]))
    (lost,) = world.stream.of(Lost)
    assert lost.where == "cluster"
    assert lost.files == pytest.approx(264, abs=9)
    assert lost.bytes == lost.files * 10**9
    (left,) = world.stream.of(Refused)
    assert lost.files + left.files == 400
    assert cluster.work.books.stored == (0, 0)
    report = devicesim.answer(world)
    assert report.metrics["files_lost"] == 400
    assert report.metrics["nodes_lost"] == 3


def test_worked_repair_beside_writes_takes_its_share_of_the_disks():
    # Node 5 is away for the first 5 min, so 264 GB of objects lack a fragment there when it comes back. Repair may take
    # 30 % of its port: 0.3 * 1177 = 353 MB/s of objects, 749 s of the 1000 s that writing still takes.
    slow = "dataset.clips.files = 4000"
    world, cluster = run(QUICK, slow, more=fault("node-down", "1 s", [5], "5 min"))
    assert cluster.work.books.thin == (0, 0)
    leg = next(leg for leg in world.stream.legs if leg.name == "repair")
    took = leg.end - leg.start
    assert took == pytest.approx(leg.total_bytes / (0.3 * PORT), rel=1e-6)
    assert cluster.work.repair.busy == pytest.approx(took)


def test_worked_a_client_whose_node_is_gone_writes_through_the_next():
    _world, cluster = run(QUICK, "client.recorder.node = 5", more=fault("node-down", "1 min", [5], "20 d"))
    # A minute is lost on the way to node 1; with four nodes each object has 3 + 1 fragments, of which 3 leave the node.
    sizes = 60 * PORT * 3 / 4
    expected = 60 + 60 + (BYTES - sizes) / PORT
    _, _, took = cluster.work.writing.rates()[0]
    assert took == pytest.approx(expected, rel=0.02)
    assert cluster.work.books.thin[0] == pytest.approx(400 - 52, abs=9)


def test_worked_a_cluster_that_fills_up_refuses_the_rest():
    # 5 nodes of 30 GB of room: 150 of the 400 objects of 1 GB.
    world, cluster = run(QUICK, 'assume."cluster.2020.share.EDGE" = "30 GB"', 'overflow = "run"')
    (refused,) = world.stream.of(Refused)
    assert (refused.error, refused.files, refused.why) == ("ENOSPC", 250, "the cluster is full")
    assert cluster.work.books.stored == (150, 150 * 10**9)


# What an account does step by step.


def test_worked_nothing_is_prepared_before_the_fifth_node_job():
    world = devicesim.World(seed=2)
    name = world.create_cluster(shipping="NEXT_DAY")
    for _ in range(4):
        world.create_node(name)
    world.advance("9 d")
    assert {job.state for job in world.jobs.values()} == {JobState.NEW}
    assert world.cluster(name).state is ClusterState.AWAITING_QUORUM
    world.create_node(name)
    assert world.cluster(name).state is ClusterState.PENDING
    with pytest.raises(VerbError, match="supports 5 nodes, and has a job for each"):
        world.create_node(name)
    with pytest.raises(VerbError, match="can be cancelled while it is AwaitingQuorum"):
        world.cancel_cluster(name)
    with pytest.raises(VerbError, match="can be changed while it is AwaitingQuorum"):
        world.update_cluster(name, description="late")
    world.run()
    assert world.cluster(name).state is ClusterState.COMPLETE


def test_worked_a_cluster_is_changed_and_cancelled_before_its_quorum():
    world = devicesim.World(seed=2)
    name = world.create_cluster(description="first")
    job = world.create_node(name)
    world.update_cluster(name, shipping="NEXT_DAY", description="second")
    assert world.job(job).order.description == world.cluster(name).order.description == "second"
    world.cancel_cluster(name)
    world.run()
    assert world.cluster(name).state is ClusterState.CANCELLED
    assert world.job(job).state is JobState.CANCELLED
    with pytest.raises(VerbError, match="is Cancelled and takes no more nodes"):
        world.create_node(name)


def test_law_an_account_s_clusters_are_replayed_bit_for_bit():
    world = devicesim.World(seed=5)
    name = world.create_cluster(era="today", device="V3_5S", nodes=3)
    for _ in range(3):
        world.create_node(name)
        world.advance("1 h")
    world.run()
    again = devicesim.replay(None, 5, world.log)
    assert again.events == world.events
    assert again.cluster(name).history == world.cluster(name).history


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"device": "SNC1_HDD"}, "device must be one of EDGE in a cluster of 2020, got SNC1_HDD"),
        ({"nodes": 4}, r"nodes must be in \[5, 10\], got 4"),
        ({"era": "2019"}, "era must be one of 2020, today, got 2019"),
        ({"era": "today", "device": "EDGE_C", "nodes": 17}, r"nodes must be in \[3, 16\], got 17"),
    ],
)
def test_misuse_of_create_cluster_is_told_in_one_dialect(members, message):
    with pytest.raises(devicesim.errors.BoundError, match=message):
        devicesim.World().create_cluster(**members)


def test_law_figures_that_no_cluster_can_have_are_found_before_the_run():
    for change in ('assume."cluster.repair.share" = 2', 'assume."cluster.2020.read_spare" = 9'):
        with pytest.raises(ScenarioError):
            devicesim.World(cluster_story(change))

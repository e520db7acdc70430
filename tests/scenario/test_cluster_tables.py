import itertools

import pytest

from devicesim import catalog, scenario
from devicesim.errors import ScenarioError
from devicesim.scenario.faults import NodeDown, NodeLost, PowerCut

CLUSTER = """
name = "Five nodes"
start = 2020-07-06T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::small-story"
files = 40
size = { distribution = "fixed", value = "5 MB" }
[[client]]
name = "recorder"
dataset = "clips"
link = "ethernet"
rate = "10 Gbit/s"
[job]
type = "LOCAL_USE"
device = "EDGE"
[cluster]
nodes = 5
[[fault]]
kind = "node-lost"
at = "2 d"
nodes = [2]
[[fault]]
kind = "power-cut"
at = "3 d"
nodes = [1, 3]
duration = "6 h"
[[fault]]
kind = "node-down"
at = "4 d"
nodes = [5]
duration = "30 min"
"""


def problems(*overrides, text=CLUSTER):
    with pytest.raises(ScenarioError) as caught:
        scenario.loads(text, "cluster.toml", overrides)
    return [(each.path, each.why) for each in caught.value.problems]


def hints(*overrides):
    with pytest.raises(ScenarioError) as caught:
        scenario.loads(CLUSTER, "cluster.toml", overrides)
    return [each.hint for each in caught.value.problems]


def test_worked_faults_are_told_apart_by_their_kind():
    story = scenario.loads(CLUSTER)
    assert [type(fault) for fault in story.faults] == [NodeLost, PowerCut, NodeDown]
    assert story.faults[1].duration == 6 * 3600
    assert scenario.from_dict(story.to_dict()) == story


@pytest.mark.parametrize("device", sorted(set(catalog.names("device")) - {"EDGE"}))
def test_law_only_edge_can_be_clustered_in_2020(device):
    found = problems(f'job.device = "{device}"')
    assert ("job.device", f"{device} cannot be clustered: EDGE can in 2020") in found


def test_law_a_cluster_of_a_type_that_cannot_cluster_is_refused_where_it_stands():
    text = CLUSTER.replace('device = "EDGE"\n', "")
    assert ("cluster", "SNC1_HDD cannot be clustered: EDGE can in 2020") in problems(text=text)


@pytest.mark.parametrize("nodes", [-1, 0, 1, 2, 3, 4, 11, 16, 17])
def test_law_a_cluster_of_2020_has_five_to_ten_nodes(nodes):
    (found,) = problems(f"cluster.nodes = {nodes}")
    assert found == ("cluster.nodes", f"a cluster has 5 to 10 nodes in 2020, got {nodes}")
    assert 'era = "today"' in hints(f"cluster.nodes = {nodes}")[0]


@pytest.mark.parametrize("nodes", [1, 2])
def test_law_a_cluster_of_today_has_three_to_sixteen_nodes(nodes):
    found = problems(f"cluster.nodes = {nodes}", 'cluster.era = "today"')
    assert ("cluster.nodes", f"a cluster has 3 to 16 nodes today, got {nodes}") in found


@pytest.mark.parametrize("kind", ["IMPORT", "EXPORT"])
def test_law_a_cluster_takes_local_use_jobs_only(kind):
    assert ("job.type", f"a cluster takes LOCAL_USE jobs only, got '{kind}'") in problems(
        f'job.type = "{kind}"'
    )


@pytest.mark.parametrize(
    ("override", "path", "why"),
    [
        ("client[0].node = 6", "client[0].node", "must be a node of the cluster, 1 to 5, got 6"),
        ("client[0].node = 0", "client[0].node", "must be the number of a node or 'spread', got 0"),
        ("fault[1].nodes = [1, 7]", "fault[1].nodes[1]", "must be a node of the cluster, 1 to 5, got 7"),
        ("fault[1].nodes = [3, 3]", "fault[1].nodes[1]", "must name each node once, got 3 twice"),
        ("fault[1].nodes = []", "fault[1].nodes", "must not be empty"),
        ('fault[1].duration = "0 s"', "fault[1].duration", "must be at least 1 s, got '0 s'"),
        ('fault[2].duration = "1 ms"', "fault[2].duration", "must be at least 1 s, got '0.001 s'"),
        ('fault[0].duration = "1 h"', "fault[0].duration", "unknown key"),
        ('client[0].link = "wifi"', "client[0].link", "a cluster is reached by cable, got 'wifi'"),
        ('cluster.era = "2021"', "cluster.era", "must be one of '2020', 'today', got '2021'"),
        ("cluster.acknowledge = 3", "cluster.acknowledge", "must be one of 'all', 'quorum', got 3"),
    ],
)  # fmt: skip
def test_law_what_a_cluster_lacks_is_refused_with_its_place(override, path, why):
    assert (path, why) in problems(override)


def test_law_a_node_that_none_can_be_is_the_one_thing_wrong_with_its_list():
    assert problems("fault[1].nodes = [0]") == [("fault[1].nodes[0]", "must be at least 1, got 0")]


def test_law_a_fault_that_takes_no_time_is_refused_with_what_to_write():
    assert hints('fault[1].duration = "0 s"') == [
        'leave the fault out, or say how long it lasts, such as "6 h"'
    ]


def test_law_a_fault_of_no_kind_that_there_is_is_refused():
    ((path, why),) = problems('fault[0].kind = "node-gone"')
    assert path == "fault[0].kind"
    assert why.startswith("must be one of ")
    assert "'node-lost', 'node-down'" in why
    assert why.endswith("got 'node-gone'")


def test_law_a_fault_without_a_kind_is_refused():
    assert ("fault[0].kind", "is missing") in problems(text=CLUSTER.replace('kind = "node-lost"\n', ""))


def test_law_nodes_and_their_faults_need_a_cluster():
    text = CLUSTER.replace("[cluster]\nnodes = 5\n", "")
    found = dict(problems("client[0].node = 1", text=text))
    assert found["client[0].node"] == "a node needs a cluster, and [cluster] is missing"
    assert found["fault[1].kind"] == "a power-cut fault of nodes needs a cluster, and [cluster] is missing"


def test_law_every_problem_of_a_cluster_is_told_at_once():
    found = problems(
        'job.type = "IMPORT"', 'job.device = "SNC1_HDD"', "client[0].node = 9", "fault[0].nodes = [8]"
    )
    assert [path for path, _ in found] == ["job.type", "job.device", "client[0].node", "fault[0].nodes[0]"]
    assert len(set(itertools.chain(*found))) == 8

"""Clusters: an empty one first, then a job for each node, which takes everything else from the cluster."""

from __future__ import annotations

from typing import Any

from devicesim import catalog
from devicesim.errors import BoundError, VerbError
from devicesim.jobs import CLUSTER_ALLOWED, ClusterState, JobState, JobType
from devicesim.snowball_api import metadata, orders
from devicesim.snowball_api.account import Account, Asked, AskedCluster, Members, together
from devicesim.snowball_api.errors import ApiError, combination, invalid_state
from devicesim.snowball_api.operations import operation

INHERITED = (
    "JobType",
    "Resources",
    "Description",
    "AddressId",
    "KmsKeyARN",
    "RoleARN",
    "SnowballType",
    "SnowballCapacityPreference",
    "ShippingOption",
    "Notification",
    "ForwardingAddressId",
    "TaxDocuments",
    "OnDeviceServiceConfiguration",
    "RemoteManagement",
)
"""What a node job takes from its cluster."""

MEMBERS = {"device": "SnowballType", "nodes": "InitialClusterSize"}
"""What the API calls the members of the World's verb."""

UPDATABLE = (
    "RoleARN",
    "Description",
    "Resources",
    "OnDeviceServiceConfiguration",
    "AddressId",
    "ShippingOption",
    "Notification",
    "ForwardingAddressId",
)

CHANGED = ("shipping", "description", "forwarded", "role")
"""What an update changes of the World's cluster."""


@operation(
    "CreateCluster",
    InvalidResourceException="the address or a long-term pricing named is not there",
    KMSRequestFailedException="a key service is attached and refuses the key",
    InvalidInputCombinationException="a type that cannot cluster, a job that is not LOCAL_USE, a size there is not",
    Ec2RequestFailedException="an image that ListCompatibleImages does not have",
)
def create_cluster(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Make an empty cluster; with ForceCreateJobs, its node jobs as well."""
    order = orders.checked(account, _clustered(account, members), region)
    if order["JobType"] != JobType.LOCAL_USE:
        raise combination(f"JobType of a cluster must be LOCAL_USE, got {order['JobType']}.")
    nodes = members.get("InitialClusterSize") or int(account.world.figures.si("cluster.2020.nodes.least"))
    verb = {
        name: value
        for name, value in orders.verb(order, region).items()
        if name not in ("type", "buckets", "ranges")
    }
    try:
        name = account.world.create_cluster(**verb, nodes=nodes, era=account.era)
    except BoundError as error:
        inner, _, rest = str(error).partition(" ")
        raise combination(f"{MEMBERS.get(inner, inner)} {rest}.") from None
    account.clusters[name] = AskedCluster(orders.with_images(account, order, name), region)
    told: dict[str, Any] = {"ClusterId": name}
    if members.get("ForceCreateJobs"):
        made = [_node(account, name, region) for _ in range(nodes)]
        told["JobListEntries"] = [metadata.entry(account, job, account.jobs[job]) for job in made]
    return told


def _clustered(account: Account, members: Members) -> dict[str, Any]:
    """The members, with the one type that clusters had in 2020 where none is named."""
    able = catalog.entry("cluster").listing(f"{account.era}.devices")
    return {"SnowballType": able[0]} | {name: value for name, value in members.items() if value is not None}


def create_node(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Answer a CreateJob that names a cluster."""
    cluster = account.cluster(members["ClusterId"], region)
    others = [name for name, value in members.items() if value is not None and name != "ClusterId"]
    differing = [name for name in others if members[name] != cluster.members.get(name)]
    if differing:
        raise combination(
            f"A node job takes all but its ClusterId from the cluster, got another {', '.join(differing)}."
        )
    return {"JobId": _node(account, members["ClusterId"], cluster.region)}


def _node(account: Account, name: str, region: str) -> str:
    account.admit()
    try:
        job_id = account.world.create_node(name)
    except VerbError as error:
        state = account.world.cluster(name).state
        if state in (ClusterState.CANCELLED, ClusterState.COMPLETE):
            raise invalid_state(f"cluster {name}", state, "open to nodes") from None
        raise ApiError(
            "ClusterLimitExceededException", f"Job creation failed. {_sentence(str(error))}"
        ) from None
    inherited = {
        each: account.clusters[name].members[each]
        for each in INHERITED
        if each in account.clusters[name].members
    }
    account.jobs[job_id] = Asked(inherited | {"ClusterId": name}, region)
    _agree(account, name, job_id)
    account.tell(job_id)
    return job_id


def _agree(account: Account, name: str, job_id: str) -> None:
    """Give a node job the first of the cluster's agreements that has no device now (*assumed*)."""
    over = {JobState.COMPLETE, JobState.CANCELLED}
    for each in account.clusters[name].members.get("LongTermPricingIds", ()):
        agreement = account.pricing[each]
        if all(account.state(job) in over for job in agreement.jobs):
            agreement.jobs.append(job_id)
            account.jobs[job_id].members["LongTermPricingId"] = each
            return


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


@operation("DescribeCluster", reads=True, InvalidResourceException="no such cluster in this group of Regions")
def describe_cluster(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Tell everything about a cluster."""
    name = members["ClusterId"]
    asked = account.cluster(name, region)
    kept = {each: asked.members[each] for each in (*INHERITED, "ShippingOption") if each in asked.members}
    return {"ClusterMetadata": kept | _entry(account, name)}


@operation(
    "ListClusters", reads=True, InvalidNextTokenException="the token was altered, or is another operation's"
)
def list_clusters(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the clusters in the order of their creation."""
    seen = [
        _entry(account, name) for name, asked in account.clusters.items() if together(asked.region, region)
    ]
    return account.page("ListClusters", seen, members, region)


@operation(
    "ListClusterJobs",
    reads=True,
    InvalidResourceException="no such cluster in this group of Regions",
    InvalidNextTokenException="the token was altered, or is another operation's",
)
def list_cluster_jobs(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the node jobs of a cluster in the order of their creation."""
    account.cluster(members["ClusterId"], region)
    seen = [
        metadata.entry(account, job_id, account.jobs[job_id])
        for job_id in account.world.jobs
        if account.jobs[job_id].members.get("ClusterId") == members["ClusterId"]
    ]
    return account.page("ListClusterJobs", seen, members, region)


@operation(
    "UpdateCluster",
    InvalidResourceException="no such cluster or address",
    InvalidJobStateException="the cluster is not AwaitingQuorum",
    KMSRequestFailedException="never: the key is no member of UpdateCluster",
    InvalidInputCombinationException="the changed members do not go together",
    Ec2RequestFailedException="an image that ListCompatibleImages does not have",
)
def update_cluster(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Change what was ordered, while the cluster waits for its nodes; its node jobs change with it."""
    name = members["ClusterId"]
    asked = account.cluster(name, region)
    _require_state(account, "UpdateCluster", name)
    changed = asked.members | {each: members[each] for each in UPDATABLE if members.get(each) is not None}
    order = orders.with_images(
        account, orders.checked(account, changed, asked.region, told=asked.members), name
    )
    verb = orders.verb(order, asked.region)
    account.world.update_cluster(name, **{each: verb[each] for each in CHANGED})
    asked.members = order
    for node in account.jobs.values():
        if node.members.get("ClusterId") == name:
            node.members |= {each: order[each] for each in INHERITED if each in order}
    return {}


@operation(
    "CancelCluster",
    InvalidResourceException="no such cluster",
    InvalidJobStateException="the cluster is not AwaitingQuorum",
    KMSRequestFailedException="never: no grant of a key has to be taken back here",
)
def cancel_cluster(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Cancel a cluster that waits for its nodes, with the node jobs that it has."""
    account.cluster(members["ClusterId"], region)
    _require_state(account, "CancelCluster", members["ClusterId"])
    account.world.cancel_cluster(members["ClusterId"])
    return {}


def _require_state(account: Account, call: str, name: str) -> None:
    state = account.world.cluster(name).state
    if state not in CLUSTER_ALLOWED[call]:
        raise invalid_state(f"cluster {name}", state, str(ClusterState.AWAITING_QUORUM))


def _entry(account: Account, name: str) -> dict[str, Any]:
    cluster = account.world.cluster(name)
    return {
        "ClusterId": name,
        "ClusterState": cluster.state.value,
        "CreationDate": account.time(cluster.history[0][0]),
        "Description": account.clusters[name].members.get("Description"),
    }

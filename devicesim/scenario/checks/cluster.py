"""Whether a cluster can be: its type, its size, its jobs, and the nodes that clients and faults name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devicesim import catalog
from devicesim.scenario import rooms
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.findings import Finding
from devicesim.scenario.places import Path

_NEEDS = 'add [cluster] with nodes = 5, or leave "{}" out'
_KINDS = ("node-lost", "node-down", "power-cut", "quorum-lost")
_ONLY = ("node-lost", "node-down", "quorum-lost")


def check(draft: Draft) -> Iterator[Finding]:
    """Yield what does not fit together of a cluster, or needs one."""
    if not isinstance(draft.document.get("cluster"), dict):
        if "cluster" not in draft.document:
            yield from _without(draft)
        return
    era = draft.table("cluster").get("era", "2020")
    if era not in ("2020", "today"):
        return
    yield from _order(draft, era)
    nodes = draft.table("cluster").get("nodes", 5)
    if not isinstance(nodes, int) or isinstance(nodes, bool):
        return
    least, most = (int(draft.figures.si(f"cluster.{era}.nodes.{end}")) for end in ("least", "most"))
    if not least <= nodes <= most:
        when = "in 2020" if era == "2020" else "today"
        hint = f'era = "today" takes 3 to 16: write it, or nodes = {min(max(nodes, least), most)}'
        yield Finding(
            ("cluster", "nodes"),
            f"a cluster has {least} to {most} nodes {when}, got {nodes}",
            hint if era == "2020" else "",
        )
        return
    for index, client in draft.tables("client"):
        yield from _client(index, client, nodes)
    for index, fault in draft.tables("fault"):
        if fault.get("kind") in _KINDS:
            yield from _fault(index, fault, nodes)


def room(draft: Draft) -> float | None:
    """What fits the cluster [bytes]; None where there is none that could be."""
    cluster = draft.table("cluster")
    era, nodes = cluster.get("era", "2020"), cluster.get("nodes", 5)
    if "cluster" not in draft.document or era not in ("2020", "today") or not isinstance(nodes, int):
        return None
    least, most = (draft.figures.si(f"cluster.{era}.nodes.{end}") for end in ("least", "most"))
    if draft.device not in catalog.entry("cluster").listing(f"{era}.devices") or not least <= nodes <= most:
        return None
    return rooms.cluster_capacity(draft.figures, draft.device, era, nodes)


def _without(draft: Draft) -> Iterator[Finding]:
    """What makes sense on a cluster only."""
    for index, client in draft.tables("client"):
        if "node" in client:
            yield Finding(
                ("client", index, "node"),
                "a node needs a cluster, and [cluster] is missing",
                _NEEDS.format("node"),
            )
    for index, fault in draft.tables("fault"):
        if (kind := fault.get("kind")) in _ONLY or (kind == "power-cut" and "nodes" in fault):
            yield Finding(
                ("fault", index, "kind"),
                f"a {kind} fault{' of nodes' if kind == 'power-cut' else ''} needs a cluster, and [cluster] is missing",
                "add [cluster] with nodes = 5" if kind in _ONLY else "add [cluster], or leave nodes out",
            )


def _order(draft: Draft, era: str) -> Iterator[Finding]:
    """A LOCAL_USE job on a type that can cluster."""
    job = draft.table("job")
    kind, device = job.get("type", "IMPORT"), job.get("device", catalog.FIRST)
    given: Path = ("job", "type") if "type" in job else ("cluster",)
    if kind in ("IMPORT", "EXPORT"):
        yield Finding(
            given,
            f"a cluster takes LOCAL_USE jobs only, got {kind!r}",
            'write type = "LOCAL_USE"; what is on a cluster goes to S3 by separate IMPORT jobs',
        )
    able = catalog.entry("cluster").listing(f"{era}.devices")
    if device in catalog.names("device") and device not in able:
        when = "in 2020" if era == "2020" else "today"
        words = f"{' or '.join((', '.join(able[:-1]), able[-1])) if len(able) > 1 else able[0]} can"
        yield Finding(
            ("job", "device") if "device" in job else ("cluster",),
            f"{device} cannot be clustered: {words} {when}",
            f'write device = "{able[0]}"',
        )
    if job.get("holds") is not None:
        yield Finding(("job", "holds"), "the nodes of a cluster come empty", "leave holds out")


def _client(index: int, client: Any, nodes: int) -> Iterator[Finding]:
    node = client.get("node")
    if isinstance(node, int) and not isinstance(node, bool) and node > nodes:
        yield Finding(("client", index, "node"), f"must be a node of the cluster, 1 to {nodes}, got {node}")
    if (named := client.get("interface", "s3")) in ("nfs", "file", "snowball"):
        yield Finding(
            ("client", index, "interface"),
            f"a cluster is written to through its S3 interface, got {named!r}",
            'write interface = "s3"',
        )
    if client.get("link") == "wifi":
        yield Finding(
            ("client", index, "link"), "a cluster is reached by cable, got 'wifi'", 'write link = "ethernet"'
        )


def _fault(index: int, fault: Any, nodes: int) -> Iterator[Finding]:
    named = fault.get("nodes")
    if named is None and fault.get("kind") == "power-cut":
        yield Finding(
            ("fault", index, "nodes"),
            "is missing: a power cut in a cluster is of nodes",
            "add nodes = [2, 4]",
        )
    seen = set[int]()
    for place, node in enumerate(named if isinstance(named, list) else []):
        if not isinstance(node, int) or isinstance(node, bool) or node < 1:
            continue
        path: Path = ("fault", index, "nodes", place)
        if node > nodes:
            yield Finding(path, f"must be a node of the cluster, 1 to {nodes}, got {node}")
        elif node in seen:
            yield Finding(path, f"must name each node once, got {node} twice")
        seen.add(node)

"""Agents: activated by the key that they show, described, renamed, deleted.

The key says where an agent runs: ``World.start_agent`` starts one on a device or on premises and gives its key. A key
that nobody was given starts an agent on premises (*assumed*), so that a program's own made-up key will do.
"""

from __future__ import annotations

from typing import Any

from devicesim.datasync_api.account import Account, Agent, Members, of
from devicesim.datasync_api.errors import in_use, refused
from devicesim.datasync_api.operations import operation

NO_AGENT = "no such agent in this Region"


@operation(
    "CreateAgent",
    InvalidRequestException="the key was used before, or the members break the model",
    InternalException="never",
)
def create_agent(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Activate an agent."""
    key = members["ActivationKey"]
    if any(key in {agent.key, agent.members["ActivationKey"]} for agent in account.agents.values()):
        raise refused("The activation key was used already.", "InvalidActivationKey")
    own = key if key in account.world.datasync.stations else account.world.start_agent()
    arn = account.arn(region, f"agent/{account.identity('agent')}")
    account.tag(arn, members.get("Tags", ()))
    kept = {name: value for name, value in members.items() if name != "Tags"}
    account.agents[arn] = Agent(arn, own, kept, account.world.now)
    return {"AgentArn": arn}


@operation("DescribeAgent", reads=True, InvalidRequestException=NO_AGENT, InternalException="never")
def describe_agent(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Describe an agent."""
    agent = account.agent(members["AgentArn"], region)
    told = agent.members
    private = {
        name: told[name] for name in ("VpcEndpointId", "SubnetArns", "SecurityGroupArns") if name in told
    }
    seen = account.station(agent).agent.seen
    return _entry(account, agent) | {
        "LastConnectionTime": None if seen is None else account.time(seen),
        "CreationTime": account.time(agent.created),
        "EndpointType": "PRIVATE_LINK" if private else "PUBLIC",
        "PrivateLinkConfig": private or None,
    }


@operation(
    "ListAgents",
    reads=True,
    InvalidRequestException="the token was altered, or is another operation's",
    InternalException="never",
)
def list_agents(account: Account, members: Members, region: str) -> dict[str, Any]:
    """List the agents of a Region."""
    entries = [_entry(account, agent) for agent in of(account.agents, region)]
    return account.page("ListAgents", entries, members, region)


@operation("UpdateAgent", InvalidRequestException=NO_AGENT, InternalException="never")
def update_agent(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Rename an agent."""
    agent = account.agent(members["AgentArn"], region)
    if "Name" in members:
        agent.members["AgentName"] = members["Name"]
    return {}


@operation(
    "DeleteAgent",
    InvalidRequestException=f"{NO_AGENT}, or a location names it (assumed)",
    InternalException="never",
)
def delete_agent(account: Account, members: Members, region: str) -> dict[str, Any]:
    """Delete an agent; a device that was kept for it alone goes back."""
    agent = account.agent(members["AgentArn"], region)
    for location in account.locations.values():
        if agent.arn in location.agents:
            raise in_use("Agent", agent.arn, f"location {location.arn}")
    account.world.dismiss_agent(agent.key)
    del account.agents[agent.arn]
    account.tags.pop(agent.arn, None)
    return {}


def _entry(account: Account, agent: Agent) -> dict[str, Any]:
    return {
        "AgentArn": agent.arn,
        "Name": agent.members.get("AgentName"),
        "Status": "ONLINE" if account.online(agent) else "OFFLINE",
    }

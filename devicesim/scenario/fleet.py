"""Many devices in rotation: how many, where, in which order, and how the data is dealt out to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema

from devicesim import catalog, units
from devicesim.errors import unknown
from devicesim.jobs import ShippingOption
from devicesim.scenario.online import Wan
from devicesim.scenario.quantities import Duration, Name, Quantity, Temperature, refusal
from devicesim.scenario.site import Power, Region, Wifi
from devicesim.scenario.table import Table

if TYPE_CHECKING:
    from devicesim.scenario.models import Scenario

MOST_DEVICES = 10_000
"""Beyond this a fleet is a slip of the keyboard."""


def _types(value: Any) -> Any:
    for name in value if isinstance(value, dict) else ():
        if name not in (known := catalog.names("device")):
            why, _, hint = str(unknown("device", name, known)).partition("; ")
            raise refusal(why, hint)
    return value


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Filled = Annotated[float, Quantity(units.FRACTION, above="0 %", most="100 %")]
Devices = Annotated[StrictInt, Field(ge=1, le=MOST_DEVICES)]
Beside = Annotated[
    Mapping[str, Devices],
    BeforeValidator(_types),
    WithJsonSchema(
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": MOST_DEVICES}}
    ),
]


class FleetSite(Table):
    """One of several places; what it does not say is as in ``[site]`` and ``[job]``."""

    name: Name = Field(description="How reports call it.", examples=["Leeds"])
    region: Region | None = Field(default=None, description="AWS Region of its jobs.", examples=["eu-west-2"])
    shipping: ShippingOption | None = Field(
        default=None, description="Shipping option both ways.", examples=["STANDARD"]
    )
    devices: Devices | None = Field(
        default=None,
        description="Devices of the fleet that rotate here; an equal part of what other sites leave if not given.",
        examples=[3],
    )
    beside: Beside = Field(
        default={},
        description="Devices of other types beside them, by SnowballType.",
        examples=[{"EDGE_S": 1}],
    )
    clients: Annotated[
        tuple[StrictStr, ...] | None, BeforeValidator(_names, json_schema_input_type=str | tuple[str, ...])
    ] = Field(
        default=None,
        description="The clients that work here, and with them their data sets; all of them if not given.",
        examples=["leeds-server"],
    )
    benches: StrictInt | None = Field(
        default=None, description="Devices copied onto at the same time here.", examples=[2], ge=1
    )
    power: Power | None = Field(default=None, description="What devices run on here.")
    wifi: Wifi | None = Field(default=None, description="The wireless network here.")
    ambient: Temperature | None = Field(default=None, description="Air temperature here.", examples=["35 °C"])
    rtt: Duration | None = Field(
        default=None, description="Round-trip time of the wired network here.", examples=["0.4 ms"]
    )
    wan: Wan | None = Field(default=None, description="The line to the internet here.")


class Fleet(Table):
    """How many devices go out, how often, and where to."""

    devices: Devices = Field(description="Devices in rotation, of the job's type.", examples=[6])
    beside: Beside = Field(
        default={},
        description="Devices of other types beside them, by SnowballType.",
        examples=[{"EDGE_S": 1}],
    )
    data: Literal["spread", "each"] = Field(
        default="spread",
        description="'spread': the data sets are the whole, dealt out to jobs until all is sent; "
        "'each': every job takes data sets of that size anew, as where data keeps coming.",
        examples=["spread"],
    )
    rotations: StrictInt | None = Field(
        default=None,
        description="Jobs of each device, at most; as many as the data takes if not given.",
        examples=[4],
        ge=1,
        le=MOST_DEVICES,
    )
    order: Literal["returned", "collected", "delivered", "at once"] = Field(
        default="returned",
        description="When the next device is ordered: once AWS has the last one back, once the carrier has "
        "it, once it is delivered, or all in the beginning.",
        examples=["collected"],
    )
    stagger: Duration = Field(
        default=0.0, description="Least time between two orders in a Region.", examples=["2 d"]
    )
    quota: StrictInt | None = Field(
        default=None,
        description="Devices that AWS lets the account have at once in a Region; without it no limit is "
        "enforced, and reports name AWS's default.",
        examples=[6],
        ge=1,
    )
    fill: Filled | None = Field(
        default=None,
        description="How full a device is packed, with data = 'spread'; the catalog's if not given.",
        examples=["95 %"],
    )
    benches: StrictInt | None = Field(
        default=None,
        description="Devices that a site's clients copy onto at the same time, each at full rate; others "
        "wait their turn. The catalog's if not given.",
        examples=[2],
        ge=1,
    )
    on_loss: Literal["again", "leave"] = Field(
        default="again",
        description="What a lost or damaged parcel held: 'again' sends it with a later job, 'leave' does not.",
        examples=["again"],
    )
    exact: StrictBool = Field(
        default=False,
        description="Compute every RPC of every copy; otherwise long copies are computed from samples, and "
        "the answer says how far off that may be.",
        examples=[False],
    )
    sites: tuple[FleetSite, ...] = Field(
        default=(), alias="site", description="The places, if there is more than one."
    )

    def places(self) -> Iterator[tuple[FleetSite, dict[str, int]]]:
        """The sites, each with its devices by type; ``""`` is the job's type.

        >>> fleet = Fleet(devices=5, site=[{"name": "Hull"}, {"name": "Leeds", "devices": 2}])
        >>> [(site.name, devices) for site, devices in fleet.places()]
        [('Hull', {'': 3}), ('Leeds', {'': 2})]
        """
        sites = self.sites or (FleetSite(name="site", beside=self.beside),)
        open_sites = sum(site.devices is None for site in sites)
        rest = self.devices - sum(site.devices or 0 for site in sites)
        for site in sites:
            count = site.devices
            if count is None:
                count = -(-rest // open_sites)
                rest, open_sites = rest - count, open_sites - 1
            yield site, {"": count} | dict(site.beside)

    def story_of(self, story: Scenario, site: FleetSite) -> Scenario:
        """The scenario as the jobs of one site see it."""
        own = ("region", "power", "wifi", "ambient", "rtt", "wan")
        place = {key: value for key in own if (value := getattr(site, key)) is not None}
        if "region" in place and place["region"] != story.site.region:
            place["address"] = None
        clients = tuple(c for c in story.clients if site.clients is None or c.name in site.clients)
        copied = {name for client in clients for name in client.dataset}
        options = catalog.lane_for(site.region or story.site.region).listing("options")
        shipping = site.shipping or story.job.shipping
        # What nobody chose is the slowest of the lane.
        shipping = shipping if shipping in options else ShippingOption(options[-1])
        job = story.job.model_copy(update={"shipping": shipping})
        return story.model_copy(
            update={
                "site": story.site.model_copy(update=place),
                "clients": clients,
                "datasets": tuple(dataset for dataset in story.datasets if dataset.name in copied),
                "job": job,
            }
        )

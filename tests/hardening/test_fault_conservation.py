"""Whatever goes wrong on purpose, and in whatever order: bytes, files and joules are conserved, losses are labelled."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import BYTES, small_story

from devicesim.progress import FaultBegan, FaultEnded, ImportFailed, LegEnded, LegInterrupted, Lost, Refused
from devicesim.report import text
from devicesim.report.fold import answer
from devicesim.world import World, simulate

SLOW_LINK = 'client.laptop.rate = "100 Mbit/s"'
BATTERY = 'site.power = { source = "battery", capacity = "30 Wh", spares = 50, swap = "1 min" }'
LASTS = st.sampled_from(["1 s", "10 s", "7 min", "2 h"])
COUNT = st.integers(1, 4)


def kind(name: str, **members: Any) -> st.SearchStrategy[dict[str, Any]]:
    at = st.integers(0, 60).map(lambda seconds: f"{seconds} s")
    return st.fixed_dictionaries({"kind": st.just(name), "at": at, **members})


FAULTS = st.one_of(
    kind("power-cut", duration=LASTS),
    kind("battery-dead"),
    kind("brown-out", duration=LASTS, supply=st.sampled_from(["2 W", "11 W", "14 W"])),
    kind("overheating", duration=LASTS, ambient=st.sampled_from(["50 °C", "75 °C"])),
    kind("cable-pulled", duration=LASTS),
    kind("slow-disk", duration=LASTS, factor=st.sampled_from(["0 %", "3 %", "90 %"])),
    kind("full-disk", taken=st.sampled_from(["1 TB", "7.99990 TB", "1000 TB"])),
    kind("full-disk", taken=st.sampled_from(["7.99990 TB", "1000 TB"]), duration=LASTS),
    kind("smr-cliff", duration=LASTS),
    kind("corrupted-file", files=COUNT),
    kind("file-changed", files=COUNT),
    kind("symbolic-link", files=COUNT),
    kind("bad-name", files=COUNT),
)


def written(fault: dict[str, Any]) -> str:
    members = ", ".join(f"{name} = {value!r}" for name, value in fault.items())
    return f"{{ {members} }}"


def total(world: World, event: type, what: str) -> int:
    return sum(getattr(each, what) for each in world.stream.of(event))


@settings(max_examples=15, deadline=None)
@given(st.lists(FAULTS, min_size=1, max_size=5), st.sampled_from(["async", "commit", "sync"]))
def test_law_bytes_files_and_joules_are_conserved(faults: list[dict[str, Any]], durability: str) -> None:
    story = small_story(
        SLOW_LINK,
        BATTERY,
        f'client.laptop.nfs.durability = "{durability}"',
        f"fault = [{', '.join(map(written, faults))}]",
    )
    world = simulate(story)
    assert world.job().outcome == "complete"
    share = world.life().device.share
    (copied,) = [event for event in world.stream.of(LegEnded) if event.leg == "ingest"]
    files, size = total(world, Refused, "files"), total(world, Refused, "bytes")
    assert (copied.objects + files, copied.bytes + size) == (40, BYTES)
    added = sum(
        each.files for each in world.stream.of(FaultBegan) if each.kind in {"symbolic-link", "bad-name"}
    )
    names = sum(each.files for each in world.stream.of(FaultBegan) if each.kind == "bad-name")
    assert share.bytes + total(world, Lost, "bytes") == copied.bytes
    assert share.files - names + total(world, Lost, "files") == copied.objects
    imported = world.stream.leg("import", world.job().id)
    assert imported is not None
    assert imported.total_objects == share.files - names + added
    assert total(world, ImportFailed, "objects") <= imported.total_objects
    power = world.life().device.power
    filled = power.capacity * (1 + power.swaps)
    assert abs(power.energy / power.efficiency + power.charge + power.wasted - filled) <= 1e-6 * filled
    ids = {each.id for each in world.faults}
    told = [each for each in world.events if isinstance(each, (Lost, Refused, ImportFailed, LegInterrupted))]
    assert all(each.fault in ids for each in told), "nothing but faults goes wrong in this story"
    ended = {each.fault for each in world.stream.of(FaultEnded)}
    lasting = {each.fault for each in world.stream.of(FaultBegan) if 0 < each.lasts < float("inf")}
    assert ended == lasting
    assert "Faults" in text.render(answer(world)) or not world.stream.of(FaultBegan)

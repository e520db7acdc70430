"""Every story gives the report that stands beside it, to the letter."""

from pathlib import Path

import pytest

import devicesim
from devicesim.jobs import JobState, JobType
from devicesim.progress import Cleared
from devicesim.report import text
from devicesim.throughput.core import COMPILED

STORIES = Path(__file__).parents[1] / "scenarios"
MANY_RPCS = {"cluster_mine", "cluster_studio", "export_150tb", "ridge_camp", "thumbnails_sync"}
"""Stories of more than about a million RPCs: minutes for the pure-Python core."""


def stories() -> list[object]:
    return [
        pytest.param(
            path, id=path.stem, marks=pytest.mark.slow if path.stem in MANY_RPCS and COMPILED is None else ()
        )
        for path in sorted(STORIES.glob("*.toml"))
    ]


@pytest.mark.parametrize("path", stories())
def test_story_gives_its_report(
    path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The repeat line names the file as the user would.
    monkeypatch.chdir(STORIES.parent)
    world = devicesim.simulate(devicesim.load(path.relative_to(STORIES.parent)))
    answer = devicesim.answer(world)
    shown = text.render(answer)
    beside = path.with_suffix(".report.txt")
    if request.config.getoption("--rewrite-reports"):
        beside.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == beside.read_text(encoding="utf-8")
    assert_conserved(world)


def assert_conserved(world: devicesim.World) -> None:
    """Every file of the story is accounted for: on the device, refused, left behind, or lost."""
    answer = devicesim.answer(world)
    if answer.ingest is None:
        return
    away = [loss for loss in answer.losses if loss.at == "not copied" or loss.at.startswith("refused")]
    assert answer.ingest.files + sum(loss.files for loss in away) == answer.ingest.total_files
    assert answer.ingest.bytes + sum(loss.bytes for loss in away) == answer.ingest.total_bytes
    lost = [loss for loss in answer.losses if loss.at == "device"]
    held = world.life().setting.scenario.job.holds
    jobs = world.jobs.values()
    if all(job.order.type is JobType.IMPORT and job.state is JobState.COMPLETE for job in jobs):
        legs = [world.stream.leg("import", job.id) for job in jobs]
        expected = answer.ingest.files - sum(loss.files for loss in lost) + (held.files if held else 0)
        expected -= sum(event.files for event in world.stream.of(Cleared))
        assert sum(leg.total_objects for leg in legs if leg is not None) == expected


def test_there_are_enough_stories_and_most_run_in_ci() -> None:
    quick = [path for path in STORIES.glob("*.toml") if path.stem not in MANY_RPCS]
    assert len(quick) >= 8
    assert [path for path in STORIES.glob("*.toml") if not path.with_suffix(".report.txt").exists()] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_seed_decides(seed: int) -> None:
    story = devicesim.load(STORIES / "late_parcel.toml", ["dataset[0].files=50"])
    first, again = (devicesim.answer(devicesim.simulate(story, seed)) for _ in range(2))
    other = devicesim.answer(devicesim.simulate(story, seed + 10))
    assert first == again
    assert first.timeline != other.timeline

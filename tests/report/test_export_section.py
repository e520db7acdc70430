"""What the answer tells of an export: its headline, its parts, its bill, and what did not arrive."""

import json

import pytest
from small_export import FILE, FILES, small_export

import devicesim
from devicesim.report import phrases, text
from devicesim.world import World, simulate

DAY = 86400.0


@pytest.fixture(scope="module")
def world():
    return simulate(small_export('goal = [{ expr = "days_to_site < 40" }]'))


def test_worked_the_headline_is_when_the_last_part_was_read(world):
    answer = devicesim.answer(world)
    read = max(world.stream.leg("read", part.id).end for part in world.parts())
    assert answer.metrics["days_to_site"] == pytest.approx(read / DAY)
    assert phrases.headline(answer).startswith(f"At the site after {read / DAY:.1f} days: ")
    assert "days_to_s3" not in answer.metrics
    assert answer.goals_met
    assert phrases.subject(answer).startswith("EXPORT on EDGE: 40 objects, 200 MB, 3 parts.")


def test_worked_the_page_tells_of_every_part(world):
    answer = devicesim.answer(world)
    shown = text.render(answer)
    assert "nothing was copied" not in shown
    (section,) = answer.sections
    assert [row[0] for row in section.rows] == ["1", "2", "3"]
    assert [row[1] for row in section.rows] == ["Complete"] * 3
    document = json.loads(json.dumps(answer.to_dict()))["sections"]["export"]
    assert [part["files"] for part in document["parts"]] == [16, 16, 8]
    assert sum(part["bytes"] for part in document["parts"]) == FILES * FILE
    assert [part["job"] for part in document["parts"]] == [part.id for part in world.parts()]
    assert any(step.what == "part 2 WithCustomer" for step in answer.timeline)


def test_worked_the_bill_has_a_fee_and_a_way_for_each_device_and_what_left_s3(world):
    """Three devices at 300 USD, three parcels of one price, 0.2 GB at 0.03 USD; the listing is below a cent."""
    lines = {cost.item: cost.usd for cost in devicesim.answer(world).costs}
    shipping = world.figures.si("EDGE.price.shipping")
    assert lines == {
        "service fee × 3": pytest.approx(3 * 300),
        "shipping × 3": pytest.approx(3 * shipping),
        "200 MB out of S3": pytest.approx(0.2 * 0.03),
    }


def test_worked_a_part_has_its_own_answer(world):
    part = world.parts()[1]
    answer = devicesim.answer(world, part.id)
    read = world.stream.leg("read", part.id).end
    assert answer.metrics["days_to_site"] == pytest.approx((read - part.created) / DAY)
    assert any(step.what == "reading" for step in answer.timeline)
    assert answer.battery.source == "mains"
    assert {cost.item for cost in answer.costs} == {"service fee", "shipping", "80 MB out of S3"}


def test_worked_progress_of_the_master_is_that_of_its_parts_together(world):
    series = {s.name: s for s in devicesim.answer(world).progress}
    assert set(series) == {"export bytes", "export objects", "read bytes", "read objects"}
    assert series["read bytes"].value[-1] == FILES * FILE
    assert series["export objects"].value[-1] == FILES


def test_worked_under_way():
    world = World(small_export())
    world.until("InProgress")
    answer = devicesim.answer(world)
    assert phrases.headline(answer).startswith("Not at the site yet: InProgress after")
    assert "days_to_site" not in answer.metrics


def test_worked_a_lost_part_is_told_in_files_and_bytes():
    for seed in range(40):
        world = simulate(small_export('assume."courier.lost" = 0.2'), seed=seed)
        lost = [
            n for n, part in enumerate(world.parts()) if part.outcome.startswith("lost on the way to the")
        ]
        if len(lost) == 1 and sum(part.outcome != "complete" for part in world.parts()) == 1:
            break
    answer = devicesim.answer(world)
    files = [16, 16, 8][lost[0]]
    (loss,) = answer.losses
    assert (loss.files, loss.bytes, loss.at) == (files, files * FILE, "outbound")
    assert loss.why == "the device was lost on the way to the customer; S3 still has them"
    assert f"without {files} files" in phrases.headline(answer)
    assert answer.outcome.startswith(f"part {lost[0] + 1} of 3 was lost on the way to the customer")


def test_worked_everything_lost():
    for seed in range(60):
        world = simulate(small_export('assume."courier.lost" = 0.9'), seed=seed)
        if all(part.outcome.startswith("lost on the way to the") for part in world.parts()):
            break
    answer = devicesim.answer(world)
    assert phrases.headline(answer).startswith(
        "Not at the site: part 1 of 3 was lost on the way to the customer"
    )
    assert sum(loss.bytes for loss in answer.losses) == FILES * FILE
    assert answer.metrics["files_lost"] == FILES


def test_law_swings_move_with_the_number_of_parts():
    """One more day of unpacking is one more for every part."""
    found = {}
    for room in ("80 MB", "1 GB"):
        story = small_export(
            f'assume."EDGE.storage.capacity" = "{room}"', 'assume."EDGE.boot.time" = "10 min"'
        )
        document = story.to_dict()
        del document["job"]["unpack"]
        answer = devicesim.answer(simulate(devicesim.scenario.from_dict(document)))
        found[room] = {swing.key: swing.high_days for swing in answer.swings}["default_customer.unpacking"]
    assert (found["80 MB"], found["1 GB"]) == (pytest.approx(3 * 4), pytest.approx(4))

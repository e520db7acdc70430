"""[fleet]: what a plan may say, and every bad one with its place, its reason and a hint."""

import pytest
from small_story import TEXT, small_story

from devicesim.errors import ScenarioError
from devicesim.scenario import from_dict, loads


def problems(plan: str, **changes: str) -> list[tuple[str, str, str]]:
    text = TEXT
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(ScenarioError) as caught:
        loads(text.replace("[assume]", plan + "\n[assume]"), "fleet.toml")
    assert all(problem.line > 0 for problem in caught.value.problems)
    return [(problem.path, problem.why, problem.hint) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("plan", "path", "why", "hint"),
    [
        ("[fleet]\ndevices = 0", "fleet.devices", "must be at least 1, got 0", ""),
        ("[fleet]\ndevices = 1\nquota = 0", "fleet.quota", "must be at least 1, got 0", ""),
        ('[fleet]\ndevices = 1\nfill = "0 %"', "fleet.fill", "must be more than 0 %, got '0 %'", ""),
        ("[fleet]", "fleet.devices", "is missing", "add devices = 6"),
        (
            "[fleet]\ndevices = 1\nbeside = { EDGE_X = 1 }",
            "fleet.beside",
            "unknown device 'EDGE_X'",
            "did you mean",
        ),
        (
            '[fleet]\ndevices = 1\ndata = "each"',
            "fleet.rotations",
            "is missing: with data = 'each' nothing else says when to end",
            "add rotations = 4",
        ),
        (
            '[fleet]\ndevices = 2\n[[fleet.site]]\nname = "A"\nregion = "mars-north-1"',
            "fleet.site[0].region",
            "mars-north-1",
            "",
        ),
        (
            '[fleet]\ndevices = 2\n[[fleet.site]]\nname = "A"\nregion = "eu-west-2"',
            "fleet.site[0].region",
            "must be one of EXPRESS, STANDARD in eu-west-2 (United Kingdom), got 'SECOND_DAY'",
            'shipping = "STANDARD"',
        ),
        (
            '[fleet]\ndevices = 3\n[[fleet.site]]\nname = "A"\ndevices = 2',
            "fleet.devices",
            "must be 2, as its sites have, got 3",
            "",
        ),
        (
            '[fleet]\ndevices = 1\n[[fleet.site]]\nname = "A"\n[[fleet.site]]\nname = "B"',
            "fleet.devices",
            "must be at least 2, as its sites have, got 1",
            "",
        ),
        (
            '[fleet]\ndevices = 2\ndata = "each"\nrotations = 1\n[[fleet.site]]\nname = "A"\n'
            '[[fleet.site]]\nname = "A"',
            "fleet.site[1].name",
            "must be unique, got 'A', which site[0] has",
            "",
        ),
        (
            '[fleet]\ndevices = 2\n[[fleet.site]]\nname = "A"\n[[fleet.site]]\nname = "B"',
            "fleet.site",
            "data set 'clips' is at A and B, and data that is dealt out lies at one site",
            "name each site's clients",
        ),
        (
            '[fleet]\ndevices = 1\n[[fleet.site]]\nname = "A"\nclients = "lapdog"',
            "fleet.site[0].clients",
            "no client is named 'lapdog'",
            "known: laptop",
        ),
        (
            "[fleet]\ndevices = 1\n[cluster]\nnodes = 5",
            "cluster",
            "a fleet and [cluster] are two undertakings",
            "tell them in two scenarios",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan: str, path: str, why: str, hint: str) -> None:
    found = problems(plan)
    assert any(p == path and why in w and hint in h for p, w, h in found), found


def test_more_data_than_all_rotations_take_is_refused_with_the_number_that_would_do() -> None:
    """Worked: 24 TB on two Snowcones packed with 95 % of 8 TB, 15.2 TB a turn, is more than one and less than two."""
    found = problems("[fleet]\ndevices = 2\nrotations = 1", big=("files = 40", 'total = "24 TB"'))
    assert found == [
        (
            "fleet.rotations",
            "1 rotation takes 15.2 TB, and the data is 24 TB",
            "rotations = 2, or leave it out",
        )
    ]


def test_data_larger_than_a_device_is_what_fleets_are_for() -> None:
    text = TEXT.replace("files = 40", 'total = "24 TB"')
    assert loads(text.replace("[assume]", "[fleet]\ndevices = 2\n[assume]")).fleet.devices == 2
    each = '[fleet]\ndevices = 2\ndata = "each"\nrotations = 3\n[assume]'
    with pytest.raises(ScenarioError, match="must fit the device"):
        loads(text.replace("[assume]", each))


@pytest.mark.parametrize("changes", [('job.type = "LOCAL_USE"',), ("client = []",)])
def test_a_fleet_carries_data_to_s3(changes: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError, match=r"in a fleet|a fleet needs"):
        small_story("fleet.devices = 2", *changes)


def test_devices_are_spread_over_sites_that_do_not_say() -> None:
    sites = '[{ name = "A", devices = 1 }, { name = "B" }, { name = "C", beside = { EDGE_S = 2 } }]'
    story = small_story(
        "fleet.devices = 4", 'fleet.data = "each"', "fleet.rotations = 1", f"fleet.site = {sites}"
    )
    assert [(site.name, kinds) for site, kinds in story.fleet.places()] == [
        ("A", {"": 1}),
        ("B", {"": 2}),
        ("C", {"": 1, "EDGE_S": 2}),
    ]


def test_a_site_is_as_the_storys_but_for_what_it_says() -> None:
    """Another Region has another lane; what nobody chose there is its slowest option."""
    text = TEXT.replace('shipping = "SECOND_DAY"', "").replace(
        "[assume]",
        '[fleet]\ndevices = 1\n[[fleet.site]]\nname = "Hull"\nregion = "eu-west-2"\nambient = "9 °C"\n'
        'power = { source = "battery", spares = 3 }\n[assume]',
    )
    story = loads(text)
    (site,) = story.fleet.sites
    there = story.fleet.story_of(story, site)
    assert (there.site.region, there.site.ambient, there.site.power.spares) == ("eu-west-2", 9.0, 3)
    assert there.job.shipping == "STANDARD"
    assert there.site.rtt == story.site.rtt
    assert (story.site.region, story.job.shipping) == ("us-west-2", "SECOND_DAY")


def test_a_fleet_is_written_as_it_was_read() -> None:
    story = small_story(
        "fleet.devices = 4", 'fleet.stagger = "30 h"', 'fleet.fill = "90 %"', "fleet.quota = 2"
    )
    assert from_dict(story.to_dict()).fleet == story.fleet

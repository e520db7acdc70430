"""Options and sweeps: other ways to tell a story, and what is wrong with one told at the place that makes it so."""

from pathlib import Path

import pytest

from devicesim.errors import ScenarioError
from devicesim.scenario import AS_WRITTEN, load, load_cells, load_varied

STORY = """\
name  = "Studio archive"
start = 2026-06-01T09:00:00-07:00
[site]
region = "us-west-2"
wan    = { up = "200 Mbit/s" }
[[dataset]]
name   = "masters"
bucket = "arn:aws:s3:::studio-archive"
files  = 60
size   = { distribution = "fixed", value = "9 GB" }
[[client]]
name    = "workstation"
dataset = "masters"
link    = "ethernet"
[job]
device  = "SNC1_HDD"
[[goal]]
expr = "days_to_s3.p95 < 21"
"""
LINES = STORY.count("\n")


@pytest.fixture
def written(tmp_path: Path):
    def write(more: str = "") -> Path:
        path = tmp_path / "story.toml"
        path.write_text(STORY + more, encoding="utf-8")
        return path

    return write


def problems(path: Path, read=load_varied, **more) -> list[tuple[int, int, str]]:
    with pytest.raises(ScenarioError) as caught:
        read(path, **more)
    return [(problem.line - LINES, problem.column, problem.why) for problem in caught.value.problems]


def test_worked_an_option_sets_values_by_nested_keys_and_by_quoted_paths(written) -> None:
    more = """
[[option]]
name = "An Edge"
set.job.device = "EDGE_S"
set."client.workstation.rate" = "10 Gbit/s"
"""
    varied = load_varied(written(more))
    assert list(varied.options) == [AS_WRITTEN, "An Edge"]
    edge = varied.options["An Edge"]
    assert (edge.job.device, edge.clients[0].rate) == ("EDGE_S", 1.25e9)
    assert varied.scenario.job.device == "SNC1_HDD"


def test_worked_an_option_is_the_scenario_with_its_overrides(written) -> None:
    path = written('[[option]]\nname = "Many"\nset.client.workstation.streams = 16\n')
    told = load(path, ["client.workstation.streams=16"]).model_copy(update={"options": ()})
    assert load_varied(path).options["Many"].to_dict() == told.to_dict()


def test_worked_overrides_of_the_command_line_hold_for_every_option(written) -> None:
    varied = load_varied(written(), ["client.workstation.streams=7"], ["shipping:NEXT_DAY"])
    assert [each.clients[0].streams for each in varied.options.values()] == [7, 7]


@pytest.mark.parametrize(
    ("use", "seen"),
    [
        ("snowcones:3", lambda story: (story.job.device, story.fleet.devices) == ("SNC1_HDD", 3)),
        ("snowcones:1", lambda story: (story.job.device, story.fleet) == ("SNC1_HDD", None)),
        ("edge", lambda story: story.job.device == "EDGE_S"),
        ("device:EDGE", lambda story: story.job.device == "EDGE"),
        ("datasync", lambda story: (story.job.ordered, len(story.tasks)) == (False, 1)),
        ("hybrid", lambda story: story.hybrid.deadline is None),
        ("due:14 d", lambda story: story.hybrid.deadline == 14 * 86400),
        ("tar", lambda story: story.datasets[0].batch.files == 10_000),
        ("streams:8", lambda story: story.clients[0].streams == 8),
        ("cable:10 Gbit/s", lambda story: story.clients[0].rate == 1.25e9),
        ("durability:sync", lambda story: story.clients[0].nfs.durability == "sync"),
        ("shipping:NEXT_DAY", lambda story: story.job.shipping == "NEXT_DAY"),
    ],
)
def test_worked_ready_made_options(written, use, seen) -> None:
    _, option = load_varied(written(), ready_made=[use]).options.values()
    assert seen(option)


def test_worked_wifi_needs_a_network_and_then_takes_it(written) -> None:
    assert problems(written(), ready_made=["wifi"]) == [(-LINES, 1, "needs a wireless network")]
    network = 'site.wifi={ band="5 GHz", width="80 MHz", distance="15 m" }'
    _, option = load_varied(written(), [network], ["wifi"]).options.values()
    assert (option.clients[0].link, option.clients[0].rate) == ("wifi", None)


def test_law_all_is_every_option_that_fits_and_says_why_others_do_not(written) -> None:
    varied = load_varied(written(), ready_made=["all"])
    assert {"One Snowball Edge", "DataSync, no device", "Line and parcel"} <= set(varied.options)
    assert "1 Snowcone" not in varied.options  # that is the scenario as written
    assert varied.notes == ("Wi-Fi is left out: needs a wireless network",)
    documents = [str(option.to_dict()) for option in varied.options.values()]
    assert len(set(documents)) == len(documents)


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ('name = "a"\nset.job.device = "EDGE_X"', (3, 18, "job.device: unknown SnowballType 'EDGE_X'")),
        (
            'name = "a"\nset."client[3].rate" = "1 Gbit/s"',
            (3, 5, "client has 1 item, counted from 0, got [3]"),
        ),
        ('name = "a"\nuse = "wifi"', (3, 7, "needs a wireless network")),
        ('name = "a"\nuse = "wiffi"', (3, 7, "must be a ready-made option, got 'wiffi'")),
        ('name = "a"\nuse = "streams"', (3, 7, "must be written as 'streams:8', got 'streams'")),
        ('name = "a"\nuse = "streams:0"', (3, 7, "must be written as 'streams:8', got 'streams:0'")),
        ('name = "a"\nwithout = ["fleet"]', (3, 12, "there is no 'fleet' to leave out")),
        ('name = "As written"\nuse = "edge"', (2, 8, "'As written' is taken")),
        ('name = "a"', (1, 1, "must differ from the scenario in something")),
        ('name = ""\nuse = "edge"', (2, 8, "must not be empty")),
        (
            'name = "a"\nset."dataset[0].files" = 60_000',
            (3, 26, "dataset[0].files: the data must fit the device's 8 TB, got about 540 TB"),
        ),
    ],
)
def test_worked_what_is_wrong_with_an_option_stands_at_its_place(written, option, found) -> None:
    assert problems(written(f"[[option]]\n{option}\n")) == [found]


def test_worked_a_grid_is_every_combination_with_the_last_axis_fastest(written) -> None:
    more = """
[[sweep]]
path = "site.wan.up"
values = ["50 Mbit/s", "1 Gbit/s"]
[[sweep]]
path = ["job.device", "client[0].streams"]
values = [["SNC1_HDD", 4], ["EDGE_S", 8]]
"""
    _, grid = load_cells(written(more))
    seen = [(cell.site.wan.up, cell.job.device, cell.clients[0].streams) for _, cell in grid]
    assert seen == [(r, *d) for r in (6.25e6, 1.25e8) for d in (("SNC1_HDD", 4), ("EDGE_S", 8))]
    assert grid[0][0] == {"site.wan.up": "50 Mbit/s", "job.device": "SNC1_HDD", "client[0].streams": 4}


@pytest.mark.parametrize(
    ("sweep", "found"),
    [
        (
            'path = "site.wan.up"\nvalues = ["1 Gbit/s", "2 MB"]',
            (3, 23, "site.wan.up: expected a rate such as"),
        ),
        ('path = "client[1].streams"\nvalues = [1]', (3, 11, "client has 1 item, counted from 0, got [1]")),
        (
            'path = ["seed", "name"]\nvalues = [1]',
            (1, 1, "must have a list of 2 values for each of its 2 paths"),
        ),
        ('path = "seed"\nvalues = []', (3, 10, "must not be empty")),
    ],
)
def test_worked_what_is_wrong_with_a_cell_stands_at_its_value(written, sweep, found) -> None:
    ((line, column, why),) = problems(written(f"[[sweep]]\n{sweep}\n"), load_cells)
    assert (line, column) == found[:2]
    assert why.startswith(found[2])


def test_worked_a_sweep_without_axes_and_one_too_large_are_refused(written) -> None:
    assert problems(written(), load_cells) == [(-LINES, 0, "has no [[sweep]]")]
    many = f"values = {list(range(400))}\n"
    path = written("".join(f'[[sweep]]\npath = "{key}"\n{many}' for key in ("seed", "job.keep")))
    with pytest.raises(ValueError, match="the grid must be of at most 100,000 cells, got 160,000"):
        load_cells(path)

"""``catalog``: every figure in a line for grep, in blocks for people, in JSON for programs."""

import json
import re

import pytest
from command_line import Done

from devicesim import catalog
from devicesim.cli import catalog as catalog_command

SHOWN = [entry.name for entry in catalog.entries()]


def cells(line):
    """The cells of an aligned line: two blanks or more part them."""
    return re.split(" {2,}", line)


def test_worked_list(devicesim):
    done = devicesim("catalog", "list")
    assert (done.code, done.err) == (0, "")
    head, *rows = map(cells, done.out.splitlines())
    assert head == ["name", "kind", "figures", "assumed", "title", "sources"]
    assert [row[0] for row in rows] == SHOWN
    for row, entry in zip(rows, catalog.entries(), strict=True):
        counts = [str(entry.count()), str(entry.count("assumed"))]
        cited = ", ".join(key for key in entry.documents if key != "assumption") or "-"
        assert row == [entry.name, entry.kind, *counts, entry.title, cited]


def test_worked_every_device_is_listed_with_its_sources(devicesim):
    rows = {
        row[0]: row for row in map(cells, devicesim("catalog", "list", "--kind", "device").out.splitlines())
    }
    assert set(rows) == {"name", *catalog.names("device")}
    assert rows["EDGE_S"][-1].startswith("guide20, guide23, ")
    assert rows["STANDARD"][-1].startswith("guide18, ")


def test_worked_devices_side_by_side(devicesim):
    rows = {row[0]: row[1:] for row in map(cells, devicesim("catalog", "devices").out.splitlines())}
    assert rows["STANDARD"] == [
        "T80, T50", "72 TB, 42 TB", "0", "0 GB", "10 Gbit/s", "snowball, s3", "IMPORT, EXPORT",
    ]  # fmt: skip
    assert rows["SNC1_HDD"][4] == "10 Gbit/s, Wi-Fi"
    assert rows["EDGE_S"][:5] == ["T98", "80 TB", "40", "80 GB", "10, 25, 100 Gbit/s"]


def test_law_every_source_is_listed_with_how_often_it_is_cited(devicesim):
    told = json.loads(devicesim("catalog", "sources", "--json").out)["documents"]
    assert {each["key"]: each["document"] for each in told} == catalog.sources()
    assert all(each["cited"] for each in told)
    lines = devicesim("catalog", "sources").out.splitlines()[1:]
    assert [cells(line) for line in lines] == [[d["key"], str(d["cited"]), d["document"]] for d in told]


def test_worked_list_of_a_kind(devicesim):
    rows = devicesim("catalog", "list", "--kind", "workload").out.splitlines()[1:]
    assert [cells(row)[0] for row in rows] == list(catalog.names("workload"))
    told = json.loads(devicesim("catalog", "list", "--kind", "device", "--json").out)
    assert [entry["name"] for entry in told["entries"]] == list(catalog.names("device"))


def test_worked_list_as_json(devicesim):
    told = json.loads(devicesim("catalog", "list", "--json").out)
    assert told["schema"] == "devicesim.catalog-list/1"
    assert [entry["name"] for entry in told["entries"]] == SHOWN
    assert all(entry["figures"] == sum(entry["kinds"].values()) for entry in told["entries"])


@pytest.mark.parametrize("name", SHOWN)
def test_law_a_figure_is_one_line_in_a_pipe(devicesim, name):
    done = devicesim("catalog", "show", name)
    entry = catalog.entry(name)
    assert (done.code, done.err) == (0, "")
    title, head, *lines = done.out.splitlines()
    assert title == f"{name} ({entry.kind}): {entry.title}"
    assert head.split() == ["figure", "value", "range", "kind", "source"]
    assert len(lines) == len(entry.figures) + len(entry.lists)
    for line, figure in zip(lines, entry.figures.values(), strict=False):
        source = f"{figure.source} ({figure.date})" if figure.date else figure.source
        assert cells(line) == [figure.path, figure.text, figure.range_text, figure.kind, source]
    for line, listing in zip(lines[len(entry.figures) :], entry.lists.values(), strict=True):
        assert cells(line) == [listing.path, ", ".join(listing.names), "list", listing.kind, listing.source]


@pytest.mark.parametrize("name", SHOWN)
def test_law_notes_are_shown_when_asked(devicesim, name):
    figures = catalog.entry(name).figures.values()
    lines = devicesim("catalog", "show", name, "--notes").out.splitlines()[2:]
    for line, figure in zip(lines, figures, strict=False):
        assert line.endswith(figure.note)
    told = json.loads(devicesim("catalog", "show", name, "--json").out)
    assert [figure["note"] for figure in told["figures"]] == [figure.note for figure in figures]


def test_worked_show_as_json(devicesim):
    told = json.loads(devicesim("catalog", "show", "SNC1_HDD", "--json").out)
    assert told == catalog.describe(catalog.entry("SNC1_HDD"))
    assert told["schema"] == "devicesim.catalog/1"
    assert (
        devicesim("catalog", "show", "SNC1_HDD", "--json", "--notes").out
        == json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    )


def test_worked_an_alias_is_a_name(devicesim):
    assert devicesim("catalog", "show", "snowcone") == devicesim("catalog", "show", "SNC1_HDD")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("preparation.stock_out.share", ["stock_out.share"]),
        ("SNC1_HDD.cpu", ["cpu.vcpus", "cpu.vcpus_total"]),
        ("lane.US.NEXT_DAY", ["NEXT_DAY.business_days", "NEXT_DAY.sigma"]),
        ("lane.US.regions", ["regions"]),
    ],
)
def test_worked_part_of_an_entry(devicesim, name, paths):
    # A report names its figures like this: what it names can be looked up.
    lines = devicesim("catalog", "show", name).out.splitlines()[2:]
    assert [cells(line)[0] for line in lines] == paths
    told = json.loads(devicesim("catalog", "show", name, "--json").out)
    assert [figure["path"] for figure in told["figures"] + told["lists"]] == paths


def test_law_what_a_report_rests_on_can_be_looked_up(devicesim):
    for figure in json.loads(devicesim("run", "small.toml", "--json").out)["figures"]:
        assert devicesim("catalog", "show", figure["key"]).code == 0


def on_terminal(monkeypatch, columns):
    """A terminal of so many columns without colours."""
    monkeypatch.setattr(catalog_command, "on_terminal", lambda: True)
    monkeypatch.setattr(catalog_command, "color", lambda: False)
    monkeypatch.setattr(catalog_command, "width", lambda: columns)


def squeezed(text):
    return "".join(text.split())


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_law_nothing_is_wider_than_the_terminal_or_lost(devicesim, monkeypatch, columns):
    on_terminal(monkeypatch, columns)
    for entry in catalog.entries():
        lines = devicesim("catalog", "show", entry.name, "--notes").out.splitlines()[1:]
        assert max(map(len, lines)) <= columns
        shown = squeezed("".join(lines))
        for figure in entry.figures.values():
            head = f"{figure.path} {figure.text} ({figure.kind}, {figure.range_text}) {figure.source}"
            assert squeezed(head) in shown
            assert squeezed(figure.note) in shown
        for listing in entry.lists.values():
            assert squeezed(", ".join(listing.names)) in shown


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_law_the_list_fits_a_terminal(devicesim, monkeypatch, columns):
    on_terminal(monkeypatch, columns)
    lines = devicesim("catalog", "list").out.splitlines()
    assert max(map(len, lines)) <= columns
    assert [name for name in SHOWN if any(line.startswith(f"{name} ") for line in lines)] == SHOWN


def test_worked_a_block_on_a_terminal(devicesim, monkeypatch):
    on_terminal(monkeypatch, 60)
    assert devicesim("catalog", "show", "SNC1_HDD.disk.rpm", "--notes") == Done(
        0,
        "SNC1_HDD (device): AWS Snowcone with a hard disk (SNC1_HDD, capacity T8)\n"
        "disk.rpm  5400 rpm  (assumed, 5400 rpm .. 7200 rpm)\n"
        "    assumed for devicesim\n"
        "    note: what 2.5 inch disks of 5 TB and more turn at; not\n"
        "    published\n",
        "",
    )

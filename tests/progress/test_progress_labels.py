"""Labels of faults on the samples: what was under way since the sample before, in every form that has room for it."""

import csv
import io
import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from drawn_legs import EPOCH, JOB, Source, leg
from hypothesis import given
from hypothesis import strategies as st
from small_story import small_story

from devicesim.progress import FaultBegan, FaultEnded, Label, Stream
from devicesim.progress.labels import Spell, stretches
from devicesim.progress.writers import FORMS, writer
from devicesim.world import simulate

LINK = "link of laptop"


def spell(began, ended, name="F1"):
    return Spell(Label(name, "cable-pulled", LINK, "", began), "", ended)


SPELLS = st.lists(
    st.tuples(st.integers(-4, 30), st.integers(0, 12) | st.just(inf)).map(
        lambda of: (of[0] / 2, of[0] / 2 + of[1] / 2)
    ),
    max_size=4,
)


@given(
    SPELLS, st.lists(st.integers(0, 12), min_size=1, max_size=8, unique=True).map(sorted), st.integers(-6, 0)
)
def test_law_a_sample_tells_of_what_was_under_way_since_the_one_before(drawn, times, since):
    """For each sample by itself: the spell and the time after the sample before have a moment in common."""
    found = [spell(began, ended, f"F{number}") for number, (began, ended) in enumerate(drawn)]
    told = {}
    for first, last, labels in stretches(found, np.array(times, dtype=float), float(since)):
        told |= {each: {label.fault for label in labels} for each in range(first, last)}
    before = [since, *times]
    for index, at in enumerate(times):
        there = {f"F{n}" for n, (began, ended) in enumerate(drawn) if began <= at and ended > before[index]}
        assert told[index] == there


def stream_of(*events, end=20.0):
    made = Stream(EPOCH)
    one = leg(total=100, count=10, end=end, complete=True)
    one.session(0.0, 0, 0, Source([0, end], [0, 100], [0, 10], linear=True))
    made.legs.append(one)
    for event in events:
        made.append(event)
    return made


def began(at, fault="F1", kind="cable-pulled", lasts=inf, job=JOB):
    return FaultBegan(at, job, fault, kind, LINK, "nobody is there", lasts)


def labelled(stream, every=5.0):
    return [[label.fault for label in row.Faults] for row in stream.progress(every, 1e3)]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        pytest.param([began(7.0)], [[], [], ["F1"], ["F1"], ["F1"]], id="for good, from the next sample on"),
        pytest.param(
            [began(5.0), FaultEnded(10.0, JOB, "F1", "cable-pulled", LINK, "")],
            [[], ["F1"], ["F1"], [], []],
            id="on two samples: at both",
        ),
        pytest.param([began(7.0, lasts=0.0)], [[], [], ["F1"], [], []], id="over at once: in the next"),
        pytest.param([began(7.0, job="JID-2")], [[]] * 5, id="another job's: in none"),
        pytest.param([began(7.0, job="")], [[], [], ["F1"], ["F1"], ["F1"]], id="the account's: in every job"),
        pytest.param(
            [began(1.0), began(11.0, "F2", lasts=0.0)],
            [[], ["F1"], ["F1"], ["F1", "F2"], ["F1"]],
            id="two at a time",
        ),
    ],
)  # fmt: skip
def test_worked_samples_every_five_seconds(events, told):
    assert labelled(stream_of(*events)) == told


def test_worked_what_came_between_two_legs_is_in_the_first_sample_of_the_next():
    """The copy ends at 20 s, something is over at once at 30 s, the import begins at 50 s."""
    stream = stream_of(began(30.0, kind="wrong-label", lasts=0.0))
    stream.legs.append(replace(leg(start=50.0, end=60.0, complete=True), name="import"))
    assert labelled(stream)[:5] == [[]] * 5
    assert labelled(stream)[5:] == [["F1"], [], []]


@pytest.fixture(scope="module")
def world():
    """40 files of 5 MB at 100 Mbit/s take 16 s and a little; the cable is out for 4 s of them, from the third on."""
    return simulate(
        small_story(
            'client.laptop.rate = "100 Mbit/s"',
            'fault = [{ kind = "cable-pulled", at = "3 s", duration = "4 s" }, { kind = "wrong-label", at = "0 s" }]',
        )
    )


def test_worked_a_story_has_its_labels_in_json_lines_csv_and_parquet(world):
    rows = list(world.progress("1 s"))
    fault = world.stream.of(FaultBegan)
    cable, wrong = (
        next(each for each in fault if each.kind == kind) for kind in ("cable-pulled", "wrong-label")
    )
    (ended,) = [each for each in world.stream.of(FaultEnded) if each.fault == cable.fault]
    out = io.BytesIO()
    writer("jsonl")(world.chunks("1 s"), out)
    lines = out.getvalue().decode().splitlines()
    assert lines == [row.to_json() for row in rows]
    records = list(map(json.loads, lines))
    touched = [each for each in records if any(f["kind"] == "cable-pulled" for f in each.get("Faults", ()))]
    assert len(touched) == 5, "four seconds on a grid of one have five samples that touch them"
    assert touched[0]["Faults"] == [
        {"fault": cable.fault, "kind": "cable-pulled", "where": LINK, "words": cable.words, "since": cable.at}
    ]
    assert all(cable.at <= each["seconds"] < ended.at + 1 for each in touched)
    (other,) = [each for each in records if any(f["kind"] == "wrong-label" for f in each.get("Faults", ()))]
    assert (other["leg"], other["Faults"][0]["since"]) == ("import", wrong.at)
    out = io.BytesIO()
    writer("csv")(world.chunks("1 s"), out)
    told = [row["Faults"] for row in csv.DictReader(io.StringIO(out.getvalue().decode()))]
    assert told == ["; ".join(f"{label.fault} {label.kind}" for label in row.Faults) for row in rows]
    assert told.count(f"{cable.fault} cable-pulled") == 5
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    out = io.BytesIO()
    writer("parquet")(world.chunks("1 s"), out)
    assert parquet.read_table(io.BytesIO(out.getvalue()))["Faults"].to_pylist() == told


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"jsonl", "csv", "parquet"}))
def test_law_the_forms_of_other_tools_stay_as_they_are(world, form):
    """Byte for byte what the same stream gives of which nobody knows its faults."""
    plain = Stream(world.epoch)
    plain.legs = world.stream.legs
    plain.events = [each for each in world.events if not isinstance(each, FaultBegan | FaultEnded)]
    texts = []
    for stream in (world.stream, plain):
        out = io.BytesIO()
        chunks = (chunk for chunk in stream.chunks(1.0, world.now) if chunk.leg == "ingest")
        writer(form)(chunks, out)
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    assert b"cable" not in texts[0]

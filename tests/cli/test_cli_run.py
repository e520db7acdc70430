"""``run``: the answer in its forms, what options change, and which exit code it gives."""

import json
import math
import re
import shlex
import sys
from dataclasses import replace

import pytest
from command_line import SCENARIOS, Done
from small_story import BYTES, TEXT

from devicesim import answer, load, report, simulate
from devicesim.report import text
from devicesim.report.model import Swing

MET, MISSED = '\n[[goal]]\nexpr = "files_lost == 0"\n', '\n[[goal]]\nexpr = "days_to_s3 < 1"\n'


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def document(done):
    """A JSON document of the strict kind: no NaN, no Infinity."""
    return json.loads(done.out, parse_constant=refuse_constant)


def test_worked_text(devicesim):
    done = devicesim("run", "small.toml")
    assert (done.code, done.err) == (0, "")
    assert done.out == text.render(answer(simulate(load("small.toml"))))
    assert done.out.endswith("Repeat      devicesim run small.toml --seed 7\n")


def test_worked_json(devicesim):
    done = devicesim("run", "small.toml", "--json")
    assert (done.code, done.err) == (0, "")
    told = document(done)
    assert next(iter(told)) == "schema"
    assert (told["schema"], told["name"], told["seed"]) == ("devicesim.run/1", "Small story", 7)
    assert (told["state"], told["losses"]) == ("Complete", [])
    assert (told["ingest"]["bytes"], told["ingest"]["files"]) == (BYTES, 40)
    assert told == json.loads(json.dumps(answer(simulate(load("small.toml"))).to_dict()))


def test_worked_json_has_null_for_what_is_not_finite(devicesim, monkeypatch):
    def endless(world):
        swing = Swing("a.figure", "1", "0 .. 2", -math.inf, math.nan)
        return replace(answer(world), swings=(swing,))

    monkeypatch.setattr("devicesim.cli.run.answer", endless)
    swing = document(devicesim("run", "small.toml", "--json"))["swings"][0]
    assert (swing["key"], swing["low_days"], swing["high_days"]) == ("a.figure", None, None)


def test_worked_json_lines(devicesim):
    done = devicesim("run", "small.toml", "--json-lines")
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line, parse_constant=refuse_constant) for line in done.out.splitlines()]
    assert {event["schema"] for event in events} == {"devicesim.event/1"}
    assert len({event["JobId"] for event in events}) == 1
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds)
    assert seconds[0] == 0
    kinds = [event["event"] for event in events]
    assert {"LegStarted", "LegEnded"} <= set(kinds)
    assert len(events) == len(simulate(load("small.toml")).events)


@pytest.mark.parametrize("form", [[], ["--json"], ["--json-lines"]], ids=["text", "json", "json-lines"])
def test_law_a_missed_goal_changes_only_the_exit_code(devicesim, tmp_path, form):
    for goal, code in ((MET, 0), (MISSED, 1), (MET + MISSED, 1)):
        (tmp_path / "goal.toml").write_text(TEXT + goal)
        done = devicesim("run", "goal.toml", *form)
        assert (done.code, done.err) == (code, "")
        assert done.out.count("\n") > 20


def test_worked_a_missed_goal_is_marked(devicesim, tmp_path):
    (tmp_path / "goal.toml").write_text(TEXT + MET + MISSED)
    out = devicesim("run", "goal.toml").out
    assert "✓ files_lost == 0: 0\n" in out
    assert re.search(r"✗ days_to_s3 < 1: [\d.]+ days\n", out)
    met = [goal["met"] for goal in document(devicesim("run", "goal.toml", "--json"))["goals"]]
    assert met == [True, False]


def test_worked_a_disaster_is_a_result(devicesim):
    lost = ["--set", "assume.courier.lost=1"]
    done = devicesim("run", "small.toml", *lost)
    assert (done.code, done.err) == (0, "")
    assert "\nNot in S3: " in done.out
    told = document(devicesim("run", "small.toml", *lost, "--json"))
    assert told["days_to_s3"] is None


def test_worked_seed(devicesim):
    own, same, other = (
        document(devicesim("run", "small.toml", "--json", *seed))
        for seed in ([], ["--seed", "7"], ["--seed", "8"])
    )
    assert own == same
    assert (own["seed"], other["seed"]) == (7, 8)
    assert own["job"] != other["job"]
    assert document(devicesim("run", "small.toml", "--json", "--seed", "0"))["seed"] == 0


def test_law_the_repeat_line_repeats(devicesim):
    options = ["--seed", "8", "--set", "client.laptop.streams=2", "--set", 'name="Two $HOME streams"']
    done = devicesim("run", "small.toml", *options)
    repeat = re.search(r"\nRepeat      devicesim (.*)\n$", done.out)[1]
    assert devicesim(*_words(repeat)) == done


def _words(line):
    return shlex.split(line)


@pytest.mark.parametrize("path", ["client[0].streams", "client.laptop.streams"])
def test_worked_set_by_index_and_by_name(devicesim, path):
    # Forty files of 5 MB are copied one at a time or eight at a time: with one stream the link waits between files.
    slow, quick = (
        document(devicesim("run", "small.toml", "--json", "--set", f"{path}={streams}"))["ingest"]["rate"]
        for streams in (1, 8)
    )
    assert slow < 0.95 * quick


def test_worked_set_of_every_kind(devicesim):
    told = document(
        devicesim(
            "run",
            "small.toml",
            "--json",
            "--set",
            'name="Ünder a new name"',
            "--set",
            "dataset.clips.files=7",
            "--set",
            'dataset.clips.size={distribution="fixed", value="3 MB"}',
            "--set",
            "job.shipping=NEXT_DAY",
            "--set",
            "assume.SNC1_HDD.disk.outer_rate=20 MB/s",
        )
    )
    assert (told["name"], told["ingest"]["files"], told["ingest"]["bytes"]) == (
        "Ünder a new name",
        7,
        21_000_000,
    )
    figures = {figure["key"]: figure for figure in told["figures"]}
    assert figures["SNC1_HDD.disk.outer_rate"]["value"] == "20 MB/s"
    assert figures["SNC1_HDD.disk.outer_rate"]["kind"] == "scenario"


def test_worked_the_last_override_holds(devicesim):
    twice = [word for name in ("one", "two") for word in ("--set", f"name={name}")]
    assert document(devicesim("run", "small.toml", "--json", *twice))["name"] == "two"


def test_worked_a_story_on_batteries_tells_its_swaps(devicesim):
    changes = [
        word
        for change in (
            'site.power={source="battery", capacity="4 Wh", spares=20, swap="10 min"}',
            "dataset.clips.files=2000",
            'client.laptop.rate="100 Mbit/s"',
        )
        for word in ("--set", change)
    ]
    told = document(devicesim("run", "small.toml", "--json", *changes))
    assert told["battery"]["swaps"] == told["ingest"]["sessions"] - 1 > 0
    assert told["ingest"]["bytes"] == 2000 * 5_000_000
    out = devicesim("run", "small.toml", *changes).out
    assert re.search(r"\nBattery     \d+ swaps?; ", out)


def test_worked_without_the_extra_nothing_is_run(devicesim, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    for module in ("html", "charts"):
        monkeypatch.delitem(sys.modules, f"devicesim.report.{module}", raising=False)
        monkeypatch.delattr(report, module, raising=False)
    monkeypatch.setattr("devicesim.cli.run.World", None)
    assert devicesim("run", "small.toml", "--report", "out.html") == Done(
        4, "", "devicesim: --report needs: pip install 'devicesim[report]'\n"
    )


def test_worked_stories_of_the_house_exit_by_their_goals(devicesim):
    # A battery that dies loses files, and its story has the goal to lose none.
    assert devicesim("run", str(SCENARIOS / "full_disk.toml")).code == 1
    assert devicesim("run", str(SCENARIOS / "local_use.toml")).code == 0

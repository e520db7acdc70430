"""The model against what is known: the README's table is made by it, failures are told, nothing new fails."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from devicesim import catalog
from devicesim.catalog import Figure
from devicesim.cli.validate import command
from devicesim.planning.validate import table
from devicesim.planning.validate.predictors import PREDICTORS
from devicesim.planning.validate.rows import Row, groups, rows

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found():
    return list(rows())


def test_law_every_truth_has_its_row(found):
    truths = {
        path
        for entry in catalog.entries("validation")
        for path in entry.figures
        if not path.startswith("tolerance.")
    }
    assert {f"{row.group}.{row.case}" for row in found} == truths
    assert {row.group for row in found} == set(PREDICTORS)


def test_law_nothing_fails_but_what_is_known_to(found):
    assert [f"{row.group}.{row.case}" for row in found if not row.passed and not row.excuse] == []


def test_law_what_is_known_to_fail_still_does(found):
    # A row that has been mended must leave the list.
    assert [f"{row.group}.{row.case}" for row in found if row.passed and row.excuse] == []


def test_law_the_readme_s_table_is_what_the_command_prints(found):
    shown = README.split("<!-- table: validation -->\n")[1].split("<!-- end -->")[0]
    assert shown == table.markdown(found)


def test_law_failures_are_shown_as_failures(found):
    text = table.text(found, every=True)
    failed = [row for row in found if not row.passed]
    assert f"{len(failed)} of {len(found)} rows fail:" in text
    assert text.count("FAILS (known)") == len(failed)
    assert len(re.findall(r" ok$", text, re.MULTILINE)) == len(found) - len(failed)


def row(prediction, value, low=None, high=None, tolerance=0.5, excuse=""):
    truth = Figure("x", value, "MB/s", low or value, high or value, "published", "-")
    return Row("snow", "x", prediction, truth, tolerance, False, excuse)


@pytest.mark.parametrize(
    ("one", "passed"),
    [
        (row(150.0, 100.0), True),
        (row(151.0, 100.0), False),
        (row(67.0, 100.0), True),
        (row(66.0, 100.0), False),
        (row(55.0, 100.0, 50.0, 400.0, tolerance=0.1), True),
    ],
    ids=["half more", "too much", "a third less", "too little", "in its range"],
)
def test_worked_a_factor_of_one_and_a_half_either_way(one, passed):
    assert one.passed is passed


def test_worked_an_unexpected_failure_is_exit_code_1(found, monkeypatch):
    runner = CliRunner()
    assert runner.invoke(command, [], standalone_mode=False).return_value == 0
    monkeypatch.setattr("devicesim.cli.validate.rows.rows", lambda: [row(300.0, 100.0)])
    done = runner.invoke(command, [], standalone_mode=False)
    assert done.return_value == 1
    assert "UNEXPECTED" in done.output


def test_law_the_document_holds_every_row_with_its_source(found):
    document = json.loads(CliRunner().invoke(command, ["--json"]).output)
    assert len(document["rows"]) == len(found)
    assert all(each["source"] and each["kind"] in ("tuned", "untuned") for each in document["rows"])
    assert document["unexpected"] == 0


def test_worked_groups_part_tuned_from_untuned(found):
    kinds = {(group.name, group.kind): len(group.rows) for group in groups(found)}
    assert kinds["snow", "tuned"] == 4
    assert kinds["snow", "untuned"] == 1

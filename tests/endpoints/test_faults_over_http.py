"""Faults over HTTP: injected by what the scenario's grammar takes, told with their states and schemas."""

import json
import urllib.error
import urllib.request

import pytest
from small_story import small_story

from devicesim.endpoints.http import HttpDoor
from devicesim.snowball_api.snow import Snow


@pytest.fixture
def door():
    snow = Snow(small_story('client.laptop.rate = "10 Mbit/s"'))
    snow.world.until_serving()
    with HttpDoor(snow) as door:
        yield door


def ask(door, document=None):
    body = None if document is None else json.dumps(document).encode()
    with urllib.request.urlopen(f"{door.url}/_devicesim/faults", body, timeout=20) as answer:
        return json.load(answer)


def test_worked_a_fault_is_injected_and_told(door):
    assert ask(door, {"kind": "cable-pulled", "duration": "10 min"})["fault"] == "F1"
    told = ask(door)
    (fault,) = told["faults"]
    assert (fault["kind"], fault["state"], fault["where"]) == ("cable-pulled", "under way", "link of laptop")
    assert fault["members"]["duration"] == "600 s"


def test_worked_the_schema_is_that_of_what_is_injected(door):
    """In a scenario at counts from the device being ready and must be told; here it counts from now."""
    (kinds,) = [ask(door)["kinds"]]
    assert set(kinds["slow-disk"]["required"]) == {"factor", "duration", "kind"}
    assert {each["properties"]["at"]["description"] for each in kinds.values()} == {
        "How long after now it begins: at once if not given."
    }
    assert {each["since"] for each in kinds.values()} == {"now"}
    now = ask(door, {"kind": "slow-disk", "factor": "10 %", "duration": "1 min"})["fault"]
    later = ask(door, {"kind": "slow-disk", "factor": "10 %", "duration": "1 min", "at": "1 h"})["fault"]
    states = {each["fault"]: each["state"] for each in ask(door)["faults"]}
    assert (states[now], states[later]) == ("under way", "due")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "kind must be given, got nothing"),
        ({"kind": 5}, "kind must be a text, got 5"),
        ({"kind": "cable-pulled", "job_id": "JID1"}, "job_id must be no member here (a job is named by job)"),
        ({"kind": "cable-pulled", "self": 1}, "self must be no member here"),
        ({"kind": "cable-pulled"}, "duration must be given, got nothing"),
        ({"kind": "cable-pulled", "duration": "9 s", "job": 5}, "job must be a text, got 5"),
        ({"kind": "cable-cut", "duration": "9 s"}, "unknown kind of fault 'cable-cut'"),
    ],
)
def test_law_what_cannot_be_is_refused(door, document, words):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(door, document)
    assert refused.value.code == 400
    assert words in json.load(refused.value)["error"]

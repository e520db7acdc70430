"""The JSON Schema: complete, deterministic, and of one mind with the reader."""

import json
import subprocess
import sys
import tomllib
from datetime import datetime

import pytest

from devicesim.scenario import Scenario, loads, schema, template


def validator():
    jsonschema = pytest.importorskip("jsonschema")
    kind = jsonschema.Draft202012Validator
    kind.check_schema(schema())
    return kind(schema())


def document(text):
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in tomllib.loads(text).items()}


def tables(node):
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            yield node
        for inner in node.values():
            yield from tables(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from tables(inner)


def test_law_the_template_and_its_canonical_form_are_valid():
    checker = validator()
    assert list(checker.iter_errors(document(template()))) == []
    assert list(checker.iter_errors(loads(template()).to_dict())) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("sead",), 7),
        (("site", "wifi", "distance"), 15),
        (("site", "wifi", "distance"), "15"),
        (("site", "wifi", "distance"), "15 MB"),
        (("site", "wifi", "band"), "6 GHz"),
        (("site", "region"), "us-west-9"),
        (("dataset", 0, "manifest"), "files.csv"),
        (("dataset", 0, "files"), 0),
        (("dataset", 0, "size", "sigma"), "0.8"),
        (("dataset", 0, "bucket"), "Trail_Cams"),
        (("client", 0, "streams"), 1.5),
        (("client", 0, "nfs", "version"), 4.1),
        (("job", "type"), "EXPRT"),
        (("job", "device"), "EDGY"),
        (("job", "capacity"), "T9"),
        (("goal", 0, "expr"), "days_to_s4 < 3"),
    ],
)
def test_worked_bad_documents_are_invalid(path, value):
    bad = document(template())
    at = bad
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert list(validator().iter_errors(bad))


def test_law_every_key_is_described_and_no_table_is_open():
    found = list(tables(schema()))
    assert len(found) > 12
    for table in found:
        assert table["description"]
        assert table["additionalProperties"] is False
        for name, field in table["properties"].items():
            assert field.get("description"), name


def test_law_quantities_are_text_with_examples_and_text_defaults():
    power = schema()["$defs"]["Power"]["properties"]
    assert power["capacity"]["type"] == "string"
    assert power["capacity"]["examples"] == ["71 Wh"]
    assert power["swap"]["default"] == "600 s"
    assert "null" not in json.dumps(schema())


def test_law_the_same_bytes_in_another_process():
    code = "import json; from devicesim.scenario import schema; print(json.dumps(schema()))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == json.dumps(schema())


def test_law_the_schema_names_the_reader_s_keys():
    assert set(schema()["properties"]) == {f.alias or n for n, f in Scenario.model_fields.items()}

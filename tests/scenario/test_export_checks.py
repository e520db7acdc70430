"""What an export cannot be made of: each refusal with its place, its reason and its hint."""

import pytest
from small_export import TEXT

from devicesim import scenario
from devicesim.errors import ScenarioError

RANGE = 'size = { distribution = "fixed", value = "5 MB" }\n'


def told(text, *changes):
    with pytest.raises(ScenarioError) as caught:
        scenario.loads(text, "small export", changes)
    return [(problem.path, problem.why, problem.hint) for problem in caught.value.problems]


def ranged(marks):
    return TEXT.replace(RANGE, f"{RANGE}key_range = {marks}\n")


@pytest.mark.parametrize(
    ("text", "path", "why", "hint"),
    [
        pytest.param(
            ranged('{ begin = "clips/z", end = "clips/a" }'),
            "dataset[0].key_range",
            "begin must not lie after end in the order of UTF-8 bytes, got 'clips/z' and 'clips/a'",
            "digits come before capitals, and capitals before small letters",
            id="inverted",
        ),
        pytest.param(
            ranged('[{ begin = "clips" }, { begin = "car" , end = "caz" }]'),
            "dataset[0].key_range[1]",
            "must hold at least one key, got none",
            "the data set's keys go from 'clips/0000/00000000' to 'clips/0000/00000039'",
            id="empty",
        ),
        pytest.param(
            ranged('{ begin = "Clips", end = "Clips" }'),
            "dataset[0].key_range",
            "must hold at least one key, got none",
            "the data set's keys go from 'clips/0000/00000000' to 'clips/0000/00000039'",
            id="another case",
        ),
        pytest.param(
            ranged(f'{{ begin = "{"é" * 513}" }}'),
            "dataset[0].key_range[0].begin",
            None,
            None,
            id="1,026 bytes",
        ),
        pytest.param(
            TEXT.replace(RANGE, RANGE + 'storage_class = "GLACIER"\n'),
            "dataset[0].storage_class",
            "nothing is left to export: objects in S3 Glacier must be restored first",
            'say how long that takes: restore = "12 h"',
            id="all of it in Glacier",
        ),
        pytest.param(
            TEXT.replace(RANGE, RANGE + 'restore = "12 h"\n'),
            "dataset[0].restore",
            "restore goes with an object that lies in Glacier",
            'write storage_class = "GLACIER", or leave restore out',
            id="restored from nowhere",
        ),
        pytest.param(
            TEXT.replace('dataset = "clips"', 'dataset = "clip"'),
            "client[0].dataset",
            "no dataset is named 'clip'",
            "did you mean 'clips'?",
            id="a client that reads nothing that there is",
        ),
        pytest.param(
            TEXT.replace('device = "EDGE"', 'device = "SNC1_HDD"').split("[assume]")[0],
            "job.type",
            "EXPORT is not offered on SNC1_HDD, which takes IMPORT and LOCAL_USE jobs",
            'write "IMPORT" or "LOCAL_USE"',
            id="a type that cannot export",
        ),
        pytest.param(
            TEXT + '[[goal]]\nexpr = "days_to_s3 < 21"\n',
            "goal[0].expr",
            "an EXPORT brings nothing to S3",
            'write "days_to_site < 21"',
            id="a goal in S3",
        ),
        pytest.param(
            TEXT.replace("[assume]", 'holds = { files = 3, size = "1 GB" }\n[assume]'),
            "job.holds",
            "an EXPORT's device comes with what AWS put on it, and nothing else",
            "",
            id="a device that holds something",
        ),
        pytest.param(
            TEXT.replace('type = "EXPORT"', 'type = "IMPORT"\nverify = "content"'),
            "job.verify",
            "verify is what readers of an EXPORT do, and job.type is 'IMPORT'",
            "",
            id="verify of an import",
        ),
        pytest.param(
            ranged('{ begin = "clips" }').replace('type = "EXPORT"', 'type = "IMPORT"'),
            "dataset[0].key_range",
            "which keys leave S3 is for EXPORT jobs, and job.type is 'IMPORT'",
            "",
            id="a key range of an import",
        ),
        pytest.param(
            TEXT.replace('type = "EXPORT"', 'type = "IMPORT"') + '[[goal]]\nexpr = "days_to_site < 21"\n',
            "goal[0].expr",
            "IMPORT brings nothing from S3 to the site",
            "",
            id="a goal at the site of an import",
        ),
        pytest.param(
            TEXT.replace('type = "EXPORT"', 'type = "IMPORT"')
            + '[[fault]]\nkind = "blackout"\nat = "1 h"\nduration = "1 h"\npart = 2\n',
            "fault[0].part",
            "only an EXPORT has parts",
            "",
            id="a part of an import",
        ),
    ],
)  # fmt: skip
def test_worked_bad_input_says(text, path, why, hint):
    found = [each for each in told(text) if each[0] == path]
    assert len(found) == 1, told(text)
    if why is not None:
        assert found[0][1:] == (why, hint)


def test_worked_nobody_reads_or_there_is_nothing():
    nobody = TEXT[: TEXT.index("[[client]]")] + TEXT[TEXT.index("[job]") :]
    assert ("client", "nobody reads the data off the device", "add a [[client]]") in told(nobody)
    nothing = TEXT[: TEXT.index("[[dataset]]")] + TEXT[TEXT.index("[[client]]") :]
    assert ("dataset", "an EXPORT job needs objects in S3 to bring", "add a [[dataset]]") in told(nothing)


def test_law_an_export_takes_more_than_a_device_does():
    assert scenario.loads(TEXT, "x", ["dataset.clips.files = 10_000"]).job.type == "EXPORT"


def test_law_a_total_is_not_refused_for_a_key_that_may_be_drawn():
    """20 MB of 5 MB files are four, give or take what the sizes do: the range of the fifth is left to the run."""
    text = TEXT.replace("files = 40", 'total = "20 MB"')
    for end, ok in (("clips/0000/00000005", True), ("clips/0000/00000009", False)):
        marked = text.replace(RANGE, f'{RANGE}key_range = {{ begin = "{end}" }}\n')
        if ok:
            assert scenario.loads(marked).datasets[0].key_range[0].begin == end
        else:
            assert told(marked)


def test_worked_one_range_needs_no_list_and_comes_back_as_one():
    story = scenario.loads(ranged('{ begin = "clips/0000/00000003" }'))
    assert [mark.begin for mark in story.datasets[0].key_range] == ["clips/0000/00000003"]
    assert scenario.from_dict(story.to_dict()) == story


def test_an_export_of_more_parts_than_anybody_waits_for_is_refused() -> None:
    """Worked: 1,000 devices of 80 MB take 80 GB, which is 16,000 objects of 5 MB; one more needs another."""
    many = TEXT.replace("files = 40", "files = 16_001")
    assert told(many) == [
        (
            "dataset",
            "an export has at most 1,000 parts, one device each, and 80 GB in 16,001 objects need 1,001",
            "ask for 80 GB at most, or tell of several exports",
        )
    ]
    assert scenario.loads(TEXT.replace("files = 40", "files = 16_000")).datasets[0].files == 16_000

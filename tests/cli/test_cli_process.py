"""The command as a process: pipes, signals, encodings, other processes of the same kind, and what it costs."""

import os
import subprocess
import sys

import pytest
import small_story
from command_line import SCENARIOS, environment, process, shell

SMALL = "small.toml"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / SMALL).write_text(small_story.TEXT, encoding="utf-8")
    return tmp_path


def test_law_two_processes_give_the_same_bytes(folder):
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    words = [
        "run",
        "../small.toml",
        "--seed",
        "7",
        "--progress",
        "p.jsonl",
        "--every",
        "500 ms",
        "--report",
        "r.html",
    ]
    first = process(*words, cwd=folder / "a", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    again = process(
        *words, cwd=folder / "b", PYTHONHASHSEED="2", TZ="Asia/Kolkata", COLUMNS="44", FORCE_COLOR="1"
    )
    assert (first.code, first.err) == (0, "")
    assert (again.out, again.err) == (first.out, "")
    for name in ("p.jsonl", "r.html"):
        one = (folder / "a" / name).read_bytes()
        assert len(one) > 1000
        assert one == (folder / "b" / name).read_bytes()


@pytest.mark.parametrize("form", ["--json", "--json-lines"])
def test_law_two_processes_give_the_same_document(folder, form):
    first, again = (process("run", SMALL, form, cwd=folder, PYTHONHASHSEED=seed) for seed in "12")
    assert first.out == again.out
    assert first.out.startswith("{")


@pytest.mark.parametrize(
    "link",
    [["--set", "client.laptop.link=ethernet", "--set", 'client.laptop.rate="1 Gbit/s"'], []],
    ids=["Ethernet", "Wi-Fi"],
)
def test_law_ten_thousand_files_take_less_than_three_seconds_of_cpu(folder, link):
    assert process("init", "demo.toml", cwd=folder).code == 0
    done = process("run", "demo.toml", "--set", "dataset.photos.files=10_000", *link, "--json", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert '"total_files": 10000' in done.out
    # The whole process, start of the interpreter and imports included.
    assert done.cpu < 3.0


@pytest.mark.parametrize(
    "line",
    [
        "devicesim run small.toml | head -n 1",
        "devicesim run small.toml --json | head -n 1",
        "devicesim run small.toml --json-lines | head -c 1",
        "devicesim run small.toml --json | true",
        "devicesim catalog show SNC1_HDD --json | true",
        "devicesim schema | true",
    ],
)
def test_worked_a_reader_that_has_seen_enough_is_no_error(folder, line):
    done = shell(line, folder)
    assert (done.code, done.err) == (0, "")


def test_worked_a_goal_is_missed_whether_or_not_somebody_reads_of_it(folder):
    (folder / "goal.toml").write_text(small_story.TEXT + '\n[[goal]]\nexpr = "days_to_s3 < 1"\n')
    done = shell("devicesim run goal.toml --progress p.jsonl | true", folder)
    assert (done.code, done.out, done.err) == (1, "", "")
    assert (folder / "p.jsonl").read_text().count("\n") > 1


def test_worked_a_mistake_that_nobody_reads(folder):
    assert shell("devicesim run nosuch.toml 2>&1 | true", folder).code == 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's device that is always full")
@pytest.mark.parametrize("words", ["run small.toml", "schema", "catalog list --json"])
def test_worked_a_disk_that_is_full(folder, words):
    done = shell(f"devicesim {words} > /dev/full", folder)
    assert (done.code, done.out) == (4, "")
    assert done.err == "devicesim: stdout: cannot be written: No space left on device\n"


def test_worked_stdout_is_the_result_and_stderr_the_rest(folder):
    done = shell("devicesim init demo.toml 2> words; devicesim check demo.toml 2>> words", folder)
    assert (done.out, done.err) == ("demo.toml: ok: Trail cameras, ridge camp\n", "")
    assert (folder / "words").read_text() == "wrote demo.toml; next: devicesim run demo.toml\n"
    done = shell("devicesim schema > scenario.schema.json && head -c 1 scenario.schema.json", folder)
    assert (done.code, done.out, done.err) == (0, "{", "")


def test_worked_an_encoding_without_the_characters(folder):
    words = "small.toml --set 'name=Grüße → Köln'"
    done = shell(f"devicesim run {words} | cat -v", folder, PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, "")
    assert "\\u2192 K" in done.out
    done = shell(f"devicesim run {words} --json | cat -v", folder, PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, "")
    assert "\\u2192 K" in done.out


# The process sends itself the interrupt at a known point of the copy, so that no clock decides what is tested.
INTERRUPTED = """
import os, signal, sys
from devicesim import cli
from devicesim.cli import bar, run
from devicesim.world import World

bar.PATIENCE = bar.INTERVAL = 0.0

class Interrupted(World):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.looks = 0
        self.watch(self.interrupt)

    def interrupt(self):
        self.looks += 1
        if self.looks == 3:
            os.kill(os.getpid(), signal.SIGINT)

run.World = Interrupted
sys.argv = ["devicesim", *sys.argv[1:]]
cli.main()
"""


def interrupted(*words):
    return [sys.executable, "-c", INTERRUPTED, *words]


def test_worked_control_c_while_copying(folder):
    words = interrupted(
        "run", SMALL, "--set", "dataset.clips.files=2000", "--progress", "p.jsonl", "--report", "r.html"
    )
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.split("\n") == ["", "devicesim: interrupted", ""]
    assert [path.name for path in folder.iterdir()] == [SMALL]


def test_worked_the_first_command_of_the_readme(folder):
    done = process("run", SCENARIOS / "local_use.toml", cwd=folder)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Vineyard, local use with a detector\nComplete after ")


@pytest.mark.parametrize(("own", "seen"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_law_no_threads_that_wait_busily_unless_somebody_asks_for_them(own, seen):
    asked = """
import os, sys
from devicesim.cli import main
sys.argv = ["devicesim", "--version"]
try:
    main()
finally:
    print(os.environ["OPENBLAS_NUM_THREADS"])
"""
    plain = {key: value for key, value in environment().items() if key != "OPENBLAS_NUM_THREADS"}
    told = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, env=plain | own
    )
    assert told.stdout.split()[-1] == seen

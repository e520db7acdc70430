"""The transfer model fitted to measurements: planted costs come back, and real ones are told honestly.

``ganesha.csv``: measured for devicesim, NFS-Ganesha 4.3 on tmpfs, a libnfs client, shaped veth and TUN links; the rows
taken at a load average up to 4.
"""

import tomllib
from math import inf, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim import World, load
from devicesim.catalog import Figures
from devicesim.errors import BoundError, ScenarioError
from devicesim.planning.calibrate import told, written
from devicesim.planning.calibrate.calibration import calibrate
from devicesim.planning.calibrate.evidence import intervals, student
from devicesim.planning.calibrate.fit import Rules, fit, observed
from devicesim.planning.measured.law import Costs, Line, wall
from devicesim.planning.measured.measurement import KIB, MIB, Measurement, Setting, cells
from devicesim.planning.measured.profile import fitted
from devicesim.planning.measured.readers import read_all
from devicesim.scenario.profile import read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GANESHA = HERE / "ganesha.csv"
RULES = Rules.of(Figures())
GIGABIT = 125e6


def grid(sizes=((4, 128 * MIB), (64, 8 * MIB), (2000, 64 * KIB), (5000, 4 * KIB))):
    """A plan that tells every cost: large and small files, one stream and four, on two links and none."""
    for link, rtt in ((GIGABIT, 1e-4), (GIGABIT / 10, 4e-3), (inf, 1e-4)):
        for streams in (1, 4):
            for files, size in sizes:
                yield Setting(link, rtt, streams, MIB, files, float(size), window=8)


def made_up(costs, noise=0.03, seed=0, repeats=2):
    """Measurements of planted costs, with lognormal noise."""
    random = np.random.default_rng(seed)
    return [
        Measurement(setting, wall(setting, costs) * float(np.exp(noise * random.standard_normal())))
        for setting in grid()
        for _ in range(repeats)
    ]


def recovered(costs, seed):
    """Which of the planted costs lie within their intervals."""
    data = observed(cells(made_up(costs, seed=seed)), RULES)
    found = fit(data, RULES)
    return {e.name: e.low <= getattr(costs, e.name) <= e.high for e in intervals(data, RULES, found, seed)
            if ":" not in e.name and e.identified}  # fmt: skip


def planted(seed):
    random = np.random.default_rng([seed, 77])
    return Costs(
        efficiency=random.uniform(0.85, 0.99),
        delay=float(np.exp(random.uniform(log(3e-5), log(3e-4)))),
        per_operation=float(np.exp(random.uniform(log(4e-5), log(2e-4)))),
        per_byte=float(np.exp(random.uniform(log(1e-9), log(6e-9)))),
    )


def test_law_planted_costs_lie_within_their_intervals():
    held = [within for seed in range(2) for within in recovered(planted(seed), seed).values()]
    # Of six or more 90 % intervals three would miss once in fifty tries.
    assert len(held) >= 6
    assert held.count(False) <= 2


@pytest.mark.slow
def test_law_intervals_hold_their_level():
    held = [within for seed in range(100, 130) for within in recovered(planted(seed), seed).values()]
    assert np.mean(held) >= 0.84


def test_law_a_planted_bucket_and_two_cores_are_found():
    costs = Costs(
        0.95, 1e-4, 1e-4, 2e-9, cores=2, lines=(Line("local", 1e-4, 200e3), Line("distant", 4e-3, 0.0))
    )
    data = observed(cells(made_up(costs, noise=0.01)), RULES)
    found = fit(data, RULES).costs
    assert found.cores == 2
    # More than a file of 64 KiB hides nothing further.
    assert found.lines[0].bucket > 60e3
    assert found.lines[1].bucket == 0


def test_law_one_wild_row_hardly_moves_the_fit():
    costs = planted(5)
    rows = made_up(costs, noise=0.01, repeats=1)
    wild = [Measurement(rows[0].setting, rows[0].wall * 5), *rows[1:]]
    calm, shaken = (fit(observed(cells(each), RULES), RULES).costs for each in (rows, wild))
    assert shaken.per_operation == pytest.approx(calm.per_operation, rel=0.1)
    assert shaken.efficiency == pytest.approx(calm.efficiency, rel=0.05)


def test_worked_disturbed_rows_count_only_where_there_are_no_others():
    setting = next(iter(grid()))
    quiet, busy = Measurement(setting, 10.0, load=1.0), Measurement(setting, 20.0, load=9.0)
    assert np.exp(observed(cells([quiet, busy, busy]), RULES).logs[0]) == pytest.approx(10.0)
    alone = observed(cells([busy]), RULES)
    assert (np.exp(alone.logs[0]), alone.weights[0]) == (pytest.approx(20.0), RULES.disturbed_weight)


@pytest.fixture(scope="module")
def real():
    return calibrate([str(GANESHA)], read_all([GANESHA]))


def test_published_real_transfers_are_predicted_without_having_been_seen(real):
    errors = real.evidence.errors
    assert errors.cells == 24
    assert errors.median <= 0.10
    assert errors.worst <= 0.35


def test_law_a_shaper_is_told_from_a_link_that_delays(real):
    bucket = {line.kind: line.bucket for line in real.fit.costs.lines}
    assert bucket["veth+tbf"] > 0
    assert bucket["tun-delay"] == 0


def test_law_the_text_says_what_is_uncertain(real):
    text = told.text(real)
    assert "no limit, 0.049 ms, by the others" in text
    assert "Not identified: ceiling of the hosts" in text
    document = told.document(real)
    assert document["held_out"]["median"] == real.evidence.errors.median
    assert {each["name"] for each in document["parameters"]} >= {"efficiency", "per_operation"}


def test_law_the_profile_says_the_costs_again_and_a_scenario_runs_on_it(real, tmp_path):
    path = tmp_path / "lab.toml"
    path.write_text(written.toml(real), encoding="utf-8")
    again = fitted(read(path), str(path))
    assert again.costs.per_operation == pytest.approx(real.fit.costs.per_operation, rel=1e-5)
    assert again.costs.lines[0].bucket == pytest.approx(real.fit.costs.lines[0].bucket, rel=1e-5)
    assert again.held_out == pytest.approx(real.evidence.errors.median, rel=1e-5)
    assert str(tmp_path) not in path.read_text()
    story = (ROOT / "scenarios" / "factory.toml").read_text()
    (tmp_path / "story.toml").write_text(f'profile = "lab.toml"\n{story}', encoding="utf-8")
    figure = World(load(tmp_path / "story.toml")).figures.figure("SNC1_HDD.nfs.per_operation")
    assert (figure.kind, figure.si) == ("measured", pytest.approx(real.fit.costs.per_operation, rel=1e-5))
    assert "ganesha.csv: 70 rows of 24 settings" in figure.source


def test_law_the_scenario_s_own_word_wins_over_its_profile(real, tmp_path):
    (tmp_path / "lab.toml").write_text(written.toml(real), encoding="utf-8")
    story = (ROOT / "scenarios" / "factory.toml").read_text()
    (tmp_path / "story.toml").write_text(f'profile = "lab.toml"\n{story}', encoding="utf-8")
    world = World(load(tmp_path / "story.toml", ['assume.SNC1_HDD.nfs.per_operation="50 us"']))
    assert world.figures.si("SNC1_HDD.nfs.per_operation") == pytest.approx(50e-6)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("devicesim.profile/1", "devicesim.profile/9", "must be a profile"),
        ("device.nfs.per_operation", "device.nfs.per_opration", "did you mean"),
        ('unit = "us"', 'unit = "MB"', "must be in a unit like 'us'"),
        ("value = ", 'value = "fast" # ', "range"),
    ],
    ids=["schema", "key", "unit", "word"],
)
def test_misuse_a_spoilt_profile_is_refused_in_words(real, tmp_path, old, new, why):
    path = tmp_path / "lab.toml"
    path.write_text(written.toml(real).replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=why):
        read(path)


def test_misuse_a_profile_that_is_not_there_is_told_at_its_place(tmp_path):
    story = (ROOT / "scenarios" / "factory.toml").read_text()
    (tmp_path / "story.toml").write_text(f'profile = "labb.toml"\n{story}', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"story.toml:1:11: error: profile: there is no file 'labb.toml'"):
        load(tmp_path / "story.toml")


def test_misuse_two_rows_are_too_few_and_it_says_what_would_be_enough():
    few = made_up(planted(1))[:2]
    with pytest.raises(BoundError, match=r"6 different settings at least .* got 2 rows of 1 setting"):
        calibrate(["few.csv"], few)


def test_worked_student_against_the_tables():
    # Two-sided 90 %: 2.353 at 3 degrees of freedom, 1.812 at 10, 1.697 at 30.
    assert student(3) == pytest.approx(2.353, rel=0.01)
    assert student(10) == pytest.approx(1.812, rel=0.001)
    assert student(30) == pytest.approx(1.697, rel=0.001)


@given(
    st.floats(0.7, 1.0), st.floats(1e-6, 1e-3), st.floats(1e-6, 1e-3), st.floats(1e-10, 1e-8),
    st.sampled_from(list(grid())),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_law_no_prediction_beats_the_link_or_the_cores(efficiency, delay, per_operation, per_byte, setting):
    costs = Costs(efficiency, delay, per_operation, per_byte)
    time = wall(setting, costs)
    calls = setting.files * (4 + -(-setting.size // setting.wsize))
    # Long lists go on at the pace of their latter half, which is steady to some percent.
    assert time >= 0.97 * (calls * per_operation + setting.bytes * per_byte)
    if setting.link < inf:
        assert time >= 0.97 * setting.bytes / (setting.link * efficiency)


def test_worked_serial_small_files_take_five_round_trips_and_their_work():
    # One stream, five calls: 5 (rtt + delay + work) + bytes/link + bytes * per_byte, a file after the other.
    costs = Costs(0.9, 2e-5, 1e-4, 2e-9)
    setting = Setting(GIGABIT, 1e-3, 1, MIB, 100, 4096.0, window=8)
    link = 117.6853e6 * 0.9
    # Requests of v3 with a 16-byte name: LOOKUP 132, CREATE 164, WRITE 132, COMMIT 124, SETATTR 156.
    each = 5 * (1.02e-3 + 1e-4) + (4096 + 132 + 164 + 132 + 124 + 156) / link + 4096 * 2e-9
    assert wall(setting, costs) == pytest.approx(100 * each, rel=1e-4)


def test_law_the_readme_shows_what_the_command_prints(real):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.split("<!-- output: calibrate -->\n```text\n")[1].split("```")[0] == told.text(real)


def test_worked_the_written_profile_is_toml(real):
    document = tomllib.loads(written.toml(real))
    assert document["held_out"]["cells"] == 24
    assert document["not_identified"][0]["name"] == "ceiling of the hosts (none was seen)"

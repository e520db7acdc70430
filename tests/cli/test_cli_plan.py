"""``devicesim plan`` and ``devicesim sweep`` at the command line: what they print, write, refuse and return."""

import csv
import json

import pytest

FEW = ("--workers", "1", "--replications", "3")
OPTION = '[[option]]\nname = "By night"\nset.job.shipping = "NEXT_DAY"\n'


def more(text: str, name: str = "small.toml") -> None:
    with open(name, "a", encoding="utf-8") as out:
        out.write(text)


@pytest.fixture
def told(devicesim):
    def run(*words: str) -> dict:
        done = devicesim("plan", "small.toml", *FEW, "--json", *words)
        assert done.err == ""
        return json.loads(done.out) | {"code": done.code}

    return run


def test_worked_a_plan_as_text_reads_from_the_date_to_the_repeat_line(devicesim):
    more(OPTION)
    done = devicesim("plan", "small.toml", *FEW, "--goal", "days_to_s3.p95 < 90")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[1].startswith("Half of the futures have the data in S3 by ")
    assert "3 futures of each of 2 options" in lines[2]
    starts = [line.split("  ")[0] for line in lines if line and line[0] != " "]
    for title in ("Days to S3", "Option", "As written", "By night", "Goals", "Cost", "Prices", "Seed"):
        assert title in starts
    assert any("✓ days_to_s3.p95 < 90" in line for line in lines)
    assert lines[-1].endswith("devicesim plan small.toml --replications 3 --goal 'days_to_s3.p95 < 90'")


def test_worked_a_goal_missed_is_exit_code_1(told):
    assert told("--goal", "days_to_s3.p50 < 1")["code"] == 1
    document = told("--goal", "days_to_s3 < 90", "--confidence", "90 %")
    assert (document["code"], document["goals_met"]) == (0, True)
    (goal,) = document["options"][0]["goals"][-1:]
    assert (goal["chance"], goal["asked"], goal["met"]) == (1.0, pytest.approx(0.9), True)


def test_worked_an_aim_chooses_among_the_options(told):
    document = told("--option", "edge", "--optimise", "min cost")
    assert document["choice"]["best"] == "As written"
    assert document["choice"]["runner_up"] == "One Snowball Edge"
    document = told("--option", "edge", "--optimise", "min cost subject to days.p95 < 2")
    assert (document["code"], document["choice"]["best"]) == (1, None)
    (reach,) = document["choice"]["reach"]
    assert reach["value"] > 2


def test_law_the_same_seed_gives_the_same_table_and_another_another(told):
    first, again, other = told(), told(), told("--seed", "9")
    assert first == again
    assert first["options"][0]["metrics"] != other["options"][0]["metrics"]


def test_worked_prices_have_their_dates(told):
    prices = told()["options"][0]["prices"]
    assert {price["key"] for price in prices} >= {"SNC1_HDD.price.service_fee", "prices.shipping.other"}
    assert all(price["date"] and price["source"] for price in prices)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--replications", "0"), 2, "--replications must be in 1 .. 10,000,000, got 0"),
        (("--precision", "0 %"), 2, "--precision must be more than 0 % and less than 100 %, got 0 %"),
        (("--precision", "2 MB"), 2, "--precision: expected"),
        (("--goal", "days < 3"), 2, "unknown metric 'days'"),
        (("--goal", "days_to_s3.p100 < 3"), 2, "expected a percentile such as p95, or mean"),
        (("--option", "snowcone:2"), 3, "must be a ready-made option, got 'snowcone:2'"),
        (("--option", "datasync"), 3, "needs the site's line to the internet"),
        (("--optimise", "cheap"), 2, "--optimise must be an aim such as"),
        (("--report", "plan.pdf"), 2, "--report must be a file named .html, .svg or .png, got plan.pdf"),
        (("--report", "no/plan.html"), 4, "no/plan.html: cannot be written"),
        (("--report", "small.toml"), 2, "--report must be a"),
        (("--workers", "0"), 2, "--workers must be in 1 .."),
        (("--workers", "2", "--cluster", "tcp://127.0.0.1:1"), 2, "--workers or --cluster, got both"),
        (("--cluster", "nowhere"), 2, "--cluster must be the address of a dask scheduler"),
    ],
)
def test_worked_what_cannot_be_is_refused_before_anything_is_computed(devicesim, words, code, why):
    done = devicesim("plan", "small.toml", *words)
    assert (done.code, done.out) == (code, "")
    assert why in done.err


def test_worked_an_option_that_is_wrong_is_told_with_its_place(devicesim):
    more('[[option]]\nname = "Bad"\nset.job.device = "EDGE_X"\n')
    done = devicesim("plan", "small.toml", *FEW)
    assert done.code == 3
    assert "small.toml:" in done.err
    assert "error: option[0].set.job.device: job.device: unknown SnowballType 'EDGE_X'" in done.err
    assert devicesim("check", "small.toml").code == 3


def test_worked_a_page_opens_without_a_network_and_has_all_parts(devicesim, tmp_path):
    pytest.importorskip("altair")
    more(OPTION)
    pages = []
    for name in ("one.html", "two.html"):
        assert devicesim("plan", "small.toml", *FEW, "--report", name).code == 0
        pages.append((tmp_path / name).read_text(encoding="utf-8"))
    page = pages[0]
    assert page == pages[1]
    for part in (
        "When it is done",
        "How far it is, by date",
        "Options",
        "Cost against date",
        "Assumptions and",
    ):
        assert part in page
    assert "default-src 'none'" in page
    assert "<script src" not in page


@pytest.mark.parametrize(("form", "begin"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_worked_the_charts_as_a_picture(devicesim, tmp_path, form, begin):
    pytest.importorskip("altair")
    assert devicesim("plan", "small.toml", *FEW, "--report", f"plan.{form}").code == 0
    picture = (tmp_path / f"plan.{form}").read_bytes()
    assert picture.startswith(begin)
    assert b"var(--" not in picture


SWEEP = '[[sweep]]\npath = "client[0].streams"\nvalues = [1, 4]\n'


def test_worked_a_sweep_writes_a_row_for_each_future_of_each_cell(devicesim, tmp_path):
    more(SWEEP)
    done = devicesim("sweep", "small.toml", *FEW, "--out", "grid.csv")
    assert (done.code, done.err) == (0, "")
    assert "6 rows in grid.csv" in done.out
    rows = list(csv.DictReader((tmp_path / "grid.csv").read_text().splitlines()))
    assert [(row["client[0].streams"], row["replication"]) for row in rows] == [
        (streams, str(number)) for streams in ("1", "4") for number in range(3)
    ]
    assert all(float(row["days_to_s3"]) > 0 for row in rows)


def test_worked_a_sweep_as_parquet_has_the_same_columns(devicesim, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    more(SWEEP)
    for name in ("grid.csv", "grid.parquet"):
        assert devicesim("sweep", "small.toml", *FEW, "--out", name).code == 0
    rows = list(csv.DictReader((tmp_path / "grid.csv").read_text().splitlines()))
    table = parquet.read_table(tmp_path / "grid.parquet").to_pydict()
    assert list(table) == list(rows[0])
    assert [float(row["days_to_s3"]) for row in rows] == table["days_to_s3"]


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--out", "grid.xls"), 2, "--out must be a file named .csv or .parquet, got grid.xls"),
        (("--out", "grid.csv"), 3, "has no [[sweep]]"),
        ((), 2, "out is missing"),
    ],
)
def test_worked_a_sweep_that_cannot_be_is_refused(devicesim, words, code, why):
    done = devicesim("sweep", "small.toml", *words)
    assert done.code == code
    assert why in done.err

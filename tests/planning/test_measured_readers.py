"""Files of measurements are read as their tools write them, and refused in words that say what would be enough."""

import json
from math import inf

import pytest

from devicesim.errors import ScenarioError
from devicesim.planning.measured.measurement import KIB, MIB
from devicesim.planning.measured.readers import Given, read, read_all

HEADER = "link_mbit,rtt_ms,streams,wsize,file_count,file_bytes,wall_s"
LAB = Given(link=125e6, rtt=4e-4, streams=4, wsize=MIB)


def written(tmp_path, text, name="m"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path, given=None):
    with pytest.raises(ScenarioError) as refused:
        read(path, given)
    return [(each.line, each.why, each.hint) for each in refused.value.problems]


def test_worked_plain_rows(tmp_path):
    text = f"{HEADER},nfs_version,window,loadavg1\n1000,0.4,4,1048576,2000,65536,3.5,4.1,16,0.5\n0,0,1,65536,1,1e9,2\n"
    path = written(tmp_path, text.replace("2\n", "2,,,\n"))
    first, second = read(path)
    setting = first.setting
    assert (setting.link, setting.rtt, setting.streams, setting.wsize) == (125e6, pytest.approx(4e-4), 4, MIB)
    assert (setting.files, setting.size, setting.version, setting.window) == (2000, 65536.0, "4.1", 16)
    assert (first.wall, first.load, first.place) == (3.5, 0.5, f"{path}:2")
    assert (second.setting.link, second.disturbed(4)) == (inf, False)


def test_worked_what_a_table_lacks_may_be_given(tmp_path):
    path = written(tmp_path, "file_count,file_bytes,wall_s\n100,65536,2\n")
    assert read(path, LAB)[0].setting.link == 125e6
    assert [why for _, why, _ in problems(path)] == [
        f"column {name} is missing" for name in ("link_mbit", "rtt_ms", "streams", "wsize")
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1000,0.4,1,65536,1,1000,0", "wall_s must be > 0, got 0"),
        ("1000,0.4,1,65536,1,1000,2 s", "wall_s must be a plain number (seconds), got '2 s'"),
        ("1000,0.4,1.5,65536,1,1000,2", "streams must be a whole number, got 1.5"),
        ("1000,-1,1,65536,1,1000,2", "rtt_ms must be >= 0 and finite, got -1"),
        ("1000,0.4,1,65536,1,1000", "the row has 1 fewer cells than the header"),
        ("1000,0.4,1,65536,1,1e9,0.004", "units are mixed up"),
        ("1000,0.4,1,65536,1,,2", "file_bytes must be a plain number (bytes of each), got 'nothing'"),
    ],
    ids=["zero time", "unit in a cell", "half a stream", "negative", "short row", "milliseconds", "empty"],
)
def test_misuse_a_bad_row_is_told_with_its_line(tmp_path, row, why):
    (found,) = problems(written(tmp_path, f"{HEADER}\n1000,0.4,1,65536,1,1000,2\n{row}\n"))
    assert found[0] == 3
    assert why in found[1]


def test_misuse_all_bad_rows_of_all_files_come_at_once(tmp_path):
    bad = written(tmp_path, f"{HEADER}\n1000,0.4,1,65536,1,1000,0\n1000,0.4,0,65536,1,1000,1\n")
    other = written(tmp_path, "", "empty")
    with pytest.raises(ScenarioError) as refused:
        read_all([bad, other, tmp_path / "none"])
    assert [each.why for each in refused.value.problems] == [
        "wall_s must be > 0, got 0",
        "streams must be > 0, got 0",
        "is empty",
        "cannot be read: No such file or directory",
    ]


def test_misuse_a_column_in_another_unit_is_pointed_at(tmp_path):
    ((line, why, hint),) = problems(
        written(tmp_path, HEADER.replace("wall_s", "wall_ms") + "\n1,1,1,1,1,1,1\n")
    )
    assert (line, why) == (1, "column wall_s is missing")
    assert "there is wall_ms, whose unit is another" in hint


FIO = {
    "fio version": "fio-3.33",
    "jobs": [
        {
            "jobname": "4KiB-4",
            "job options": {
                "bs": "4096",
                "filesize": "4096",
                "nrfiles": "1000",
                "numjobs": "4",
                "ioengine": "psync",
            },
            "job_runtime": 8640,
            "write": {"io_bytes": 16_384_000, "runtime": 3034, "total_ios": 4000},
        }
    ],
}


def test_worked_fio(tmp_path):
    # fio 3.33, by group_reporting: 4 x 1000 files of 4 KiB in 3.034 s; a note of fio's own stands before it.
    path = written(tmp_path, "note: both iodepth >= 1 and synchronous I/O engine\n" + json.dumps(FIO))
    (found,) = read(path, Given(link=125e6, rtt=4e-4, wsize=MIB))
    assert (found.wall, found.setting.files, found.setting.size) == (3.034, 4000, 4096.0)
    assert (found.setting.streams, found.setting.wsize) == (4, MIB)
    ((_, why, hint),) = problems(path)
    assert why == "fio's job '4KiB-4' does not tell the link, its round-trip time, the mount's wsize"
    assert hint == 'add --link "1 Gbit/s" --rtt "0.4 ms" --wsize "1 MiB"'


def test_worked_fio_s_own_nfs_engine_tells_the_wsize(tmp_path):
    document = json.loads(json.dumps(FIO))
    document["jobs"][0]["job options"] |= {"ioengine": "nfs", "bs": "64k", "iodepth": "8"}
    (found,) = read(written(tmp_path, json.dumps(document)), Given(link=125e6, rtt=4e-4))
    assert (found.setting.wsize, found.setting.window) == (64 * KIB, 8)


def test_misuse_fio_that_only_read(tmp_path):
    document = json.loads(json.dumps(FIO))
    document["jobs"][0]["write"] = {"io_bytes": 0}
    assert problems(written(tmp_path, json.dumps(document)), LAB)[0][1] == (
        "job '4KiB-4' wrote nothing; a calibration is of writing"
    )


def test_worked_elbencho(tmp_path):
    columns = "ISO date,hosts,threads,operation,time ms [first],time ms [last],entries [last],MiB [last]"
    rows = "2026,,16,MKDIRS,1,2,16,0\n2026,,16,WRITE,900,1250,1600,100"
    (found,) = read(written(tmp_path, f"{columns}\n{rows}\n"), Given(link=125e6, rtt=4e-4, wsize=MIB))
    assert (found.wall, found.setting.streams, found.setting.files) == (1.25, 16, 1600)
    assert found.setting.size == 65536.0  # 100 MiB of 1,600 files


def test_worked_rclone(tmp_path):
    lines = [
        {"level": "info", "msg": "starting"},
        {"stats": {"bytes": 1000, "transfers": 1, "elapsedTime": 1.0}},
        {
            "stats": {
                "bytes": 65_536_000,
                "transfers": 1000,
                "elapsedTime": 9.0,
                "transferTime": 8.0,
                "errors": 0,
            }
        },
    ]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)))
    (found,) = read(path, LAB)
    assert (found.wall, found.setting.files, found.setting.size) == (8.0, 1000, 65_536.0)


def test_misuse_rclone_with_errors_or_without_statistics(tmp_path):
    stats = {"bytes": 1000, "transfers": 1, "elapsedTime": 1.0, "errors": 2}
    path = written(tmp_path, json.dumps({"stats": stats}))
    assert problems(path, LAB)[0][1] == "2 attempts failed, so the time tells of more than the copy"
    assert "no statistics" in problems(written(tmp_path, json.dumps({"msg": "x"})), LAB)[0][1]


NFSIOSTAT = """
nas:/e mounted on /mnt:

           ops/s       rpc bklog
{0:16.3f}           0.000

write:             ops/s            kB/s           kB/op         retrans    avg RTT (ms)    avg exe (ms)
{0:24.3f}{1:16.3f}{2:16.3f}        0 (0.0%)           1.000           1.000
"""


def test_worked_nfsiostat(tmp_path):
    # 160 WRITEs of 64 KiB a second: 10,240 kB/s of 1,024 bytes; files of 1 MiB: 10 of them a second.
    text = (
        NFSIOSTAT.format(1.0, 1.0, 1.0)
        + NFSIOSTAT.format(160.0, 10_240.0, 64.0)
        + NFSIOSTAT.format(0.0, 0.0, 0.0)
    )
    path = written(tmp_path, text)
    (found,) = read(path, Given(link=125e6, rtt=4e-4, streams=2, size=float(MIB)))
    assert found.setting.wsize == 64 * KIB
    assert found.setting.bytes / found.wall == pytest.approx(10_240 * 1024)
    assert "how large the files were" in problems(path)[0][1]
    assert (
        "only the average since the mount"
        in problems(written(tmp_path, NFSIOSTAT.format(1, 1, 1)), LAB)[0][1]
    )


MOUNTSTATS = """device nas:/e mounted on /mnt with fstype nfs4 statvers=1.1
\topts:\trw,vers=4.1,rsize=1048576,wsize=262144,proto=tcp
\tage:\t{age}
\tbytes:\t0 0 0 0 0 {written} 0 0
\tper-op statistics
\t       WRITE: 10 10 0 10 10 0 1 1
\t        OPEN: {created} 1 0 1 1 0 1 1
"""


def test_worked_mountstats_between_two_copies(tmp_path):
    first, second = (
        MOUNTSTATS.format(age=a, written=w, created=c) for a, w, c in ((100, 0, 5), (160, 65_536_000, 1005))
    )
    (found,) = read(written(tmp_path, first + second), Given(link=125e6, rtt=4e-4, streams=1))
    assert (found.wall, found.setting.files, found.setting.size) == (60.0, 1000, 65_536.0)
    assert (found.setting.wsize, found.setting.version) == (262_144, "4.1")


def test_worked_one_copy_of_mountstats_needs_the_time(tmp_path):
    path = written(tmp_path, MOUNTSTATS.format(age=100, written=65_536_000, created=1000))
    assert problems(path, LAB)[0][1:] == ("mountstats does not tell how long it took", 'add --wall "12 min"')
    (found,) = read(path, Given(link=125e6, rtt=4e-4, streams=1, wall=30.0))
    assert found.wall == 30.0

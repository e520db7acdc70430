"""Readers of files that people bring: scenarios, lists of files, traces, profiles, measurements, quantities, keys."""

import json
import tempfile
from pathlib import Path

from decoders import Decoder, FailedError
from test_measured_readers import FIO, MOUNTSTATS, NFSIOSTAT

from devicesim import units
from devicesim.device.share.policy import policy
from devicesim.endpoints.ssh.keys import authorized
from devicesim.errors import BoundError, DevicesimError, ScenarioError, UnitError
from devicesim.planning.measured.readers import Given, read
from devicesim.scenario import load_varied, loads, manifest, profile, template, trace
from devicesim.scenario.goals import goal_of

ROOT = Path(__file__).parents[2]
STORIES = sorted(ROOT.glob("scenarios/*.toml"))


class Reader(Decoder):
    """Something that reads a file of a folder of its own.

    Attributes:
        name: of the file.
    """

    name = "input"

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="devicesim-fuzz-")
        self._file = Path(self._folder.name, self.name)

    def run(self, data):
        self._file.write_bytes(data)
        try:
            self.read(self._file)
        except ScenarioError as refused:
            if not str(refused).strip():
                raise FailedError("refused without a word") from refused

    def read(self, file):
        raise NotImplementedError


class Scenarios(Reader):
    """Scenario files."""

    name = "story.toml"
    tokens = (
        "[[fault]]", "[[sweep]]", "[[option]]", "[cluster]", "[fleet]", "[[instance]]", "[[function]]", "[[task]]",
        "[hybrid]", "[site.wan]", "[assume]", '"SNC1_HDD"', '"EDGE_S"', '"EXPORT"', '"LOCAL_USE"', '"1 GB"', '"3 d"',
        '"5 %"', "key_range", "manifest", '"story.toml"', '"/etc/passwd"', "directory", "1e9", "0x10", "1979-05-27",
    )  # fmt: skip

    def __init__(self):
        super().__init__()
        self.seeds = [file.read_bytes() for file in STORIES] + [template().encode()]

    def read(self, file):
        # A directory or a list elsewhere may be named: what is read of it is sizes, and that is what is asked for.
        loads(_text(file), "story.toml", directory=file.parent)
        load_varied(file)


class Manifests(Reader):
    """Lists of files: CSV, JSON Lines, and those of an import or of an inventory of S3."""

    tokens = ("path", "size", "1 GB", "-1", "9223372036854775808", '{"path": "a", "size": 1}')

    def __init__(self):
        super().__init__()
        self.seeds = [
            b"path,size\na/b.jpg,100\nc.jpg,4 MB\n",
            b"a/b.jpg,100\nc.jpg,7\n",
            b"size,path\n1,x\n2,y\n",
            b'"a ""quoted"" name, with a comma",100\nb,2\n',
            b'{"path": "a", "size": 1}\n{"path": "b", "size": "4 MB"}\n',
            b'"trail-cams","photos/a.jpg","1024"\n"trail-cams","photos/b.jpg","7"\n',
            (ROOT / "scenarios/export_key_ranges.csv").read_bytes()[:2000],
        ]  # fmt: skip

    def read(self, file):
        for name in ("m.csv", "m.jsonl"):
            other = file.with_name(name)
            other.write_bytes(file.read_bytes())
            sizes, names, problems = manifest.read(other, name, 5e12)
            if len(sizes) != len(names) or (sizes < 0).any() or len(problems) > 21:
                raise FailedError(f"{len(sizes)} sizes, {len(names)} names, {len(problems)} problems")


class Traces(Reader):
    """What an instance took, and when requests came."""

    tokens = ("time", "until", "cpu", "disk", "network", "work", "1 h", "50 %", "1 MB/s")

    def __init__(self):
        super().__init__()
        self.seeds = [
            (ROOT / "scenarios/research_station_load.csv").read_bytes()[:1500],
            b"time,cpu,disk,network\n0,0.5,0,0\n60,1,1e6,2e6\n",
            b"time,until,cpu\n0 s,1 h,50 %\n1 h,2 h,10 %\n",
            b"time,work\n0,1\n5,2\n",
        ]  # fmt: skip

    def read(self, file):
        trace.load(file, "trace.csv")
        trace.arrivals(file, "trace.csv")


class Profiles(Reader):
    """Profiles that a calibration wrote."""

    tokens = ("schema", "figures", "sources", "value", "unit", "range", "kind", "measured")

    def __init__(self):
        super().__init__()
        figure = 'value = 0.0001\nunit = "s"\nrange = [0.00005, 0.0002]\nkind = "measured"\nsource = "here"\n'
        self.seeds = [
            f'schema = "{profile.SCHEMA}"\ntitle = "Ours"\n[sources.here]\ntitle = "Measured here"\n'
            f'[figures."nfs.client.efficiency"]\nvalue = 0.9\nunit = ""\nrange = [0.8, 0.95]\nkind = "measured"\n'
            f'source = "here"\n[figures."device.nfs.service"]\n{figure}'.encode(),
        ]  # fmt: skip

    def read(self, file):
        profile.read(file)


class Measurements(Reader):
    """Files of measurements, of any tool."""

    tokens = (
        "WRITE",
        "runtime",
        "io_bytes",
        "nrfiles",
        "numjobs",
        "stats",
        "transfers",
        "age:",
        "opts:",
        "CREATE",
    )

    def __init__(self):
        super().__init__()
        stats = {"bytes": 65_536_000, "transfers": 1000, "elapsedTime": 9.0, "transferTime": 8.0, "errors": 0}
        rows = "2026,,16,MKDIRS,1,2,16,0\n2026,,16,WRITE,900,1250,1600,100"
        seeds = (
            "link_mbit,rtt_ms,streams,wsize,file_count,file_bytes,wall_s\n1000,0.4,4,1048576,2000,65536,3.5\n",
            json.dumps(FIO),
            "note: both\n" + json.dumps(FIO) * 2,
            "\n".join(map(json.dumps, ({"level": "info"}, {"stats": stats}))),
            f"ISO date,hosts,threads,operation,time ms [first],time ms [last],entries [last],MiB [last]\n{rows}\n",
            NFSIOSTAT.format(1.0, 1.0, 1.0) + NFSIOSTAT.format(160.0, 10_240.0, 64.0),
            MOUNTSTATS.format(age=100, written=0, created=5) + MOUNTSTATS.format(age=160, written=9999, created=55),
        )  # fmt: skip
        self.seeds = [each.encode() for each in seeds]

    def read(self, file):
        for given in (Given(), Given(link=125e6, rtt=4e-4, streams=4, wsize=1 << 20, size=65536.0, wall=5.0)):
            try:
                read(file, given)
            except ScenarioError as refused:
                if not str(refused).strip():
                    raise FailedError("refused without a word") from refused


class Quantities(Decoder):
    """Quantities, goals and content policies, a line each."""

    seeds = (
        b"size\n8 TB", b"size\n1.5 GiB", b"rate\n240 MB/s", b"rate\n1 Gbit/s", b"duration\n1 h 30 min",
        b"temperature\n-5 \xc2\xb0C", b"fraction\n80 %", b"number\n3 files", b"energy\n71 Wh", b"goal\ndays_to_s3 < 21",
        b"goal\ndays_to_s3.p95 < 14", b"content\nkeep:2GB", b"content\nspill:x",
    )  # fmt: skip
    tokens = tuple(unit for each in units.DIMENSIONS for unit in each.factors)

    def run(self, data):
        kind, _, told = data.decode("utf-8", "replace").partition("\n")
        if kind == "goal":
            try:
                goal_of(told)
            except DevicesimError:
                return
        elif kind == "content":
            try:
                policy(told)
            except BoundError:
                return
        else:
            known = [each for each in units.DIMENSIONS if each.name == kind] or units.DIMENSIONS
            for dimension in known:
                try:
                    value = units.parse(told, dimension)
                except UnitError as refused:
                    if not str(refused).startswith("expected "):
                        raise FailedError(f"refused as {refused}") from refused
                else:
                    if (
                        not value == value
                        or abs(value) == float("inf")
                        or (value < 0 and not dimension.signed)
                    ):
                        raise FailedError(f"{told!r} is {value} as a {dimension.name}")


class Keys(Decoder):
    """Files of authorized keys."""

    seeds = (
        b"# ours\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq3Wn7rVY1sV7eL3Nqg3D4p6o0vNw2sV7eL3Nqg3D4p me@there\n",
        b'no-pty,command="x" ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 me\n',
        b"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA== x\n",
    )

    def run(self, data):
        try:
            authorized(data.decode("utf-8", "replace"))
        except BoundError:
            return


def _text(file):
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""

"""The measurements that tell the model's costs, as fio job files.

Each file is one setting, run on the mounted share: large files fill the link, small ones by one stream tell round
trips, by several the server's cores, and files between them what a byte costs. Files are created in the timed part
and closed with an fsync, which an NFS client turns into CREATE, WRITEs and COMMIT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devicesim.planning.measured.measurement import GIB, KIB, MIB
from devicesim.planning.measured.words import size_name


@dataclass(frozen=True, slots=True)
class Probe:
    """One setting to measure: so many files of a size for each of so many streams, and what it tells."""

    streams: int
    files: int
    size: int
    tells: str

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{size_name(float(self.size)).replace(' ', '')}-{self.streams}"


PROBES = (
    Probe(1, 1, GIB, "the link's share that is filled"),
    Probe(4, 1, GIB // 4, "whether several streams fill it better"),
    Probe(1, 64, 8 * MIB, "what closing a file costs among large ones"),
    Probe(4, 16, 8 * MIB, "the same by several streams"),
    Probe(1, 2000, 64 * KIB, "what a byte costs beside a call"),
    Probe(4, 500, 64 * KIB, "the same by several streams"),
    Probe(1, 4000, 4 * KIB, "round trips, and what the hosts add to them"),
    Probe(4, 1000, 4 * KIB, "the time of a core for a call"),
    Probe(16, 250, 4 * KIB, "how many cores serve calls"),
)
"""Nine settings, some 2.6 GB and 14,000 files: minutes on a network, and enough for a calibration."""


def job(probe: Probe, block: int = MIB) -> str:
    """The text of a job file, for ``MOUNT=/mnt/share fio FILE``."""
    return f"""; {probe.tells[0].upper()}{probe.tells[1:]}.
; MOUNT=/mnt/share fio --output-format=json --output={probe.name}.json {probe.name}.fio
[{probe.name}]
directory=${{MOUNT}}
rw=write
ioengine=psync
bs={min(block, probe.size)}
filesize={probe.size}
nrfiles={probe.files}
openfiles=1
file_service_type=sequential
create_on_open=1
fallocate=none
fsync_on_close=1
numjobs={probe.streams}
thread=1
group_reporting=1
unlink=1
"""


SCRIPT = """#!/bin/sh
# sh run.sh /mnt/share: runs every probe three times on the mounted share, then says what to do with the results.
set -e
MOUNT=${1:?give the directory where the share is mounted}
export MOUNT
cd "$(dirname "$0")"
for repeat in 1 2 3; do
  for probe in *.fio; do
    fio --output-format=json --output="${probe%.fio}.$repeat.json" "$probe"
  done
done
echo 'devicesim calibrate *.json --link "1 Gbit/s" --rtt "0.4 ms" --wsize "1 MiB" --out lab.toml'
"""


def write(directory: Path) -> Iterator[Path]:
    """Write every job file and the script that runs them, in a directory that is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    for probe in PROBES:
        path = directory / f"{probe.name}.fio"
        path.write_text(job(probe), encoding="utf-8")
        yield path
    script = directory / "run.sh"
    script.write_text(SCRIPT, encoding="utf-8")
    yield script

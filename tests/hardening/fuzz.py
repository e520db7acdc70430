"""Long runs of the decoders: ``python tests/hardening/fuzz.py --minutes 10 sftp`` and, with atheris, ``--coverage``.

What fails is kept in ``tests/hardening/corpus/NAME/`` and is a test from then on. Every name is a decoder of
:data:`DECODERS`; none is all of them.
"""

import argparse
import hashlib
import importlib
import os
import random
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).parent
if __name__ == "__main__":
    tests = HERE.parent
    sys.path[:0] = [
        str(HERE),
        str(tests),
        *(str(tests / each) for each in ("endpoints", "snowball_api", "datasync_api", "planning")),
    ]

from api_decoders import Control, SnowballCbor, SnowballJson, SyncCbor, SyncJson  # noqa: E402
from decoders import memory  # noqa: E402
from file_decoders import (  # noqa: E402
    Keys,
    Manifests,
    Measurements,
    Profiles,
    Quantities,
    Scenarios,
    Traces,
)
from nfs_decoders import Nfs3, Nfs40, Nfs41  # noqa: E402
from sftp_decoders import Sftp  # noqa: E402

DECODERS = {
    "nfs3": Nfs3,
    "nfs40": Nfs40,
    "nfs41": Nfs41,
    "sftp": Sftp,
    "snowball-json": SnowballJson,
    "snowball-cbor": SnowballCbor,
    "datasync-json": SyncJson,
    "datasync-cbor": SyncCbor,
    "control": Control,
    "scenario": Scenarios,
    "manifest": Manifests,
    "trace": Traces,
    "profile": Profiles,
    "measurements": Measurements,
    "quantities": Quantities,
    "keys": Keys,
}
CORPUS = HERE / "corpus"
GROWTH = 100e6
"""What a process may grow by in a whole run, once it has seen its first tenth [bytes]."""


def kept(name):
    """Inputs of a decoder that once failed."""
    return sorted((CORPUS / name).glob("*"))


def smallest(decoder, data):
    """A shorter input that fails as well, by leaving pieces out, so far as some tries go."""
    size, tries = max(len(data) // 2, 1), 400
    while size and tries:
        at, shorter = 0, False
        while at < len(data) and tries:
            tries -= 1
            less = data[:at] + data[at + size :]
            if _fails(decoder, less):
                data, shorter = less, True
            else:
                at += size
        if not shorter:
            size //= 2
    return data


def _fails(decoder, data):
    try:
        decoder.try_out(data)
    except Exception:
        return True
    return False


def keep(name, data):
    """Keep an input that fails, as a test."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.sha256(data).hexdigest()[:12]
    file.write_bytes(data)
    return file


def long_run(name, minutes, say=print):
    """Try inputs for so many minutes; what failed, and by how much memory grew after the first tenth [bytes]."""
    decoder, draw = DECODERS[name](), random.Random()
    begun, tried, failures, warm = time.monotonic(), 0, {}, None
    while (gone := time.monotonic() - begun) < minutes * 60 and len(failures) < 10:
        data = decoder.bent(draw)
        tried += 1
        try:
            decoder.try_out(data)
        except Exception as failed:
            told = "".join(traceback.format_exception(failed))
            where = traceback.extract_tb(failed.__traceback__)[-1]
            if (known := (where.filename, where.lineno, told[-60:])) not in failures:
                failures[known] = keep(name, smallest(decoder, data))
                say(f"{failures[known]}\n{told[-2500:]}".encode("ascii", "backslashreplace").decode())
        if warm is None and gone > minutes * 6:
            warm = memory()
    grown = memory() - (warm or memory())
    say(
        f"fuzz {name}: {tried:,} inputs in {(time.monotonic() - begun) / 60:.1f} min, {len(failures)} failures, "
        f"memory {grown / 1e6:+.1f} MB after the first tenth"
    )
    return list(failures.values()), grown


def by_coverage(name, minutes):
    """The same with atheris, which finds its inputs by what they reach; ends the process."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit(
            "--coverage needs atheris, which is not installed: pip install atheris; without it, leave it out"
        )
    atheris.instrument_all()
    decoder = DECODERS[name]()
    folder = Path(f"/tmp/devicesim-fuzz-{os.getpid()}")
    folder.mkdir()
    for number, data in enumerate(decoder.seeds):
        (folder / str(number)).write_bytes(data)
    words = [
        sys.argv[0],
        f"-max_total_time={round(minutes * 60)}",
        "-max_len=4096",
        "-timeout=60",
        str(folder),
    ]
    atheris.Setup(words, decoder.try_out)
    atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DECODERS))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--coverage", action="store_true", help="by atheris, one NAME")
    told = parser.parse_args()
    if told.coverage:
        if len(told.names) != 1:
            parser.error("--coverage must be given with one NAME")
        by_coverage(told.names[0], told.minutes)
    failed = [name for name in told.names or DECODERS if long_run(name, told.minutes)[0]]
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()

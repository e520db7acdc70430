"""Doors that wait for the disk: together where they can, and not at all where nothing is kept."""

from pathlib import Path
from typing import Any

import pytest
from nfs4_client import Nfs41
from nfs_client import PROCEDURES, Nfs3, opaque, u32, u64

from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.premises import Premises
from devicesim.errors import UnknownNameError
from devicesim.journal import Journal, Told
from devicesim.snowball_api.kept import kept
from devicesim.snowball_api.snow import Snow

BADSESSION = 10052
"""NFS4ERR_BADSESSION (RFC 8881, 15.1)."""


def test_eight_writes_under_way_wait_for_the_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come in one segment, so the loop has them all before it lets a reply go."""
    with Journal(tmp_path / "camp.state") as journal:
        snow = kept(journal, Told(options={"seed": 7}))
        snow.world.create_job()
        premises = Premises(snow, paced=False, journal=journal)
        premises.welcome()
        snow.world.until_serving()
        with NfsDoor(premises) as door, Nfs3(door.port) as nfs:
            _, top = nfs.mount(premises.exports[0])
            _, handle = nfs.create(top, b"a")
            groups: list[int] = []
            write = journal._database.write

            def counted(changes: Any) -> None:
                groups.append(1)
                write(changes)

            monkeypatch.setattr(journal._database, "write", counted)
            records = b""
            for number in range(8):
                arguments = opaque(handle) + u64(100 * number) + u32(100, 0) + opaque(bytes([number]) * 100)
                message = nfs.message(100003, 3, PROCEDURES.index("write"), arguments)
                records += u32(len(message) | 1 << 31) + message
            nfs.socket.sendall(records)
            statuses = [nfs.receive()[1].u32() for _ in range(8)]
            assert statuses == [0] * 8
            assert len(groups) <= 2
            assert nfs.read(handle, 0, 800)[1] == b"".join(bytes([number]) * 100 for number in range(8))
            assert len(groups) <= 2, "a read waits for nothing"


def test_a_session_from_before_a_restart_is_nobody_s(tmp_path: Path) -> None:
    """The first client after the restart does not get what the first one before it had."""
    names: list[bytes] = []
    for _ in range(2):
        with Journal(tmp_path / "camp.state") as journal:
            snow = kept(journal, Told(options={"seed": 7}))
            premises = Premises(snow, paced=False, journal=journal)
            if not snow.world.jobs:
                snow.world.create_job()
                premises.welcome()
                snow.world.until_serving()
            with NfsDoor(premises) as door, Nfs41(door.port) as nfs:
                for earlier in names:
                    nfs.name, nfs.slot = earlier, 0
                    assert nfs.compound(nfs.sequence()).status == BADSESSION
                nfs.start()
                names.append(nfs.name)
            journal.commit(snow.world)
    assert len(set(names)) == 2


def test_snapshots_of_a_world_that_is_kept_nowhere() -> None:
    premises = Premises(Snow(seed=7))
    premises.snow.advance("1 d")
    premises.snapshot("loaded")
    premises.snow.advance("1 d")
    assert premises.snapshots == {"loaded": 86400.0}
    premises.restore("loaded")
    assert premises.world.now == 86400.0
    with pytest.raises(UnknownNameError, match="unknown snapshot 'leaded'; did you mean 'loaded'"):
        premises.restore("leaded")
    premises.settle()  # waits for nothing

"""What came through real NFS and SSH doors is in the log, and a World made of the log is the same one."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko
from device_stand import BUCKET, device_stand
from nfs_client import Nfs3

from devicesim.device.share import walk
from devicesim.device.share.recorded import handle
from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.ssh import SshDoor
from devicesim.world import World, replay

INVAL = 22
KEY = paramiko.ECDSAKey.generate()
DATA = random.Random(7).randbytes(2_500_000)
COMMANDS = (
    "create-tags --tag Key=Site,Value=Ridge",
    "create-virtual-network-interface --physical-network-interface-id {port}",
    "stop-service --service-id nfs",
    "start-service --service-id nfs --service-configuration AllowedHosts=127.0.0.0/8",
)
LOOKS = ("describe-device", "describe-tags", "describe-virtual-network-interfaces")


@contextmanager
def logged_in(door: SshDoor) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    host, port = door.address.split(":")
    client.connect(host, int(port), "snow", pkey=KEY, look_for_keys=False, allow_agent=False, timeout=20)
    try:
        yield client
    finally:
        client.close()


def by_nfs(port: int) -> None:
    with Nfs3(port) as nfs:
        top = nfs.mount(f"/buckets/{BUCKET}")[1]
        folder = nfs.mkdir(top, b"2026")[1]
        file = nfs.create(folder, b"a.raw", mode=0o640)[1]
        for at in range(0, len(DATA), 1 << 20):
            nfs.write(file, at, DATA[at : at + (1 << 20)])
        nfs.commit(file)
        nfs.setattr(file, mtime=(1_000_000_000, 5), size=2_000_000)
        nfs.link(file, top, b"b.raw")
        nfs.symlink(top, b"c", b"b.raw")
        nfs.rename(folder, b"a.raw", top, b"d.raw")
        nfs.rmdir(top, b"2026")
        nfs.remove(top, b"d.raw")
        assert nfs.create(top, b"\xff odd")[0] == INVAL  # keys are UTF-8: told, and not in the log
        nfs.write(nfs.create(top, "übrig".encode())[1], 100, b"end", 2)


def by_ssh(door: SshDoor) -> None:
    with logged_in(door) as client:
        sftp = client.open_sftp()
        sftp.chdir(f"/buckets/{BUCKET}")
        sftp.mkdir("day")
        sftp.putfo(io.BytesIO(DATA), "day/clip.mov")
        sftp.utime("day/clip.mov", (10**9, 10**9 + 7))
        sftp.posix_rename("day/clip.mov", "day/last.mov")
        sftp.close()
        told = client.exec_command("describe-device", timeout=20)[1].read()
        port = json.loads(told)["PhysicalNetworkInterfaces"][0]["PhysicalNetworkInterfaceId"]
        for command in COMMANDS:
            channel = client.exec_command(command.format(port=port), timeout=20)[1].channel
            assert channel.recv_exit_status() == 0, command


def tree(world: World) -> list[tuple[Any, ...]]:
    found = walk(world.life().device.share.buckets[BUCKET].directory)
    return [
        (path, *handle(node), node.size, node.mode, node.nlink, node.atime_ns, node.mtime_ns, node.ctime_ns)
        for path, node in found
    ]


def test_law_a_run_through_doors_is_made_again() -> None:
    stand = device_stand("driven")
    with (
        NfsDoor(stand) as nfs,
        SshDoor(stand, authorized_keys=f"{KEY.get_name()} {KEY.get_base64()} test") as ssh,
    ):
        by_nfs(nfs.port)
        by_ssh(ssh)
    world = stand.world
    again = replay(None, world.seed, world.log, clock=world.clock, content="keep")
    assert len(tree(world)) == 5
    assert tree(again) == tree(world)
    assert (again.now, again.log) == (world.now, world.log)
    job = world.job().id
    assert again.life(job).console.allowed_hosts == ("127.0.0.0/8",)
    for look in LOOKS:
        assert again.operate(look, job) == world.operate(look, job), look
    world.give_back(), again.give_back()
    world.until("Complete"), again.until("Complete")
    assert (again.now, again.log) == (world.now, world.log)

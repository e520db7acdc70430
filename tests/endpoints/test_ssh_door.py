"""The SSH door: real clients copy onto the share, give the device commands, and are turned away."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import paramiko
import pytest
from device_stand import BUCKET, device_stand, share_of, story_stand
from moto import mock_aws

from devicesim.device.share import ShareError
from devicesim.device.snow_device import SnowDevice
from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh import SshDoor
from devicesim.endpoints.ssh.keys import authorized, host_key
from devicesim.endpoints.ssh.shell import Shell
from devicesim.errors import BoundError
from devicesim.snowball_api.neighbours import KINDS, attach
from devicesim.snowball_api.snow import Snow

KEY = paramiko.ECDSAKey.generate()
PUBLIC = f"{KEY.get_name()} {KEY.get_base64()} test"
HOME = f"/buckets/{BUCKET}"


@contextmanager
def logged_in(door: SshDoor, user: str = "snow", key: paramiko.PKey = KEY) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    host, port = door.address.split(":")
    client.connect(host, int(port), user, pkey=key, look_for_keys=False, allow_agent=False, timeout=20)
    try:
        yield client
    finally:
        client.close()


def told(client: paramiko.SSHClient, command: str) -> tuple[str, str, int]:
    _, out, err = client.exec_command(command, timeout=20)
    return out.read().decode(), err.read().decode(), out.channel.recv_exit_status()


def lock_again(stand: Premises) -> None:
    """Switch the device off and on, until it stands there locked."""
    stand.world.power_off()
    stand.world.power_on()
    stand.world.until(lambda _: device_of(stand).state == "locked")


def device_of(stand: Premises) -> SnowDevice:
    assert stand.device is not None
    return stand.device


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()
    }


@pytest.fixture
def stand() -> Premises:
    return device_stand()


@pytest.fixture
def door(stand: Premises) -> Iterator[SshDoor]:
    with SshDoor(stand, authorized_keys=PUBLIC) as opened:
        yield opened


@pytest.fixture
def sftp(door: SshDoor) -> Iterator[paramiko.SFTPClient]:
    with logged_in(door) as client:
        yield client.open_sftp()


class TestSftp:
    def test_what_is_put_is_on_the_share_and_comes_back(
        self, stand: Premises, sftp: paramiko.SFTPClient
    ) -> None:
        content = os.urandom(1_000_001)
        sftp.putfo(io.BytesIO(content), f"{HOME}/big.bin")
        share = share_of(stand)
        node = share.resolve(f"{HOME}/big.bin")
        assert share.read(node, 0, node.size) == content
        with sftp.open(f"{HOME}/big.bin") as file:
            assert file.read() == content
        assert (share.files, share.bytes) == (1, len(content))

    def test_copying_takes_the_device_its_time(self, stand: Premises, sftp: paramiko.SFTPClient) -> None:
        """16 MB through a gigabit takes 0.13 s at least, and many round trips less than one a write."""
        before = stand.world.now
        sftp.putfo(io.BytesIO(bytes(16_000_000)), f"{HOME}/a")
        took = stand.world.now - before
        assert 16e6 / 125e6 < took < 60

    def test_names(self, stand: Premises, sftp: paramiko.SFTPClient) -> None:
        sftp.chdir(HOME)
        sftp.mkdir("day", 0o750)
        with sftp.open("day/a", "w") as file:
            file.write(b"a")
        sftp.rename("day/a", "day/b")
        sftp.symlink("b", "day/l")
        assert sftp.readlink("day/l") == "b"
        assert sorted(sftp.listdir("day")) == ["b", "l"]
        assert (stat.S_ISLNK(sftp.lstat("day/l").st_mode or 0), sftp.stat("day/l").st_size) == (True, 1)
        with sftp.open("other", "w") as file:
            file.write(b"other")
        with pytest.raises(OSError, match="File exists"):
            sftp.rename("other", "day/b")
        sftp.posix_rename("other", "day/b")
        assert sftp.stat("day/b").st_size == 5
        sftp.remove("day/b")
        sftp.remove("day/l")
        sftp.rmdir("day")
        assert share_of(stand).files == 0

    def test_attributes_are_of_the_world(self, stand: Premises, sftp: paramiko.SFTPClient) -> None:
        with sftp.open(f"{HOME}/a", "w") as file:
            file.write(b"a")
        epoch = stand.world.epoch.timestamp()
        assert abs((sftp.stat(f"{HOME}/a").st_mtime or 0) - epoch - stand.world.now) < 60
        sftp.utime(f"{HOME}/a", (1_000_000_000, 1_000_000_001))
        sftp.chmod(f"{HOME}/a", 0o600)
        seen = sftp.stat(f"{HOME}/a")
        assert (seen.st_mtime, stat.S_IMODE(seen.st_mode or 0)) == (1_000_000_001, 0o600)
        node = share_of(stand).resolve(f"{HOME}/a")
        assert node.mtime_ns == (1_000_000_001 - int(epoch)) * 10**9

    @pytest.mark.parametrize(("kind", "is_it"), [("fifo", stat.S_ISFIFO), ("socket", stat.S_ISSOCK)])
    def test_special_files_are_what_they_are(
        self, stand: Premises, sftp: paramiko.SFTPClient, kind: str, is_it: Callable[[int], bool]
    ) -> None:
        share = share_of(stand)
        share.special(share.buckets[BUCKET].directory, "odd", kind, 0.0)
        assert is_it(sftp.stat(f"{HOME}/odd").st_mode or 0)

    def test_full_disk(self, stand: Premises, sftp: paramiko.SFTPClient) -> None:
        share = share_of(stand)
        share.write(share.create(share.buckets[BUCKET].directory, "full", 0.0), 0, 10**12 * 4, 0.0)
        share.write(share.create(share.buckets[BUCKET].directory, "more", 0.0), 0, share.free - 100_000, 0.0)
        with sftp.open(f"{HOME}/over", "wb") as file:
            for _ in range(3):
                file.write(bytes(32_768))
            with pytest.raises(OSError, match="No space left on device"):
                file.write(bytes(32_768))
        assert share.free == 100_000 - 3 * 32_768

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("/etc/passwd", "No such file"),
            (f"{HOME}/../../etc/passwd", "No such file"),
            (f"{HOME}/{'n' * 300}", "File name too long"),
            ("/buckets/other/a", "No such file"),
        ],
    )
    def test_refused_names(self, sftp: paramiko.SFTPClient, path: str, words: str) -> None:
        with pytest.raises(OSError, match=words):
            sftp.open(path, "w")

    def test_only_the_device_makes_buckets(self, sftp: paramiko.SFTPClient) -> None:
        with pytest.raises(OSError, match="Read-only"):
            sftp.mkdir("/buckets/mine")

    def test_loop_of_links(self, sftp: paramiko.SFTPClient) -> None:
        sftp.symlink("b", f"{HOME}/a")
        sftp.symlink("a", f"{HOME}/b")
        with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
            sftp.stat(f"{HOME}/a")

    def test_large_directory_is_listed_as_it_is_read(
        self, stand: Premises, sftp: paramiko.SFTPClient
    ) -> None:
        share = share_of(stand)
        for number in range(3000):
            share.create(share.buckets[BUCKET].directory, f"f{number}", 0.0)
        assert sorted(sftp.listdir(HOME)) == sorted(f"f{number}" for number in range(3000))

    def test_a_device_that_is_off(self, stand: Premises, sftp: paramiko.SFTPClient) -> None:
        stand.world.power_off()
        with pytest.raises(OSError, match="the device is off") as off:
            sftp.listdir(HOME)
        assert off.value.errno is None  # a plain failure, which is no missing file

    def test_a_device_that_is_locked_permits_nothing_and_comes_back(
        self, stand: Premises, sftp: paramiko.SFTPClient
    ) -> None:
        file = sftp.open(f"{HOME}/kept", "wb")
        file.write(b"before")
        lock_again(stand)
        for work in (
            lambda: sftp.listdir(HOME),
            lambda: sftp.mkdir(f"{HOME}/day"),
            lambda: sftp.stat(f"{HOME}/kept"),
        ):
            with pytest.raises(PermissionError, match="the device is locked; it must be unlocked first"):
                work()
        stand.world.until_serving(stand.job_id)
        assert sftp.listdir(HOME) == ["kept"]


class Dead(Premises):
    """Premises to which every link can be dead: what comes is done, and no reply is in sight."""

    dead = False

    def perform(self, *words: Any, **more: Any) -> Any:
        done = super().perform(*words, **more)
        return done._replace(reply=float("inf")) if self.dead else done


class TestDeadLink:
    """What was done is not refused: its reply comes when the link does, or the connection ends with the device."""

    @pytest.fixture
    def stand(self) -> Dead:
        made = device_stand()
        return Dead(made.snow, made.job_id)

    @staticmethod
    def started(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
        """Something under way, and what came of it."""
        got: list[object] = []

        def run() -> None:
            try:
                got.append(work())
            except (OSError, EOFError, paramiko.SSHException) as error:
                got.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread, got

    @staticmethod
    def is_there(stand: Premises, name: str) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with stand.lock, suppress(ShareError):
                share_of(stand).resolve(f"{HOME}/{name}")
                return
            time.sleep(0.01)
        raise AssertionError(f"{name} was not made")

    def test_law_the_reply_comes_with_the_link(self, stand: Dead, sftp: paramiko.SFTPClient) -> None:
        stand.dead = True
        thread, got = self.started(lambda: sftp.mkdir(f"{HOME}/day"))
        self.is_there(stand, "day")
        thread.join(0.4)
        assert (thread.is_alive(), got) == (True, [])
        stand.dead = False
        thread.join(20)
        assert got == [None]
        assert sftp.listdir(HOME) == ["day"]

    def test_law_an_error_waits_for_the_link_too(self, stand: Dead, sftp: paramiko.SFTPClient) -> None:
        stand.dead = True
        thread, got = self.started(lambda: sftp.stat(f"{HOME}/nothing"))
        thread.join(0.4)
        assert (thread.is_alive(), got) == (True, [])
        stand.dead = False
        thread.join(20)
        assert isinstance(got[0], FileNotFoundError)

    def test_law_the_connection_ends_with_the_device(self, stand: Dead, sftp: paramiko.SFTPClient) -> None:
        stand.dead = True
        thread, got = self.started(lambda: sftp.mkdir(f"{HOME}/day"))
        self.is_there(stand, "day")
        with stand.lock:
            stand.world.power_off()
        thread.join(20)
        assert not thread.is_alive()
        assert isinstance(got[0], Exception)


class TestShipping:
    def test_a_tree_is_in_s3_byte_for_byte(self) -> None:
        files = {f"day/{number:02}.jpg": os.urandom(5000 + number) for number in range(25)}
        with mock_aws():
            bucket = boto3.client("s3", region_name="us-west-2")
            bucket.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
            stand = device_stand(neighbours=attach(KINDS[:2]))
            with SshDoor(stand, authorized_keys=PUBLIC) as door, logged_in(door) as client:
                sftp = client.open_sftp()
                sftp.mkdir(f"{HOME}/day")
                for name, content in files.items():
                    sftp.putfo(io.BytesIO(content), f"{HOME}/{name}")
                sftp.utime(f"{HOME}/day/07.jpg", (10**9, 10**9 + 7))
            stand.world.give_back()
            stand.world.until("Complete")
            listed = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
            found = {each["Key"]: bucket.get_object(Bucket=BUCKET, Key=each["Key"]) for each in listed}
            assert {key: each["Body"].read() for key, each in found.items()} == files
            assert found["day/07.jpg"]["Metadata"]["file-mtime"] == f"{(10**9 + 7) * 10**9}ns"


class TestLogin:
    def test_another_key_is_refused(self, door: SshDoor) -> None:
        with (
            pytest.raises(paramiko.AuthenticationException),
            logged_in(door, key=paramiko.ECDSAKey.generate()),
        ):
            pass

    def test_a_user_that_is_no_instance_is_refused(self, door: SshDoor) -> None:
        with pytest.raises(paramiko.AuthenticationException), logged_in(door, "root"):
            pass

    def test_passwords_are_refused(self, door: SshDoor) -> None:
        host, port = door.address.split(":")
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        with pytest.raises(paramiko.SSHException):
            client.connect(
                host, int(port), "snow", "snow", look_for_keys=False, allow_agent=False, timeout=20
            )
        client.close()

    def test_nothing_is_forwarded(self, door: SshDoor) -> None:
        with logged_in(door) as client:
            transport = client.get_transport()
            assert transport is not None
            with pytest.raises(paramiko.ChannelException):
                transport.open_channel("direct-tcpip", ("127.0.0.1", 1), ("127.0.0.1", 2), timeout=20)

    def test_the_host_key_is_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "state" / "host"
        first = host_key(file)
        assert host_key(file) == first
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_a_host_key_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "host").write_text("nonsense")
        with pytest.raises(BoundError, match="must be a private ECDSA key"):
            host_key(tmp_path / "host")

    def test_authorized_keys(self) -> None:
        text = f'# mine\n\n{PUBLIC}\nfrom="127.0.0.1" {PUBLIC}\n'
        assert authorized(text) == (KEY, KEY)
        with pytest.raises(BoundError, match="keys:2 must be a public key, got 'ssh-rsa nonsense'"):
            authorized("# one\nssh-rsa nonsense\n", "keys")

    def test_noise_does_not_end_the_door(self, door: SshDoor) -> None:
        host, port = door.address.split(":")
        for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" + bytes(64), bytes(200_000)):
            with socket.create_connection((host, int(port)), timeout=5) as client:
                try:
                    client.sendall(noise)
                except OSError:
                    continue
        with logged_in(door) as client:
            assert told(client, "list-services")[2] == 0


class TestCommands:
    def test_describe_device(self, stand: Premises, door: SshDoor) -> None:
        with logged_in(door) as client:
            out, err, status = told(client, "describe-device")
        seen = json.loads(out)
        assert (err, status) == ("", 0)
        assert seen["DeviceId"] == stand.job_id
        assert seen["UnlockStatus"] == {"State": "UNLOCKED"}
        assert [port["PhysicalConnectorType"] for port in seen["PhysicalNetworkInterfaces"]] == [
            "RJ45",
            "RJ45",
        ]

    def test_nfs_is_stopped_and_started(self, stand: Premises, door: SshDoor) -> None:
        """Under the driven clock a command's end is waited for: 120 s to stop, 90 s to start (the catalog's)."""
        with logged_in(door) as client:
            before = stand.world.now
            assert told(client, "snowballEdge stop-service --service-id nfs")[2] == 0
            assert json.loads(told(client, "describe-service --service-id nfs")[0])["Status"] == {
                "State": "INACTIVE"
            }
            assert stand.world.now == before + 120
            with client.open_sftp() as sftp, pytest.raises(OSError, match="NFS service does not run"):
                sftp.listdir(HOME)
            configuration = "--service-configuration AllowedHosts=10.0.0.0/8,192.168.1.7/32"
            assert told(client, f"start-service --service-id nfs {configuration}")[2] == 0
            assert stand.world.now == before + 210
            seen = json.loads(told(client, "describe-service --service-id nfs")[0])
        assert seen["Status"] == {"State": "ACTIVE"}
        assert seen["ServiceConfiguration"] == {"AllowedHosts": ["10.0.0.0/8", "192.168.1.7/32"]}
        assert seen["Storage"]["TotalSpaceBytes"] == 8 * 10**12

    def test_direct_network_interfaces(self, door: SshDoor) -> None:
        with logged_in(door) as client:
            port = json.loads(told(client, "describe-device")[0])["PhysicalNetworkInterfaces"][0]
            name = port["PhysicalNetworkInterfaceId"]
            made = told(
                client, f"create-direct-network-interface --physical-network-interface-id {name} --vlan 7"
            )[0]
            arn = json.loads(made)["DirectNetworkInterface"]["DirectNetworkInterfaceArn"]
            assert json.loads(made)["DirectNetworkInterface"]["VlanId"] == 7
            assert len(json.loads(told(client, "list-interfaces")[0])["DirectNetworkInterfaces"]) == 1
            changed = told(
                client, f"update-direct-network-interface --direct-network-interface-arn {arn} --vlan 8"
            )[0]
            assert json.loads(changed)["DirectNetworkInterface"]["VlanId"] == 8
            assert (
                told(client, f"delete-direct-network-interface --direct-network-interface-arn {arn}")[2] == 0
            )
            assert json.loads(told(client, "describe-direct-network-interfaces")[0]) == []

    def test_commands_are_verbs(self, stand: Premises, door: SshDoor) -> None:
        with logged_in(door) as client:
            told(client, "create-tags --tag Key=Site,Value=Ridge Key=Stage,Value=beta")
            told(client, "describe-tags")
        again = stand.snow.fork()
        seen = again.world.operate("describe-tags", stand.job_id)
        assert seen == {"Tags": [{"Key": "Site", "Value": "Ridge"}, {"Key": "Stage", "Value": "beta"}]}

    @pytest.mark.parametrize(
        ("command", "words", "status"),
        [
            ("describe-devices", "did you mean 'describe-device'", 127),
            ("start-service", "--service-id must be given", 2),
            ("start-service --service-id smb", "unknown service 'smb'", 2),
            ("start-service --service nfs", "did you mean '--service-id'", 2),
            ("stop-service --service-id ec2", "service ec2 is always on", 1),
            ("start-service --service-id nfs --service-configuration AllowedHosts=here", "CIDR blocks", 2),
            ("start-service --service-id nfs --virtual-network-interface-arns arn:x", "create one first", 1),
            (
                "create-direct-network-interface --physical-network-interface-id s.ni-1",
                "no physical network",
                1,
            ),
            ("create-tags --tag nonsense", "tag must be as Key=NAME,Value=TEXT", 2),
            (
                "unlock-device --unlock-code 01234-abcde-01234-abcde-01234",
                "unlock code is not that of job",
                1,
            ),
            ("describe-device nonsense", "options begin with --", 2),
            ("describe-device 'open", "No closing quotation", 2),
            ("scp -t /x", "scp copies by SFTP", 127),
            ("rsync --server . /x", "mount the share for it, by NFS or by serve --mount", 127),
            (
                "ls -l /buckets",
                "ls: not found; the device has no shell, its files are seen by sftp, scp",
                127,
            ),
        ],
    )
    def test_misuse_is_told(self, door: SshDoor, command: str, words: str, status: int) -> None:
        with logged_in(door) as client:
            out, err, ended = told(client, command)
        assert (out, ended) == ("", status)
        assert words in err

    def test_the_right_unlock_code(self, stand: Premises, door: SshDoor) -> None:
        code = stand.snow.api.call("GetJobUnlockCode", {"JobId": stand.job_id})["UnlockCode"]
        with logged_in(door) as client:
            assert told(client, f"unlock-device --unlock-code {code}")[2] == 0

    def test_conversation(self, door: SshDoor) -> None:
        with logged_in(door) as client:
            channel = client.invoke_shell()
            channel.settimeout(20)
            channel.sendall(b"list-servicez\x7fs\rexit\r")
            seen = b""
            while data := channel.recv(4096):
                seen += data
            assert b'"ServiceIds"' in seen
            assert channel.recv_exit_status() == 0


class TestInstances:
    @pytest.fixture
    def beside(self) -> Iterator[SshDoor]:
        computing = 'instance = [{ name = "detector", type = "snc1.medium", cpu = "50 %" }]'
        stand = story_stand(computing, 'job.keep = "2 d"')
        stand.world.advance("30 min")
        with SshDoor(stand, authorized_keys=PUBLIC) as opened:
            yield opened

    @pytest.mark.parametrize(
        ("command", "words"),
        [("hostname", "detector"), ("nproc", "2"), ("uname -a", "snc1.medium"), ("uptime", "load average: 1.00"),
         ("echo a b", "a b"), ("date", "2026-06-0")],
    )  # fmt: skip
    def test_a_running_instance_answers(self, beside: SshDoor, command: str, words: str) -> None:
        with logged_in(beside, "detector") as client:
            out, err, status = told(client, command)
        assert (err, status) == ("", 0)
        assert words in out

    def test_it_has_no_more_programs(self, beside: SshDoor) -> None:
        with logged_in(beside, "detector") as client:
            out, err, status = told(client, "python3")
        assert (out, status) == ("", 127)
        assert "an instance here has date, echo, hostname" in err

    def test_an_instance_that_does_not_run_lets_nobody_in(self) -> None:
        waiting = 'instance = [{ name = "detector", type = "snc1.medium", start = "5 h" }]'
        stand = story_stand(waiting, 'job.keep = "2 d"')
        with (
            SshDoor(stand, authorized_keys=PUBLIC) as opened,
            pytest.raises(paramiko.AuthenticationException),
            logged_in(opened, "detector"),
        ):
            pass


OPENSSH = shutil.which("sftp") and shutil.which("scp") and shutil.which("ssh-keygen")


@pytest.mark.skipif(not OPENSSH, reason="OpenSSH's sftp, scp and ssh-keygen are not installed")
class TestOpenSsh:
    @pytest.fixture
    def keys(self, tmp_path: Path) -> Path:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id")],
            check=True,
            timeout=30,
        )
        return tmp_path

    @pytest.fixture
    def options(self, keys: Path) -> list[str]:
        known = keys / "known_hosts"
        return ["-i", str(keys / "id"), "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={known}",
                "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-F", "none"]  # fmt: skip

    def test_a_tree_by_scp_and_back_by_sftp(self, stand: Premises, keys: Path, options: list[str]) -> None:
        tree = keys / "tree"
        (tree / "inner").mkdir(parents=True)
        for number in range(20):
            (tree / "inner" / f"f{number}").write_bytes(os.urandom(4096))
        (tree / "large").write_bytes(os.urandom(3_000_000))
        with SshDoor(stand, authorized_keys=(keys / "id.pub").read_text(), key=keys / "host") as door:
            host, port = door.address.split(":")
            up = subprocess.run(
                ["scp", *options, "-r", "-p", "-P", port, str(tree), f"snow@{host}:{BUCKET}/"],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert (up.returncode, up.stdout) == (0, "")
            down = subprocess.run(
                ["sftp", *options, "-P", port, "-b", "-", f"snow@{host}"],
                input=f"df -h {BUCKET}\nget -r {BUCKET}/tree {keys}/back\n",
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert down.returncode == 0, down.stderr
            assert "7.3TB" in down.stdout
        assert contents(keys / "back") == contents(tree)
        node = share_of(stand).resolve(f"{HOME}/tree/large")
        assert (
            node.mtime_ns
            == (int((tree / "large").stat().st_mtime) - int(stand.world.epoch.timestamp())) * 10**9
        )

    def test_what_it_says_of_a_device_that_is_locked_stopped_or_off(
        self, stand: Premises, keys: Path, options: list[str]
    ) -> None:
        """Each ends with status 1 and says why as far as OpenSSH's client tells what it was told."""
        with SshDoor(stand, authorized_keys=(keys / "id.pub").read_text()) as door:
            host, port = door.address.split(":")

            def ran() -> tuple[int, str]:
                done = subprocess.run(
                    ["sftp", *options, "-P", port, "-b", "-", f"snow@{host}"],
                    input=f"put {keys / 'id.pub'} {BUCKET}/id.pub\n", capture_output=True, text=True, timeout=60,
                    check=False,
                )  # fmt: skip
                return done.returncode, done.stderr.strip().rpartition("\n")[2]

            stand.operate("stop-service", service_id="nfs")
            assert ran() == (1, f'dest open "{HOME}/id.pub": Failure')
            lock_again(stand)
            assert ran() == (1, f'dest open "{HOME}/id.pub": Permission denied')
            stand.world.until_serving(stand.job_id)
            assert ran() == (0, "")
            stand.world.power_off()
            assert ran() == (1, f'dest open "{HOME}/id.pub": Failure')

    def test_ssh_runs_a_command(self, stand: Premises, keys: Path, options: list[str]) -> None:
        with SshDoor(stand, authorized_keys=(keys / "id.pub").read_text()) as door:
            host, port = door.address.split(":")
            ran = subprocess.run(
                ["ssh", *options, "-p", port, f"snow@{host}", "list-services"],
                capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        assert (json.loads(ran.stdout), ran.returncode) == ({"ServiceIds": ["ec2", "nfs"]}, 0)


@pytest.mark.parametrize("gone", [OSError, EOFError])
def test_law_a_shell_whose_connection_ends_meanwhile_ends_without_a_word(gone):
    class Ended:
        closed = False

        def sendall(self, data):
            raise gone

        def close(self):
            self.closed = True

    channel = Ended()
    Shell(Premises(Snow())).converse(channel, "snow")
    assert channel.closed

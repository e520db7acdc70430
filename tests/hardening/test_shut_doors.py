"""What stays shut: the network beyond loopback, hosts and keys that nobody let in, what lies outside of the share, and
what is secret."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import paramiko
import pytest
from accounts import ADDRESS, ORDER
from nfs_client import Nfs3
from served import served

LISTENING, LOOPBACK = "0A", {"0100007F", "00000000000000000000000001000000"}
ACCES, NOENT, INVAL, NAMETOOLONG = 13, 2, 22, 63
OUTSIDE = (
    "/etc/passwd",
    "../../etc/passwd",
    "/buckets/../../etc/passwd",
    "trail-cams/../../../etc/passwd",
    "trail-cams/link",
    "trail-cams/up/etc/passwd",
    "//etc//passwd",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shut")
    with served(folder, "--unpaced", "--content", f"spill:{folder / 'spilled'}") as opened:
        opened.folder = folder
        yield opened


def sockets(pid):
    """Local addresses, as the kernel writes them, at which a process listens."""
    inodes = set()
    for each in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{each}"))
        except OSError:
            continue
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in inodes and (words[3] == LISTENING or table.startswith("udp")):
                found.append(words[1].partition(":")[0])
    return found


def logged_in(server, **more):
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    host, port = server.address("ssh").split(":")
    more = {"username": "snow", "look_for_keys": False, "allow_agent": False, "timeout": 30} | more
    try:
        client.connect(host, int(port), **more)
    except BaseException:
        client.close()
        raise
    return client


def key_of(server):
    return paramiko.ECDSAKey.from_private_key_file(server.key)


def test_law_nothing_listens_beyond_loopback(server):
    found = sockets(server.pid)
    assert len(found) == 3
    assert set(found) <= LOOPBACK


@pytest.mark.parametrize(
    "how",
    [{"pkey": paramiko.ECDSAKey.generate()}, {"password": "snow"}, {"username": "root"}, {"username": ""}],
    ids=["another key", "a password", "another user", "nobody"],
)
def test_law_only_known_keys_log_in(server, how):
    how = {"pkey": key_of(server)} | how if "password" not in how and "pkey" not in how else how
    with pytest.raises(paramiko.SSHException):
        logged_in(server, **how)


def test_law_a_host_that_is_not_allowed_mounts_nothing(server, tmp_path):
    with (
        served(tmp_path, "--allow", "10.0.0.0/8", doors=("--nfs", "0")) as other,
        Nfs3(other.port("nfs")) as nfs,
    ):
        assert nfs.mount("/buckets/trail-cams")[0] == ACCES
        assert nfs.exports() == []
        assert nfs.getattr(bytes(16))[0] == ACCES
    with Nfs3(server.port("nfs")) as nfs:
        top = nfs.mount("/buckets/trail-cams")[1]
        with logged_in(server, pkey=key_of(server)) as client:
            for hosts, told in (("10.0.0.0/8", ACCES), ("127.0.0.0/8", 0)):
                for command in (
                    "stop-service",
                    f"start-service --service-configuration AllowedHosts={hosts}",
                ):
                    _, out, err = client.exec_command(f"{command} --service-id nfs", timeout=30)
                    assert out.channel.recv_exit_status() == 0, err.read()
                assert nfs.getattr(top)[0] == told


class TestNames:
    """Names that lead out of the share lead nowhere, and the host's files are as they were."""

    def test_law_sftp_stays_within(self, server):
        with logged_in(server, pkey=key_of(server)) as client, client.open_sftp() as files:
            files.symlink("/etc/passwd", "trail-cams/link")
            files.symlink("../../../..", "trail-cams/up")
            for path in OUTSIDE:
                for what in (files.stat, files.listdir, files.remove, lambda name: files.open(name, "rb")):
                    if what == files.remove and path == "trail-cams/link":
                        continue
                    with pytest.raises(OSError):
                        what(path)
            for path in ("/etc/new", "../../etc/new", "trail-cams/up/etc/new", "/new"):
                with pytest.raises(OSError):
                    files.open(path, "wb")
            assert files.normalize("../../../..") == "/"
        self.untouched(server)

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            (b"..", None),
            (b".", None),
            (b"a/b", INVAL),
            (b"../../etc/passwd", INVAL),
            (b"/etc/passwd", INVAL),
            (b"a\0b", INVAL),
            (b"x" * 10_000, NAMETOOLONG),
            (b"", INVAL),
        ],
    )
    def test_law_nfs_makes_nothing_of_such_names(self, server, name, status):
        with Nfs3(server.port("nfs")) as nfs:
            top = nfs.mount("/buckets/trail-cams")[1]
            for made in (
                nfs.create(top, name)[0],
                nfs.mkdir(top, name)[0],
                nfs.symlink(top, name, b"/etc")[0],
            ):
                assert made
                assert status is None or made in {status, ACCES, NOENT}
            assert nfs.mount("/buckets/trail-cams/../../../etc")[0]
            assert nfs.mount("/etc")[0]
        self.untouched(server)

    @pytest.mark.parametrize(
        "path", ["../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "key"]
    )
    def test_law_http_gives_no_file_of_the_host(self, server, path):
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"{server.doors['http']}/_devicesim/files/{path}", timeout=30)
        with told.value as refused:
            assert refused.code in {400, 403, 404}

    def test_law_what_is_spilled_is_named_by_numbers(self, server):
        with Nfs3(server.port("nfs")) as nfs:
            top = nfs.mount("/buckets/trail-cams")[1]
            file = nfs.create(top, b"..passwd")[1]
            assert nfs.write(file, 0, b"data")[0] == 0
        self.untouched(server)
        (job,) = (server.folder / "spilled").iterdir()
        names = [each.name for each in job.iterdir()]
        assert names
        assert all(re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", name) for name in names)

    @staticmethod
    def untouched(server):
        known = {"story.toml", "key", "key.pub", "ready.json", "stdout", "stderr", "spilled"}
        assert {each.name for each in server.folder.iterdir()} <= known
        assert "root" in Path("/etc/passwd").read_text()


def test_law_a_link_in_the_spill_folder_is_not_followed(tmp_path):
    from devicesim.device.share import Limits, Share, ShareError  # noqa: PLC0415
    from devicesim.device.share.spill import Spill  # noqa: PLC0415

    share = Share(Limits(10**9, 1000, 10**9, 255, 1024, 1024), Spill(tmp_path / "spill"))
    share.add_bucket("b", now=0.0)
    bucket = share.lookup(share.root, "b")
    victim = tmp_path / "victim"
    victim.write_text("mine")
    probe = share.create(bucket, "a", 0.0)
    for generation in range(4):
        (tmp_path / "spill" / f"{probe.fileid:x}-{generation:x}").symlink_to(victim)
    with pytest.raises(ShareError):
        share.write(probe, 0, b"theirs", 0.0, stable=True)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_law_it_stops_when_told_whatever_clients_do(tmp_path, number):
    with served(tmp_path, "--unpaced") as server, ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port(door))))
            for door in ("http", "nfs", "ssh") * 5
        ]
        lines[0].sendall(b"GET /_devicesim/events HTTP/1.1\r\nHost: x\r\n\r\n")
        lines[1].sendall(b"\x80\x10\x00\x00abc")
        with logged_in(server, pkey=key_of(server)) as client:
            client.invoke_shell()
            code, told = server.stop(number)
    assert (code, told.splitlines()[-1]) == (0, "devicesim: the doors are closed")
    assert "Traceback" not in told


LOUD = """
import logging, runpy, sys
logging.basicConfig(level=1, stream=sys.stderr)
sys.argv[0] = "devicesim"
runpy.run_module("devicesim", run_name="__main__")
"""


def test_law_no_secret_is_in_any_log(tmp_path, monkeypatch):
    """At every level: not the unlock code, nor the manifest, nor what a client signs with, nor a private key."""
    loud = tmp_path / "loud.py"
    loud.write_text(LOUD)
    monkeypatch.setattr("served.PROGRAM", [sys.executable, str(loud)])
    secret = "AWSSECRETwJalrXUtnFEMIK7MDENG"
    with served(tmp_path, "--unpaced") as server:
        header = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={secret}/20260601/us-west-2/snowball/aws4_request, "
            f"SignedHeaders=host, Signature={secret}",
            "X-Amz-Security-Token": secret,
            "Content-Type": "application/x-amz-json-1.1",
        }

        def api(operation, **members):
            more = {"X-Amz-Target": f"AWSIESnowballJobManagementService.{operation}"}
            body = json.dumps(members).encode()
            request = urllib.request.Request(server.doors["http"], body, header | more)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())

        job = api("ListJobs")["JobListEntries"][0]["JobId"]
        code = api("GetJobUnlockCode", JobId=job)["UnlockCode"]
        address = api("CreateAddress", Address=ADDRESS)["AddressId"]
        api("CreateJob", **ORDER | {"AddressId": address})
        uri = api("GetJobManifest", JobId=job)["ManifestURI"]
        with urllib.request.urlopen(uri, timeout=30) as answer:
            manifest = answer.read()
        with logged_in(server, pkey=key_of(server)) as client:
            for given in (code, code[:-1] + "0"):
                _, out, _ = client.exec_command(f"unlock-device --unlock-code {given}", timeout=30)
                out.channel.recv_exit_status()
        with pytest.raises(paramiko.SSHException):
            logged_in(server, password=secret)
        server.stop()
        written = (
            server.errors.read_text()
            + (tmp_path / "stdout").read_text()
            + (tmp_path / "ready.json").read_text()
        )
        private = "".join(Path(server.key).read_text().splitlines()[1:-1])
    assert "paramiko" in written or "devicesim.ssh" in written or "DEBUG" in written
    for hidden in (code, secret, private[:40], manifest.decode("latin-1")[:200]):
        assert hidden not in written


@pytest.mark.parametrize("door", ["http", "nfs", "ssh"])
def test_law_the_process_ends_with_one_line_where_a_port_is_taken(tmp_path, door):
    key = paramiko.ECDSAKey.generate()
    (tmp_path / "keys").write_text(f"{key.get_name()} {key.get_base64()}\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [sys.executable, "-m", "devicesim", "serve", f"--{door}", port]
        words += ["--authorized-keys", "keys"] if door == "ssh" else []
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (4, f"devicesim: 127.0.0.1:{port}: Address already in use\n")

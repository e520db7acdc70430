"""Clients that are slow, silent, deaf, rude or thousands: the others are served, and nothing is left behind."""

import asyncio
import socket
import struct
import time
from contextlib import ExitStack, contextmanager, suppress

import paramiko
import pytest
from nfs_client import NFS, Nfs3, opaque, u32, u64
from served import served
from swarm import crowd

DOORS = ("http", "nfs3", "sftp")
PORTS = ("http", "nfs", "ssh")
GROWTH = 96e6
"""By how much the server may grow under any of this, threads' stacks included [bytes]."""
BEGUN = {
    "http": b"POST /_devicesim/advance HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "nfs": u32(1 << 31 | 1 << 20) + b"\0" * 70_000,
    "ssh": b"SSH-2.0-slow\r\n\0\0",
}
"""What a client may begin with and never end."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("hostile"), "--unpaced", "--content", "keep:8MB") as opened:
        for door in DOORS:  # what is made once, for the first client
            serves(opened, door)
        yield opened


def serves(server, door):
    """Others are served now, rightly."""
    if door == "sftp":
        host, port = server.address("ssh").split(":")
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            key = paramiko.ECDSAKey.from_private_key_file(server.key)
            client.connect(
                host, int(port), "snow", pkey=key, look_for_keys=False, allow_agent=False, timeout=30
            )
            with client.open_sftp() as files:
                assert "trail-cams" in files.listdir("/buckets")
        return
    told = asyncio.run(crowd(door, "127.0.0.1", server.port(door), 3, 0.1))
    assert (told["wrong"], told["dropped"]) == (0, 0), told["note"]
    assert len(told["took"]) >= 3


@contextmanager
def unharmed(server):
    """Afterwards it has as many descriptors and threads as before, and not much more memory."""
    before, memory = (server.descriptors(), server.threads()), server.memory()
    yield
    assert server.memory() - memory < GROWTH
    assert server.settles(*before), (before, server.descriptors(), server.threads())


def connected(server, port, count, stack):
    return [
        stack.enter_context(socket.create_connection(("127.0.0.1", server.port(port)), 30))
        for _ in range(count)
    ]


def many(server, port, count):
    with unharmed(server), ExitStack() as stack:
        lines = connected(server, port, count, stack)
        for each in lines[::3]:
            send(each, BEGUN[port])
        for door in DOORS:
            serves(server, door)
        for each in lines[1::3]:
            send(each, BEGUN[port])
        serves(server, {"nfs": "nfs3", "ssh": "sftp"}.get(port, port))


def send(line, data):
    """Send what goes; a door that has hung up meanwhile is right to."""
    line.setblocking(False)
    with suppress(OSError):
        line.send(data)


@pytest.mark.parametrize("port", PORTS)
def test_law_who_says_nothing_or_half_a_request_keeps_nobody_out(server, port):
    many(server, port, {"http": 700, "nfs": 400, "ssh": 300}[port])


@pytest.mark.parametrize("port", PORTS)
def test_law_one_host_that_takes_every_place_keeps_no_other_out(server, port):
    """Who was there first and has said nothing since keeps the place, and who comes is let in; 127.0.0.9 gives way."""
    with unharmed(server), ExitStack() as stack:
        (ours,) = connected(server, port, 1, stack)
        address = ("127.0.0.1", server.port(port))
        for _ in range({"http": 600, "nfs": 1100, "ssh": 300}[port]):
            stack.enter_context(socket.create_connection(address, 30, source_address=("127.0.0.9", 0)))
        for door in DOORS:
            serves(server, door)
        assert open_still(ours)


def open_still(line):
    """Whether the door has not hung up."""
    line.setblocking(False)
    try:
        while line.recv(4096):
            pass
    except BlockingIOError:
        return True
    except ConnectionError:
        pass
    return False


@pytest.mark.slow
@pytest.mark.parametrize("port", PORTS)
def test_law_thousands_keep_nobody_out(server, port):
    many(server, port, 4000)


@pytest.mark.parametrize("port", PORTS)
def test_law_a_byte_now_and_then_holds_up_nobody(server, port):
    with unharmed(server), ExitStack() as stack:
        lines = connected(server, port, 10, stack)
        for place in range(8):
            for each in lines:
                send(each, BEGUN[port][place : place + 1])
            if place % 4 == 3:
                for door in DOORS:
                    serves(server, door)


@pytest.mark.parametrize("port", PORTS)
def test_law_who_hangs_up_in_the_middle_is_forgotten(server, port):
    with unharmed(server):
        for number in range(60):
            with socket.create_connection(("127.0.0.1", server.port(port)), 30) as line:
                line.sendall(BEGUN[port][: 20 + number])
                if number % 2:  # by a reset
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for door in DOORS:
            serves(server, door)


def test_law_who_does_not_read_over_nfs_holds_up_nobody(server):
    with unharmed(server), ExitStack() as stack:
        client = stack.enter_context(Nfs3(server.port("nfs")))
        top = client.mount("/buckets/trail-cams")[1]
        file = client.create(top, b"large", size=1 << 20)[1]
        read = client.message(NFS, 3, 6, opaque(file) + u64(0) + u32(1 << 20))
        for _ in range(5):
            deaf = stack.enter_context(Nfs3(server.port("nfs")))
            deaf.socket.setblocking(False)
            send(deaf.socket, (u32(1 << 31 | len(read)) + read) * 100)
        serves(server, "nfs3")
        client.remove(top, b"large")


def test_law_who_does_not_read_events_holds_up_nobody(server):
    with unharmed(server), ExitStack() as stack:
        for line in connected(server, "http", 80, stack):
            line.sendall(b"GET /_devicesim/events HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(5):
            server.ask("clock")
        for door in DOORS:
            serves(server, door)
        server.ask("advance", {"duration": "1 s"})  # wakes those whose client is gone, once it is


def test_law_who_does_not_read_over_sftp_holds_up_nobody(server):
    with unharmed(server), ExitStack() as stack:
        transport = paramiko.Transport(("127.0.0.1", server.port("ssh")))
        stack.callback(transport.close)
        transport.connect(username="snow", pkey=paramiko.ECDSAKey.from_private_key_file(server.key))
        files = paramiko.SFTPClient.from_transport(transport)
        with files.open("trail-cams/long", "wb") as file:
            file.write(bytes(1 << 20))
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        channel.settimeout(5)
        path = b"trail-cams/long"
        packets = [b"\x01" + u32(3), b"\x03" + u32(1) + opaque_plain(path) + u32(1, 0)]
        packets += [b"\x05" + u32(k) + opaque_plain(b"hx1") + u64(0) + u32(1 << 18) for k in range(400)]
        channel.sendall(b"".join(u32(len(each)) + each for each in packets))
        time.sleep(0.2)
        for door in DOORS:
            serves(server, door)
        files.remove("trail-cams/long")


def opaque_plain(data):
    return u32(len(data)) + data


@pytest.mark.parametrize(
    "noise",
    [
        b"\0" * 100,
        b"GET / HTTP/1.1\r\n\r\n" * 10,
        b"\xff" * 5000,
        b"SSH-2.0-x\r\n" + b"\xff" * 200,
        b"\r\n" * 500,
    ],
    ids=["zeros", "http", "ones", "ssh", "lines"],
)
def test_law_noise_at_any_door_is_no_word_on_stderr(server, noise):
    before = server.errors.read_text()
    with unharmed(server):
        for port in PORTS:
            with socket.create_connection(("127.0.0.1", server.port(port)), 30) as line:
                line.sendall(noise)
                line.settimeout(0.2)
                with suppress(OSError):
                    while line.recv(65536):
                        pass
        for door in DOORS:
            serves(server, door)
    assert server.errors.read_text() == before

"""Clients of every door that remember what was acknowledged to them, and hold a server against it afterwards."""

import io
import json
import random
import struct
import threading
import urllib.error
import urllib.request
from http.client import HTTPException

import paramiko
from nfs_client import PROCEDURES, Nfs3, RpcError, opaque, u32, u64

EXPORT = "/buckets/trail-cams"
SERVICE = "AWSIESnowballJobManagementService"
ADDRESS = {
    "Name": "Ana", "Street1": "1 Ridge Road", "City": "Bend", "StateOrProvince": "OR", "PostalCode": "97701",
    "Country": "US", "PhoneNumber": "5550100",
}  # fmt: skip
ABSENT = None
GONE = (OSError, EOFError, struct.error, paramiko.SSHException, HTTPException)
"""What a client sees of a server that was killed."""


class Load(threading.Thread):
    """One client that works until the server is gone.

    Attributes:
        acknowledged: answers that came.
        wrong: what was no answer to what was asked.
        doomed: set before the server is killed; a client that loses it earlier was wronged.
    """

    def __init__(self, doors, name, rng):
        super().__init__(name=name, daemon=True)
        self.doors, self.rng = doors, random.Random(rng.random())
        self.acknowledged = 0
        self.wrong = []
        self.over, self.doomed = threading.Event(), threading.Event()

    def port(self, door):
        return int(self.doors[door].rpartition(":")[2])

    def run(self):
        try:
            self.work()
        except (urllib.error.HTTPError, RpcError, AssertionError, KeyError, ValueError) as error:
            self.wrong.append(f"{self.name}: {error!r}")
        except GONE as error:
            if not self.doomed.is_set():
                self.wrong.append(f"{self.name}: {error!r}")


class Api(Load):
    """Orders jobs, writes addresses, and moves the clock a little."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.addresses, self.jobs, self.seconds = [], [], 0.0

    def call(self, operation, **members):
        head = {"X-Amz-Target": f"{SERVICE}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        return self.ask("/", members, head)

    def ask(self, path, body=None, head=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.doors["http"] + path, data, head or {})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def work(self):
        while not self.over.is_set():
            told = self.call("CreateAddress", Address=ADDRESS | {"Name": f"Ana {self.rng.random()}"})
            self.addresses.append(told["AddressId"])
            if self.rng.random() < 0.1:
                order = {"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]}
                told = self.call(
                    "CreateJob", JobType="IMPORT", AddressId=told["AddressId"], Resources=order,
                    SnowballType="SNC1_HDD", ShippingOption="SECOND_DAY",
                    RoleARN="arn:aws:iam::123456789012:role/snow",
                )  # fmt: skip
                self.jobs.append(told["JobId"])
            if self.rng.random() < 0.2:
                self.seconds = self.ask("/_devicesim/advance", {"duration": 0.5})["seconds"]
            self.acknowledged += 1

    def missing(self):
        """What the server does not know any more."""
        there = {each["JobId"] for each in self.ask("/_devicesim/jobs")["jobs"]}
        lost = [f"job {each}" for each in self.jobs if each not in there]
        for each in self.addresses:
            try:
                self.call("DescribeAddress", AddressId=each)
            except urllib.error.HTTPError:
                lost.append(f"address {each}")
        seconds = self.ask("/_devicesim/clock")["seconds"]
        if seconds < self.seconds:
            lost.append(f"the clock was at {self.seconds} and is at {seconds}")
        return lost


class OneByOne(Load):
    """Makes files over NFS, writes, cuts, renames and removes them, one call after the other.

    Attributes:
        files: content of each by name, as acknowledged.
        maybe: what else may be there, of the call that was not answered.
        handle: of the last file, which a restart must not change.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.files, self.maybe, self.handle = {}, {}, None
        self.directory = f"{self.name}".encode()

    def work(self):
        with Nfs3(self.port("nfs")) as nfs:
            top = mounted(nfs)
            status, home = nfs.mkdir(top, self.directory)
            assert status == 0, status
            while not self.over.is_set():
                self.step(nfs, home)

    def step(self, nfs, home):
        name = f"f{self.rng.randrange(1000)}"
        there = self.files.get(name)
        if there is None:
            self.does({name: b""}, lambda: nfs.create(home, name.encode()))
            there = b""
        status, handle = nfs.lookup(home, name.encode())[:2]
        assert status == 0, status
        self.handle = handle
        for _ in range(self.rng.randrange(1, 4)):
            data = self.rng.randbytes(self.rng.choice([100, 5000, 40_000]))
            offset = self.rng.randrange(len(there) + 100)
            after = there[:offset].ljust(offset, b"\0") + data + there[offset + len(data) :]
            stable = self.rng.choice([0, 2])
            self.does({name: after}, lambda d=data, o=offset, s=stable: nfs.write(handle, o, d, s))
            there = after
        self.does({}, lambda: nfs.commit(handle))
        what = self.rng.random()
        if what < 0.2:
            size = self.rng.randrange(len(there) + 50)
            after = there[:size].ljust(size, b"\0")
            self.does({name: after}, lambda: nfs.setattr(handle, size=size))
        elif what < 0.3:
            self.does({name: ABSENT}, lambda: nfs.remove(home, name.encode()))
            self.handle = None
        elif what < 0.4:
            other = f"r{self.rng.randrange(1000)}"
            self.does(
                {name: ABSENT, other: there}, lambda: nfs.rename(home, name.encode(), home, other.encode())
            )

    def does(self, after, call):
        """One call after which files are so; before its answer they may be so."""
        self.maybe = after
        told = call()
        status = told if isinstance(told, int) else told[0]
        assert status == 0, status
        for name, content in after.items():
            self.files[name] = content
        self.maybe = {}
        self.acknowledged += 1

    def missing(self):
        lost = []
        with Nfs3(self.port("nfs")) as nfs:
            top = mounted(nfs)
            status, home = nfs.lookup(top, self.directory)[:2]
            if status:
                return [] if not self.acknowledged else [f"{self.name}: its directory"]
            if self.handle is not None and not self.maybe and nfs.getattr(self.handle)[0]:
                lost.append(f"{self.name}: a handle from before")
            for name in {*self.files, *self.maybe}:
                found = content_of(nfs, home, name.encode())
                allowed = [self.files.get(name), *([self.maybe[name]] if name in self.maybe else [])]
                if found not in allowed:
                    lost.append(f"{self.name}: {name}")
        return lost


class Pipelined(Load):
    """Writes blocks of one file over NFS, eight calls under way."""

    BLOCK, DEPTH = 8192, 8

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.sent, self.done = {}, set()

    def work(self):
        with Nfs3(self.port("nfs")) as nfs:
            top = mounted(nfs)
            status, handle = nfs.create(top, self.name.encode())
            assert status == 0, status
            under_way = {}
            while not self.over.is_set():
                while len(under_way) < self.DEPTH:
                    block = len(self.sent)
                    data = self.sent[block] = self.rng.randbytes(self.BLOCK)
                    arguments = opaque(handle) + u64(block * self.BLOCK) + u32(self.BLOCK, 0) + opaque(data)
                    message = nfs.message(100003, 3, PROCEDURES.index("write"), arguments)
                    under_way[struct.unpack_from(">I", message)[0]] = block
                    nfs.send(message)
                xid, reply = nfs.receive()
                assert reply.u32() == 0
                self.done.add(under_way.pop(xid))
                self.acknowledged += 1

    def missing(self):
        with Nfs3(self.port("nfs")) as nfs:
            top = mounted(nfs)
            found = content_of(nfs, top, self.name.encode())
        if found is None:
            return [f"{self.name}: the file"] if self.done else []
        lost = []
        for block, data in self.sent.items():
            got = found[block * self.BLOCK : (block + 1) * self.BLOCK]
            if got != data and (block in self.done or got.strip(b"\0")):
                lost.append(f"{self.name}: block {block}")
        return lost


class Putter(Load):
    """Puts whole files over SFTP; one is acknowledged when it is closed."""

    def __init__(self, doors, name, rng, key):
        super().__init__(doors, name, rng)
        self.key, self.files = key, {}

    def work(self):
        with self.session() as client:
            sftp = client.open_sftp()
            while not self.over.is_set():
                path = f"{EXPORT}/{self.name}-{len(self.files)}"
                data = self.rng.randbytes(self.rng.choice([10, 3000, 120_000]))
                sftp.putfo(io.BytesIO(data), path, confirm=False)
                self.files[path] = data
                self.acknowledged += 1

    def session(self):
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            "127.0.0.1", self.port("ssh"), "snow", pkey=self.key, look_for_keys=False, allow_agent=False,
            timeout=30, banner_timeout=30, auth_timeout=30,
        )  # fmt: skip
        return client

    def missing(self):
        if not self.files:
            return []
        lost = []
        with self.session() as client:
            sftp = client.open_sftp()
            for path, data in self.files.items():
                try:
                    with sftp.open(path) as file:
                        found = file.read()
                except OSError:
                    found = None
                if found != data:
                    lost.append(path)
        return lost


def mounted(nfs):
    status, top = nfs.mount(EXPORT)
    assert status == 0, status
    return top


def content_of(nfs, directory, name):
    """All of a file over NFS; None where there is none."""
    status, handle = nfs.lookup(directory, name)[:2]
    if status == 2:
        return ABSENT
    assert status == 0, status
    parts, end = [], False
    while not end:
        status, part, end = nfs.read(handle, sum(map(len, parts)), 1 << 20)
        assert status == 0, status
        parts.append(part)
    return b"".join(parts)

"""A small client of NFSv4.0 and 4.1 for tests: compounds of operations that are bytes, results that are words."""

from types import SimpleNamespace

from nfs_client import NFS, Rpc, opaque, u32, u64

NUMBERS = {
    "access": 3, "close": 4, "commit": 5, "create": 6, "getattr": 9, "getfh": 10, "link": 11, "lock": 12, "lockt": 13,
    "locku": 14, "lookup": 15, "lookupp": 16, "nverify": 17, "open": 18, "open_confirm": 20, "open_downgrade": 21,
    "putfh": 22, "putrootfh": 24, "read": 25, "readdir": 26, "readlink": 27, "remove": 28, "rename": 29, "renew": 30,
    "restorefh": 31, "savefh": 32, "secinfo": 33, "setattr": 34, "setclientid": 35, "setclientid_confirm": 36,
    "verify": 37, "write": 38, "release_lockowner": 39, "exchange_id": 42, "create_session": 43,
    "destroy_session": 44, "free_stateid": 45, "sequence": 53, "test_stateid": 55, "destroy_clientid": 57,
    "reclaim_complete": 58,
}  # fmt: skip
ANONYMOUS = bytes(16)
CURRENT = u32(1) + bytes(12)


def op(name, *arguments):
    return u32(NUMBERS[name]) + b"".join(arguments)


def bitmap(*numbers):
    words = [0, 0, 0]
    for number in numbers:
        words[number // 32] |= 1 << number % 32
    return u32(3, *words)


def attributes(**wanted):
    """``fattr4`` of size and mode."""
    numbers, values = [], b""
    for name, number, pack in (("size", 4, u64), ("mode", 33, u32)):
        if name in wanted:
            numbers.append(number)
            values += pack(wanted[name])
    return bitmap(*numbers) + opaque(values)


def names(path):
    return [op("putrootfh"), *(op("lookup", opaque(part.encode())) for part in path.split("/") if part)]


def opening(name, access=1, deny=0, how=None, client=0, owner=b"me", sequence=0, verifier=b"", **wanted):
    """OPEN of a name; ``how`` is the createmode4, None where nothing is created."""
    made = u32(0) if how is None else u32(1, how) + (verifier if how == 2 else attributes(**wanted))
    return op("open", u32(sequence, access, deny), u64(client), opaque(owner), made, u32(0), opaque(name))


def skip_attributes(reply):
    reply.fixed(4 * reply.u32()), reply.opaque()


def read_open(reply):
    """The stateid and the flags of an OPEN's result."""
    stateid = reply.fixed(16)
    reply.u32(), reply.u64(), reply.u64()
    flags = reply.u32()
    reply.fixed(4 * reply.u32())
    assert reply.u32() == 0  # no delegation
    return stateid, flags


class Nfs4(Rpc):
    """Compounds. ``compound`` gives the status and the reply behind the head of its first operation's result."""

    minor = 0

    def compound(self, *operations, tag=b"", minor=None, count=None, **more):
        minor = self.minor if minor is None else minor
        arguments = (
            opaque(tag) + u32(minor, len(operations) if count is None else count) + b"".join(operations)
        )
        reply = self.call(NFS, 4, 1, arguments, **more)
        status = reply.u32()
        assert reply.opaque() == tag
        return SimpleNamespace(status=status, count=reply.u32(), words=reply)

    @staticmethod
    def result(told, *shapes):
        """What the results say, each read by its shape: a number of bytes, or a function; None for nothing."""
        found = []
        for shape in shapes:
            told.words.u32(), told.words.u32()
            found.append(
                None if shape is None else shape(told.words) if callable(shape) else told.words.fixed(shape)
            )
        return found

    def identify(self, name=b"client", verifier=b"12345678", *, confirm=True):
        """SETCLIENTID and its confirmation: the client id."""
        call = op(
            "setclientid", verifier, opaque(name), u32(0), opaque(b"tcp"), opaque(b"0.0.0.0.0.0"), u32(0)
        )
        told = self.compound(call)
        assert told.status == 0
        ((number, check),) = self.result(told, lambda words: (words.u64(), words.fixed(8)))
        if confirm:
            assert self.compound(op("setclientid_confirm", u64(number), check)).status == 0
        return number, check


class Nfs41(Nfs4):
    """The same with a session; every compound that is not numbered otherwise takes slot 0."""

    minor = 1

    def exchange(self, name=b"client", verifier=b"12345678", flags=0):
        told = self.compound(op("exchange_id", verifier, opaque(name), u32(flags, 0, 0)))
        if told.status:
            return told.status, None, None
        ((number, sequence),) = self.result(told, lambda words: (words.u64(), words.u32()))
        return 0, number, sequence

    def session(self, number, sequence, slots=8, most=1 << 20, kept=4096):
        channel = u32(0, most, most, kept, 16, slots, 0)
        told = self.compound(
            op("create_session", u64(number), u32(sequence, 0), channel, channel, u32(0, 1, 0))
        )
        if told.status == 0:
            (self.name,) = self.result(told, 16)
            self.slot = 0
        return told.status

    def start(self, **more):
        status, number, sequence = self.exchange(**more)
        assert (status, self.session(number, sequence)) == (0, 0)
        assert self.within(op("reclaim_complete", u32(0))).status == 0
        return number

    def sequence(self, number=None, slot=0, keep=0):
        if number is None:
            self.slot += 1
            number = self.slot
        return op("sequence", self.name, u32(number, slot, 7, keep))

    def within(self, *operations, number=None, keep=0, **more):
        """A compound in the session; its results come behind the one of SEQUENCE."""
        told = self.compound(self.sequence(number, keep=keep), *operations, **more)
        if told.count and told.words.u32() == 53 and told.words.u32() == 0:
            told.words.fixed(36)
        return told

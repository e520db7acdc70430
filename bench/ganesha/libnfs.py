"""One file written by libnfs, by way of its C library: as many WRITEs of 1 MiB under way as told, over NFSv3.

A client that costs less than the servers, so that what is measured is theirs. Debian: libnfs13.
"""

import ctypes
import os
import select
import time
from ctypes import POINTER, byref, c_char_p, c_int, c_uint64, c_void_p

MIB = 1 << 20
BLOCK = os.urandom(MIB)
DONE = ctypes.CFUNCTYPE(None, c_int, c_void_p, c_void_p, c_void_p)


class Url(ctypes.Structure):
    """``struct nfs_url``."""

    _fields_ = (("server", c_char_p), ("path", c_char_p), ("file", c_char_p))


def library():
    """libnfs with the types of what is used of it; None where it is not installed."""
    try:
        nfs = ctypes.CDLL("libnfs.so.13")
    except OSError:
        return None
    nfs.nfs_init_context.restype = c_void_p
    nfs.nfs_get_error.restype = c_char_p
    nfs.nfs_parse_url_dir.restype = POINTER(Url)
    for name, *types in (
        ("nfs_get_error", c_void_p),
        ("nfs_parse_url_dir", c_void_p, c_char_p),
        ("nfs_mount", c_void_p, c_char_p, c_char_p),
        ("nfs_creat", c_void_p, c_char_p, c_int, c_void_p),
        ("nfs_pwrite_async", c_void_p, c_void_p, c_uint64, c_uint64, c_char_p, DONE, c_void_p),
        ("nfs_get_fd", c_void_p),
        ("nfs_which_events", c_void_p),
        ("nfs_service", c_void_p, c_int),
        ("nfs_close", c_void_p, c_void_p),
        ("nfs_unlink", c_void_p, c_char_p),
        ("nfs_destroy_context", c_void_p),
    ):
        getattr(nfs, name).argtypes = types
    return nfs


def write(nfs, url, mebibytes, window):
    """Write one file and remove it; returns the seconds until it was closed, which commits it."""
    context = nfs.nfs_init_context()

    def check(failed):
        if failed:
            raise SystemExit(f"libnfs: {nfs.nfs_get_error(context).decode()}")

    parsed = nfs.nfs_parse_url_dir(context, url.encode())
    check(not parsed)
    check(nfs.nfs_mount(context, parsed.contents.server, parsed.contents.path))
    file, name = c_void_p(), f"/large-{time.time_ns()}".encode()
    check(nfs.nfs_creat(context, name, 0o644, byref(file)))
    sent = answered = 0

    def done(status, *_):
        nonlocal answered
        check(status != MIB)
        answered += 1

    done = DONE(done)
    poll = select.poll()
    poll.register(nfs.nfs_get_fd(context))
    began = time.perf_counter()
    while answered < mebibytes:
        while sent < mebibytes and sent - answered < window:
            check(nfs.nfs_pwrite_async(context, file, sent * MIB, MIB, BLOCK, done, None))
            sent += 1
        poll.modify(nfs.nfs_get_fd(context), nfs.nfs_which_events(context))
        for _, events in poll.poll():
            check(nfs.nfs_service(context, events))
    check(nfs.nfs_close(context, file))
    took = time.perf_counter() - began
    nfs.nfs_unlink(context, name)
    nfs.nfs_destroy_context(context)
    return took

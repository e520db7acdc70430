"""What comes for a session is read as it came, whatever the pieces; nobody who waits is forgotten."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paramiko.buffered_pipe import PipeTimeout

from devicesim.endpoints.ssh.receiving import Pipe, Wire


@given(st.lists(st.binary(max_size=9)), st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_law_what_is_read_is_what_was_fed(fed, asked):
    pipe, read = Pipe(), []
    for data in fed:
        pipe.feed(data)
    pipe.close()
    whole = b"".join(fed)
    assert len(pipe) == len(whole)
    for count in asked:
        read.append(pipe.read(count))
        assert len(read[-1]) == min(count, len(whole) - sum(map(len, read[:-1])))
    assert b"".join(read) + pipe.empty() == whole
    assert pipe.read(1) == b""


def test_law_nothing_in_time_is_told():
    with pytest.raises(PipeTimeout):
        Pipe().read(1, 0.0)


def test_law_who_waits_is_woken_by_data_and_by_the_end():
    pipe, got = Pipe(), []

    def read():
        while data := pipe.read(100):
            got.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    pipe.feed(b"data")
    pipe.close()
    reader.join(10)
    assert not reader.is_alive()
    assert b"".join(got) == b"data"


def test_law_the_event_is_set_while_something_is_there_or_all_is_over():
    pipe, event = Pipe(), threading.Event()
    event.set()
    pipe.set_event(event)
    assert not event.is_set()
    pipe.feed(b"ab")
    assert event.is_set()
    pipe.read(1)
    assert event.is_set()
    pipe.read(1)
    assert not event.is_set()
    pipe.close()
    assert event.is_set()


@given(st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_law_a_wire_gives_what_came_in_its_order(asked):
    here, there = socket.socketpair()
    with here, there:
        there.sendall(sent := bytes(range(256)))
        there.close()
        wire, got = Wire(here), b""
        for count in asked:
            data = wire.recv(count)
            assert len(data) <= count
            got += data
        while data := wire.recv(100):
            got += data
    assert got == sent

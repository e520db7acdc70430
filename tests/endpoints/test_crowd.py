"""Who gives way where a door is full: the host with the most connections, and of its own the quietest."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import given

from devicesim.endpoints.crowd import Crowd

OURS, THEIRS, OTHERS = "192.0.2.1", "192.0.2.2", "198.51.100.3"


class Hall:
    """A crowd of named guests, some of whom are being served."""

    def __init__(self, most: int) -> None:
        self.quiet: dict[str, float | None] = {}
        self.sent: list[str] = []
        self.host: dict[str, str] = {}
        self.crowd = Crowd[str](most, self.quiet.get, self._send)

    def _send(self, guest: str) -> None:
        self.sent.append(guest)
        del self.host[guest]

    def enter(self, guest: str, host: str, quiet_since: float | None = None) -> bool:
        self.quiet[guest] = quiet_since
        let_in = self.crowd.enter(guest, host)
        if let_in:
            self.host[guest] = host
        return let_in

    def leave(self, guest: str) -> None:
        self.crowd.leave(guest)
        del self.host[guest]


def test_worked_of_one_host_alone_the_quietest_gives_way() -> None:
    hall = Hall(3)
    for guest, since in (("a", 5.0), ("b", 2.0), ("c", None)):
        assert hall.enter(guest, OURS, since)
    assert hall.enter("d", OURS)
    assert hall.sent == ["b"]
    assert hall.enter("e", OURS)
    assert hall.sent == ["b", "a"]
    assert not hall.enter("f", OURS), "everybody is being served"
    assert (hall.sent, len(hall.crowd)) == (["b", "a"], 3)


def test_worked_a_host_that_has_filled_the_door_makes_room_for_another() -> None:
    """Ours has been quiet longer than any of theirs, who have three of four places, and stays."""
    hall = Hall(4)
    hall.enter("ours", OURS, 0.0)
    for number in range(3):
        hall.enter(f"theirs {number}", THEIRS, 10.0 - number)
    assert hall.enter("other", OTHERS)
    assert hall.sent == ["theirs 2"]


def test_worked_nor_does_it_keep_another_out_by_always_asking() -> None:
    hall = Hall(4)
    hall.enter("ours", OURS, 0.0)
    for number in range(3):
        hall.enter(f"theirs {number}", THEIRS)
    assert not hall.enter("one more of theirs", THEIRS)
    assert hall.enter("other", OTHERS)
    assert hall.sent == ["theirs 2"], "who came last"
    assert not hall.enter("another", OTHERS), "two each, and one: nobody has more than OTHERS would"
    assert hall.sent == ["theirs 2"]


HOSTS = (OURS, THEIRS, OTHERS, "203.0.113.4")
comings = st.lists(
    st.tuples(st.sampled_from(HOSTS), st.none() | st.floats(0, 100), st.none() | st.integers(0, 30)),
    max_size=60,
)


@given(most=st.integers(1, 12), comings=comings)
def test_law_every_host_has_its_part_of_the_places(
    most: int, comings: list[tuple[str, float | None, int | None]]
) -> None:
    """Of n hosts none loses a place to another while it has no more than an n-th, or is refused one below that."""
    hall = Hall(most)
    for number, (host, since, leaver) in enumerate(comings):
        if leaver is not None and f"{leaver}" in hall.host:
            hall.leave(f"{leaver}")
        before, gone = dict(hall.host), len(hall.sent)
        counts = Counter(before.values())
        part = most // len({*counts, host})
        let_in = hall.enter(f"{number}", host, since)
        assert len(hall.crowd) == len(hall.host) <= most
        assert len(before) + let_in - (len(hall.sent) - gone) == len(hall.host)
        if len(before) < most or counts[host] < part:
            assert let_in
        for sent in hall.sent[gone:]:
            assert len(before) == most, "nobody goes while there is room"
            assert before[sent] == host or counts[before[sent]] > part
            assert counts[before[sent]] >= counts[host]


@pytest.mark.parametrize("most", [1, 5])
def test_law_a_door_is_full_before_anybody_goes(most: int) -> None:
    hall = Hall(most)
    assert all(hall.enter(f"{number}", HOSTS[number % 2], 0.0) for number in range(most))
    assert hall.sent == []

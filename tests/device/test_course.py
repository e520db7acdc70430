"""Copies that begin alike share one course, and nobody can tell but by the clock on the wall."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim import throughput
from devicesim.device.course import Course, Courses, Table
from devicesim.device.course.given import Given
from devicesim.throughput import Client, Operation, Operations, Regime, Server, Store, Transfer
from devicesim.throughput.core import COMPILED

LIFE = Operations(
    (Operation("CREATE", 200, 8e-5),),
    Operation("WRITE", 200, 4e-5, 0.7e-9),
    (Operation("COMMIT", 200, 8e-5, store=1e-3),),
)
SERVER = Server(cores=1, buffer=4e6, store=Store(90e6, 45e6, 8e12))
REGIME = Regime((117e6,), (1e-4,))
NOON = 43_200.123
"""When most copies here begin: a time whose last digits are not those of second 0."""


def client(name: str = "server", streams: int = 3, start: float = 0.0) -> Client:
    return Client(LIFE, streams=streams, window=4, block=2**17, name=name, start=start)


def begun(
    courses: Courses, sizes: Sequence[int], at: float = NOON, regime: Regime = REGIME, name: str = "server"
) -> Course:
    return courses.open(SERVER, [client(name)], regime, [np.array(sizes, dtype=np.int64)], at)


def plain(sizes: Sequence[int], at: float = 0.0) -> Transfer:
    made = Transfer(SERVER, [client()], REGIME, at=at)
    made.submit(0, np.array(sizes, dtype=np.float64))
    return made


def assert_alike(one: Course, other: Transfer, shift: float, times: np.ndarray) -> None:
    """Two views of one course, of which the first is told ``shift`` seconds later."""
    # Adding the shift costs its last digit.
    assert one.finish(0) - shift == pytest.approx(other.finish(0), rel=1e-9, abs=1e-9 * shift)
    here, there = one.progress(times + shift), other.progress(times)
    assert here[0] == pytest.approx(there[0], abs=2 * 2**17)  # an RPC at the very moment, on either side
    assert here[1] == pytest.approx(there[1], abs=2)
    assert one.stored(one.now) == pytest.approx(other.stored(other.now))
    used, expected = one.usage(one.now), other.usage(other.now)
    for station in ("link", "cores", "store", "buffer"):
        assert getattr(used, station) == pytest.approx(getattr(expected, station), rel=1e-9, abs=1e-9)


SIZES = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=40)


class TestCourse:
    @settings(deadline=None)
    @given(sizes=SIZES, at=st.floats(0, 1e7))
    def test_goes_as_the_transfer_does_later(self, sizes: list[int], at: float) -> None:
        """Law: the first copy, and the second that only reads what the first has computed."""
        courses, real = Courses(), plain(sizes)
        end = real.run()
        for begin in (at, 2 * at + 5):
            copy = begun(courses, sizes, begin)
            copy.advance(begin + end + 1)
            assert copy.done
            assert copy.end - begin == pytest.approx(end, rel=1e-9, abs=1e-9 * (1 + begin))
            real.advance(end + 1)
            assert_alike(copy, real, begin, np.linspace(0, end, 7) + 1e-7)
        assert (courses.asked, courses.computed) == (2, 1)

    def test_the_host_can_sleep_until_the_bound(self) -> None:
        """As a transfer's: never late, and done at the very time that it names once it is near."""
        for at in (0.1, NOON, 3e7 / 7):
            courses = Courses()
            for _ in range(2):
                copy, asked = begun(courses, [2_000_000] * 50, at), 0
                while not copy.done:
                    copy.advance(copy.bound())
                    asked += 1
                assert copy.end == copy.now
                assert asked < 60

    @settings(deadline=None)
    @given(sizes=SIZES, part=st.floats(0.01, 0.99), share=st.sampled_from([0.0, 0.5]))
    def test_what_comes_between_is_computed_for_this_copy_alone(
        self, sizes: list[int], part: float, share: float
    ) -> None:
        """Law: a change makes of a shared course what it makes of a transfer, and nothing of the others'."""
        whole, slow = plain(sizes).run(), Regime((117e6,), (1e-4,), share=share)
        real = plain(sizes)
        real.advance(part * whole)
        real.set_regime(slow, part * whole)
        real.set_regime(REGIME, whole + 1)
        courses = Courses()
        first, second = begun(courses, sizes), begun(courses, sizes, NOON + 1000)
        second.advance(NOON + 1000 + part * whole)
        second.set_regime(slow, second.now)
        second.advance(NOON + 1000 + whole + 1)
        second.set_regime(REGIME, second.now)
        second.advance(NOON + 1e6)
        real.advance(1e6 - 1000)
        assert second.end - NOON - 1000 == pytest.approx(real.end, rel=1e-9, abs=2e-5)
        first.advance(NOON + whole + 1)
        assert first.end - NOON == pytest.approx(whole, rel=1e-9, abs=1e-9)

    def test_a_copy_alone_is_changed_where_it_stands(self) -> None:
        """Nobody else reads it, so that nothing is computed twice; whoever comes later has a course anew."""
        courses = Courses()
        first = begun(courses, [1_000_000] * 20)
        first.advance(NOON + 0.05)
        first.set_regime(Regime((58e6,), (1e-4,)), first.now)
        second = begun(courses, [1_000_000] * 20)
        second.advance(NOON + 100)
        first.advance(NOON + 100)
        assert second.end < first.end < NOON + 100
        assert courses.computed == 2

    def test_the_same_regime_again_changes_nothing(self) -> None:
        courses = Courses()
        first, second = begun(courses, [10_000] * 5), begun(courses, [10_000] * 5)
        second.set_regime(Regime((117e6,), (1e-4,)), NOON)
        second.advance(NOON + 9)
        first.advance(NOON + 9)
        assert first.end == second.end

    def test_an_operation_of_a_door_queues_with_the_copy(self) -> None:
        """Worked: it waits for a link that has 2^17 bytes and a request to carry, 1.1 ms, again and again."""
        courses = Courses()
        _, copy = begun(courses, [50_000_000]), begun(courses, [50_000_000])
        copy.advance(NOON + 0.2)
        reply = copy.offer(LIFE.write, 1e6, 0, NOON + 0.2)
        alone = (1e6 + 200) / 117e6 + 2e-4 + 4e-5 + 0.7e-3
        assert alone < reply - NOON - 0.2 < 1.0


class TestMemory:
    def test_what_clients_are_called_makes_no_difference_and_what_they_copy_does(self) -> None:
        courses = Courses()
        begun(courses, [1, 2, 3])
        begun(courses, [1, 2, 3], name="another")
        assert courses.computed == 1
        begun(courses, [1, 3, 2])
        begun(courses, [2, 2, 2])
        begun(courses, [2, 2])
        begun(courses, [1, 2, 3], regime=Regime((117e6,), (1e-4,), share=0.5))
        assert courses.computed == 5

    def test_sharing_can_be_left(self) -> None:
        courses = Courses()
        courses.sharing = False
        ends = []
        for _ in range(2):
            copy = begun(courses, [300_000] * 9)
            copy.advance(NOON + 60)
            ends.append(copy.end)
        assert courses.computed == 2
        assert ends[0] == ends[1]

    def test_old_courses_become_tables_that_keep_every_finish(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("devicesim.device.course.memo.ROOM", 100)
        courses, sizes = Courses(), [700_000, 5, 0, 2_500_000] * 10
        first = begun(courses, sizes)
        first.advance(NOON + 60)
        before = first.finish(0), first.end, float(first.usage(first.now).store)
        begun(courses, [1_000_000] * 50)
        begun(courses, [1_000_001] * 50)
        assert isinstance(first._recording.source, Table)
        assert first.finish(0) == pytest.approx(before[0], abs=0)
        assert first.end == before[1]
        # The disk goes on for what lies in the buffer; a table ends where the copy does.
        assert float(first.usage(first.now).store) == pytest.approx(before[2], abs=0.1)
        assert first.progress(first.now)[0] == sum(sizes)


def sampled(server: Server, sizes: np.ndarray) -> Table | None:
    return Table.sampled(Given(server, (client(),), REGIME, (sizes,)), 0.01)


class TestSampled:
    """A long course by samples, against every RPC of it."""

    @pytest.mark.skipif(COMPILED is None, reason="millions of RPCs")
    @pytest.mark.parametrize("law", ["alike", "lognormal"])
    def test_is_off_by_no_more_than_it_states(self, law: str) -> None:
        server = Server(cores=1, buffer=140e6, store=Store(200e6, 100e6, 1e12))
        drawn = np.random.default_rng(5).lognormal(np.log(40e6), 1.0, 8000)
        sizes = np.full(8000, 50_000_000) if law == "alike" else drawn.round().astype(np.int64)
        told = sampled(server, sizes)
        assert told is not None
        exact = throughput.simulate(server, [client()], [sizes.astype(np.float64)], [(0.0, REGIME)])
        length = exact.end
        assert abs(told.end - length) <= told.error * length
        times = np.linspace(0, length, 50)
        bytes_told, bytes_exact = told.progress(times)[0], exact.progress(times)[0]
        assert np.abs(bytes_told - bytes_exact).max() <= told.error * sizes.sum()
        assert told.progress(told.end) == (sizes.sum(), sizes.size)
        # A large file keeps its stream busy while those after it pass.
        largest = sizes.max() / 117e6 * 3
        assert np.abs(told.finish(0) - exact.finish(0)).max() <= told.error * length + largest
        for station in ("link", "cores", "store"):
            here = np.asarray(getattr(told.usage(length), station)).sum()
            there = np.asarray(getattr(exact.usage(length), station)).sum()
            assert here == pytest.approx(there, rel=0.01), station

    def test_is_not_told_where_samples_cannot_say(self) -> None:
        """A disk slower than the link keeps the buffer full, and no sample tells what would have come without."""
        slow = Server(cores=1, buffer=140e6, store=Store(90e6, 45e6, 4e11))
        assert sampled(slow, np.full(4000, 50_000_000)) is None

    def test_a_copy_of_samples_that_is_disturbed_is_computed_after_all(self) -> None:
        courses, sizes = Courses(), np.full(8000, 50_000_000)
        courses.sampling = True
        fast = Server(cores=1, buffer=140e6, store=Store(200e6, 100e6, 1e12))
        copy = courses.open(fast, [client()], REGIME, [sizes], NOON)
        assert copy.known
        assert 0 < copy.error == courses.error < 0.02
        copy.advance(NOON + 10)
        copy.set_regime(Regime((60e6,), (1e-4,)), copy.now)
        copy.advance(NOON + 20)
        # Worked: ten seconds at 117 MB/s and ten at 60, each less the requests' 200 bytes of 2^17.
        expected = 10 * (117e6 + 60e6) * 2**17 / (2**17 + 200)
        assert float(copy.progress(copy.now)[0]) == pytest.approx(expected, rel=0.01)
        assert not copy.known
        copy.close()
        assert float(copy.progress(copy.now)[0]) == pytest.approx(expected, rel=0.01)

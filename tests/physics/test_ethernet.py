import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import ethernet

GIGABIT = 125e6

# RFC 9438 Table 1, C = 0.4: mean CUBIC window in segments by loss, an entry for each round-trip time;
# another column of the RFC is another entry here.
RFC9438_WINDOW = {
    0.1: {1e-2: 12, 1e-3: 38, 1e-4: 187, 1e-5: 1054, 1e-6: 5926, 1e-7: 33325, 1e-8: 187400},
}
# RFC 9438 Table 3: the loss that lets CUBIC fill a path of 0.1 s with 1500 B segments [bit/s: loss].
RFC9438_LOSS = {10e6: 2.9e-4, 100e6: 1.4e-5, 1e9: 6.3e-7, 10e9: 2.9e-8}


class TestLine:
    @pytest.mark.parametrize(
        ("timestamps", "payload", "efficiency"), [(True, 1448, 0.941482), (False, 1460, 0.949285)]
    )
    def test_worked_efficiency(self, timestamps, payload, efficiency):
        # 1500 - 20 - 20 [- 12] over 1500 + 14 + 4 + 8 + 12 = 1538
        assert ethernet.line_efficiency(timestamps=timestamps) == payload / 1538
        assert ethernet.line_efficiency(timestamps=timestamps) == pytest.approx(efficiency, abs=1e-6)

    @pytest.mark.parametrize(
        ("rate", "timestamps", "expected"),
        [(1, True, 117.6853), (1, False, 118.6606), (10, True, 1176.853), (10, False, 1186.606)],
        ids=lambda value: f"models-1.1-{value}",
    )
    def test_published_goodput(self, rate, timestamps, expected):
        measured = ethernet.goodput(rate * GIGABIT, timestamps=timestamps) / 1e6
        assert measured == pytest.approx(expected, rel=1e-6)

    def test_worked_a_call_alone_costs_a_frame(self):
        # 132 + 20 + 20 + 12 + 38 = 222; a WRITE of 128 KiB + 132 B is 91 segments: 131204 + 91*(52 + 38)
        sizes = np.array([0.0, 132.0, 131204.0])
        assert ethernet.line_bytes(sizes).tolist() == [0.0, 222.0, 131204.0 + 91 * 90]

    def test_worked_the_least_frame_is_padded(self):
        # 1 B with 40 B of headers is 41 B of datagram, padded to 46: 46 + 38
        assert ethernet.line_bytes(1.0, timestamps=False) == 84

    @given(st.integers(1, 10**7))
    def test_law_a_message_never_beats_the_stream(self, message):
        assert ethernet.line_bytes(float(message)) >= message / ethernet.line_efficiency() * (1 - 1e-12)


class TestWindow:
    @pytest.mark.parametrize(
        ("rtt", "loss", "segments"),
        [(rtt, p, w) for rtt, column in RFC9438_WINDOW.items() for p, w in column.items()],
        ids=[f"rfc9438-table-rtt{rtt}-p{p}" for rtt, column in RFC9438_WINDOW.items() for p in column],
    )
    def test_published_cubic(self, rtt, loss, segments):
        assert ethernet.window_cubic(loss, rtt) == pytest.approx(segments, rel=0.025)

    @pytest.mark.parametrize(
        ("bits", "loss"), RFC9438_LOSS.items(), ids=[f"rfc9438-table3-{b:.0e}" for b in RFC9438_LOSS]
    )
    def test_published_loss_for_a_rate(self, bits, loss):
        # the table has two digits: 2.9e-4 is +-1.7 %, to the power 3/4 on the window
        rate = ethernet.window_cubic(loss, 0.1) * 1500 * 8 / 0.1
        assert rate == pytest.approx(bits, rel=0.035)

    def test_worked_reno(self):
        assert ethernet.window_reno(np.array([1e-2, 1e-4])) == pytest.approx([12.0, 120.0], rel=1e-12)

    @given(st.floats(1e-9, 1e-2), st.floats(1e-4, 1.0))
    def test_law_cubic_is_never_below_reno(self, loss, rtt):
        assert ethernet.window_cubic(loss, rtt) >= ethernet.window_reno(loss)

    def test_law_no_loss_no_bound(self):
        assert ethernet.window_cubic(0.0, 0.01) == np.inf
        assert ethernet.window_reno(0.0) == np.inf
        assert ethernet.window_cubic(5e-324, 0.5) == np.inf


class TestTcpRate:
    def test_worked_each_bound_in_turn(self):
        # line: 117.685 MB/s; window: 65536 B / 10 ms = 6.5536 MB/s; Reno loss: 1448 * 1.2/sqrt(1e-4) / 10 ms
        rtt = 0.01
        assert ethernet.tcp_rate(GIGABIT, 4e-4, 4 * 2**20.0) == ethernet.goodput(GIGABIT)
        assert ethernet.tcp_rate(GIGABIT, rtt, 65536.0) == pytest.approx(6.5536e6, rel=1e-12)
        by_loss = ethernet.tcp_rate(GIGABIT, rtt, 4 * 2**20.0, 1e-4, control="reno")
        assert by_loss == pytest.approx(1448 * 120 / rtt, rel=1e-12)

    def test_worked_arrays_broadcast(self):
        rtt = np.array([[4e-4], [0.04]])
        connections = np.array([1.0, 4.0])
        rates = ethernet.tcp_rate(np.array(GIGABIT), rtt, np.array(1e6), connections=connections)
        assert rates == pytest.approx(np.array([[117685305.6, 117685305.6], [25e6, 100e6]]), rel=1e-8)

    @settings(max_examples=50)
    @given(st.floats(1e-4, 0.5), st.floats(1e3, 1e8), st.floats(0, 1e-2), st.integers(1, 16), st.booleans())
    def test_law_between_zero_and_the_line(self, rtt, window, loss, connections, reno):
        control = "reno" if reno else "cubic"
        rate = ethernet.tcp_rate(GIGABIT, rtt, window, loss, connections, control=control)
        more = ethernet.tcp_rate(GIGABIT, rtt, window, loss, connections + 1, control=control)
        assert type(rate) is float
        assert 0 < rate <= more <= ethernet.goodput(GIGABIT)


class TestSlowStart:
    def test_worked_doubling(self):
        # 10 + 20 + 40 segments of 1448 B
        assert ethernet.slow_start_bytes(3.0) == 70 * 1448
        assert ethernet.slow_start_bytes(np.array([0.0, 1.0])).tolist() == [0, 14480]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ethernet.goodput(-1.0), "line_rate must be >= 0 and finite, got -1.0"),
        (lambda: ethernet.goodput(np.array([1.0, np.nan])), r"line_rate\[1\] must be .* got nan"),
        (lambda: ethernet.line_efficiency(mtu=60), "mtu must be in"),
        (lambda: ethernet.window_reno(1.5), "loss must be in"),
        (lambda: ethernet.window_cubic(float("nan"), 0.1), "loss must be in"),
        (lambda: ethernet.window_cubic(1e-3, 0.0), "rtt must be > 0"),
        (lambda: ethernet.tcp_rate(1e8, 0.1, 0.0), "window must be > 0"),
        (lambda: ethernet.tcp_rate(1e8, 0.1, 1e6, connections=0), "connections must be >= 1"),
        (lambda: ethernet.tcp_rate(1e8, 0.1, 1e6, control="vegas"), "control must be reno or cubic"),
        (lambda: ethernet.slow_start_bytes(-1.0), "round_trips must be in"),
        (lambda: ethernet.line_bytes(float("inf")), "message must be >= 0"),
    ],
)
def test_law_misuse_is_refused(call, message):
    with pytest.raises(BoundError, match=message):
        call()

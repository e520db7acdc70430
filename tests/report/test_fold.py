"""A run folded into a Report: what bound the copy, what did not arrive, what the answer rests on."""

import pytest
from small_story import BYTES, small_story

from devicesim.report.fold import answer
from devicesim.report.model import Report
from devicesim.world import simulate

SMALL = 'dataset.clips.size = { distribution = "fixed", value = "4 kB" }'
MANY = "dataset.clips.files = 400"


def told(*changes: str) -> Report:
    return answer(simulate(small_story(*changes)))


def first(report: Report) -> tuple[str, float, str]:
    assert report.ingest is not None
    bottleneck = report.ingest.bottlenecks[0]
    return bottleneck.station, bottleneck.share, bottleneck.lift


class TestBottleneck:
    def test_shares_are_of_the_whole_copy(self) -> None:
        report = told()
        assert report.ingest is not None
        assert sum(b.share for b in report.ingest.bottlenecks) == pytest.approx(1)
        assert sum(span.rate * (span.end - span.start) for span in report.spans) == pytest.approx(BYTES)

    def test_cable(self) -> None:
        """0.9 x 117.7 = 105.9 MB/s of the cable, against 1 / (6 ns/B + 100 us / MiB) = 164 MB/s of the CPU."""
        station, share, lift = first(told())
        assert (station, round(share, 1)) == ("Ethernet link", 1.0)
        assert lift.startswith("a faster link; next is the NFS service CPU at 16")

    def test_processor_where_the_cable_is_fast(self) -> None:
        """164 MB/s of the CPU, 190 MB/s of the empty disk, 1059 MB/s of the cable."""
        station, _, lift = first(told('client.laptop.rate = "10 Gbit/s"', "dataset.clips.files = 200"))
        assert station == "NFS service CPU"
        assert lift.startswith("nothing on this device; next is the disk at 1")

    def test_disk_where_replies_wait_for_its_journal(self) -> None:
        """Four streams share 5 IOs of 13 ms: 61.5 files/s."""
        report = told(SMALL, MANY, 'client.laptop.nfs.durability = "sync"')
        assert first(report)[0] == "disk"
        assert "durability async" in first(report)[2]
        assert report.metrics["ingest_files_s"] == pytest.approx(4 / (5 * 13e-3), rel=0.02)

    def test_disk_that_drains_behind_holds_nobody(self) -> None:
        """400 files of 4 kB fit the page cache many times over, though the disk owes 400 x 1.3 ms of journal."""
        assert first(told(SMALL, MANY))[0] == "NFS service CPU"

    def test_round_trips_of_one_stream_far_away(self) -> None:
        """One stream, 50 ms away: five round trips a file, 250 ms, against 0.5 ms of CPU."""
        station, share, lift = first(told(SMALL, "client.laptop.streams = 1", 'site.rtt = "50 ms"'))
        assert station == "round trips"
        assert share == pytest.approx(1)
        assert lift.startswith("more streams")

    def test_a_hot_disk_is_called_that(self) -> None:
        hot = 'site.ambient = "55 °C"', 'client.laptop.rate = "3 Mbit/s"'
        report = told(*hot, 'assume."default_customer.patience" = "2 h"')
        assert first(report)[0] == "disk stopped by heat"

    def test_a_link_out_of_reach_is_called_that(self) -> None:
        away = 'site.wifi = { band = "5 GHz", width = "80 MHz", distance = "5 km" }'
        report = told(away, 'client.laptop.link = "wifi"', 'assume."default_customer.patience" = "2 h"')
        assert first(report) == ("no link", 1.0, "a link that stays up")

    def test_instances_that_take_the_disk_are_named(self) -> None:
        hog = 'instance = [{ name = "hog", type = "snc1.small", disk = "150 MB/s" }]'
        station, _, lift = first(told(hog, "dataset.clips.files = 400", 'client.laptop.rate = "10 Gbit/s"'))
        assert station == "disk"
        assert lift.startswith("instances that leave the disk alone (they take 150 MB/s)")

    def test_cables_are_told_apart(self) -> None:
        clients = (
            '{ name = "a", dataset = "clips", link = "ethernet", rate = "100 Mbit/s" }',
            '{ name = "b", dataset = "clips", link = "ethernet", rate = "50 Mbit/s" }',
        )
        report = told(f"client = [{', '.join(clients)}]")
        assert report.ingest is not None
        names = {b.station for b in report.ingest.bottlenecks}
        assert names <= {"Ethernet link of a", "Ethernet link of b"}


class TestNothingArrived:
    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param(('assume."courier.lost" = 1',), id="lost on the way out"),
            pytest.param(
                ('site.power = { source = "battery", capacity = "1 Wh" }',), id="a battery too small to boot"
            ),
            pytest.param(('assume."aws_import.failed" = 1',), id="every object failed"),
        ],
    )
    def test_there_is_no_day_in_s3_and_everything_is_accounted_for(self, changes: tuple[str, ...]) -> None:
        report = told(*changes)
        assert report.days_to_s3 is None
        assert sum(loss.files for loss in report.losses) == 40
        assert report.metrics["files_lost"] == 40
        assert report.metrics["bytes_lost"] == BYTES

    def test_a_goal_on_the_day_is_then_missed(self) -> None:
        report = told('assume."courier.lost" = 1', 'goal = [{ expr = "days_to_s3 < 100" }]')
        assert not report.goals_met


class TestRestsOn:
    def test_reading_twice_says_the_same(self) -> None:
        world = simulate(small_story())
        assert answer(world) == answer(world)

    def test_every_figure_read_is_listed_with_its_source(self) -> None:
        report = told()
        assert {"SNC1_HDD.disk.outer_rate", "courier.cutoff", "nfs.client.efficiency"} <= {
            figure.key for figure in report.figures
        }
        assert all(figure.source and figure.kind for figure in report.figures)

    def test_waiting_longer_moves_the_answer_by_that_much(self) -> None:
        """unpacking is 1 d, assumed, 0 to 5 d: one day less, four more; not asked where the scenario says it."""
        free = answer(simulate(small_story('job.unpack = "1 h"')))
        assert "default_customer.unpacking" not in {swing.key for swing in free.swings}
        text = small_story().to_dict()
        assert text["job"]["unpack"]

    def test_an_assumption_nobody_read_is_noted(self) -> None:
        report = told('assume."SNC1_HDD.disk.smr" = true')
        assert "SNC1_HDD.disk.smr is set in [assume] and was not read by this run" in report.notes

    def test_heat_outside_the_device_s_limits_is_noted(self) -> None:
        assert any("outside the 0 to 38 °C" in note for note in told('site.ambient = "41 °C"').notes)
        assert told('site.ambient = "38 °C"').notes == ()


class TestTimeline:
    def test_states_follow_one_another_and_what_takes_no_time_has_no_end(self) -> None:
        report = told()
        states = [step for step in report.timeline if step.level == 0]
        assert [s.end for s in states[:-1]] == [s.start for s in states[1:]]
        assert states[-1].end is None
        (done,) = (step for step in report.timeline if step.what == "copy done")
        assert done.end is None

    def test_a_copy_ends_when_it_was_done(self) -> None:
        report = told()
        assert report.ingest is not None
        (copying,) = (step for step in report.timeline if step.what == "copying")
        assert (copying.start, copying.end) == (report.ingest.start, report.ingest.end)

"""The interfaces of a device: what AWS publishes of each, and what the catalog's figures make of them."""

import numpy as np
import pytest
from small_story import TEXT

from devicesim import catalog, scenario
from devicesim.catalog import Figures
from devicesim.device import capacities, interfaces
from devicesim.progress import DeviceChanged, LegStarted, Lost, Refused, ServiceChanged
from devicesim.report.fold import answer
from devicesim.world import World, simulate

GIGABIT = 1e9 / 8
MIB = 2.0**20


def story(device: str, client: str = "", *changes: str, data: str = "") -> scenario.Scenario:
    """The small story on another device, over 25 GbE, with a client's own lines."""
    text = TEXT.replace('nfs = { wsize = "1 MiB" }', f'rate = "25 Gbit/s"\n{client}')
    text = text.replace("[job]", f'[job]\ndevice = "{device}"').replace("streams = 4\n", "")
    text = text.replace(
        'size = { distribution = "fixed", value = "5 MB" }',
        data
        or """
size = { distribution = "fixed", value = "1 GB" }""",
    )
    return scenario.loads(text, "story", ("client.laptop.streams = 4", *changes))


def rate(told: scenario.Scenario) -> float:
    """The rate of the copy [bytes/s]."""
    ingest = answer(simulate(told)).ingest
    assert ingest is not None
    assert ingest.complete
    return ingest.rate


class TestPublished:
    """Chosen knowing the datum (kind P in the reference's table): explains, does not predict."""

    @pytest.mark.parametrize("wsize", ["128 KiB", "1 MiB"])
    @pytest.mark.parametrize("device", ["EDGE", "EDGE_S", "EDGE_C"])
    def test_nfs_of_a_snowball_edge_250_to_400_mb_s_guide23_performance(
        self, device: str, wsize: str
    ) -> None:
        assert 250e6 <= rate(story(device, f'nfs = {{ wsize = "{wsize}" }}')) <= 400e6

    @pytest.mark.parametrize("part", ["8 MiB", "64 MiB", "512 MB"])
    def test_s3_adapter_250_to_400_mb_s_guide20_performance(self, part: str) -> None:
        told = story("EDGE", f'interface = "s3"\ns3 = {{ part = "{part}" }}')
        assert 250e6 <= rate(told) <= 400e6

    @pytest.mark.parametrize("streams", [1, 4, 16])
    def test_file_interface_25_to_40_mb_s_guide20_using_fileinterface(self, streams: int) -> None:
        small = story(
            "EDGE", 'interface = "file"', f"client.laptop.streams = {streams}", "dataset.clips.files = 16",
            data='size = { distribution = "fixed", value = "100 MB" }',
        )  # fmt: skip
        assert 25e6 <= rate(small) <= 40e6

    @pytest.mark.parametrize(("copies", "total"), [(1, 30e6), (2, 60e6)])
    def test_snowball_client_30_and_60_mb_s_guide18_performance(self, copies: int, total: float) -> None:
        told = story("STANDARD", "", f"client.laptop.streams = {copies}")
        assert rate(told) == pytest.approx(total, rel=0.01)

    def test_snowball_client_third_copy_on_a_second_host_75_mb_s_guide18_performance(self) -> None:
        told = story("STANDARD", "", "client.laptop.streams = 2", "dataset.clips.files = 300").to_dict()
        told["client"].append({"name": "second", "dataset": "clips", "link": "ethernet", "rate": "1.25 GB/s"})
        # While all three copy it is 75 MB/s; who is done first leaves the other to its own 30 or 60.
        world = World(scenario.from_dict(told))
        world.until("WithCustomer")
        world.until(lambda w: bool(w.stream.of(LegStarted)))
        world.advance("20 min")
        leg = world.stream.leg("ingest", world.job().id)
        assert leg is not None
        at = leg.at(np.array([world.now - 600, world.now]))[0]
        assert (at[1] - at[0]) / 600 == pytest.approx(75e6, rel=0.01)


class TestWorked:
    def test_an_object_up_to_a_part_is_one_put_that_waits_for_the_disk(self) -> None:
        # 1 MB: 457 B around it, 1 ms and 2.7 ns/B of the core, 3 x 7.8 ms of the disk
        told = story("EDGE", 'interface = "s3"')
        sizes = [np.full(10, 1_000_000)]
        client = capacities.clients(Figures(), told, sizes=sizes)[0]
        assert [operation.name for operation in client.operations.all] == ["PutObject"]
        put = client.operations.write
        assert (put.request, put.work, put.work_per_byte) == (457.0, 1e-3, 2.7e-9)
        assert put.store == pytest.approx(23.4e-3)
        assert put.wait

    def test_a_large_object_goes_in_parts_ten_in_flight_for_all_streams(self) -> None:
        told = story("EDGE", 'interface = "s3"', "client.laptop.streams = 3")
        client = capacities.clients(Figures(), told, sizes=[np.full(3, 10**9)])[0]
        names = ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
        assert [operation.name for operation in client.operations.all] == names
        assert (client.block, client.window) == (8 * 2**20, 10 // 3)

    def test_small_objects_one_by_one_are_as_fast_as_the_disk_commits_them(self) -> None:
        # 3 accesses of 7.8 ms and 123 kB at 1.5 GB/s: 23.5 ms, 42.6 objects/s, however many are in flight
        told = story(
            "EDGE", 'interface = "s3"', "dataset.clips.files = 400",
            data='size = { distribution = "fixed", value = "123 kB" }',
        )  # fmt: skip
        assert rate(told) / 123e3 == pytest.approx(1 / (3 * 7.8e-3 + 123e3 / 1.5e9), rel=0.02)

    def test_every_nfs_client_is_served_by_a_core_as_long_as_there_is_one(self) -> None:
        told = story("EDGE").clients
        figures = Figures()
        assert [interfaces.cores(figures, "EDGE", told * n) for n in (1, 3, 8, 20)] == [1, 3, 8, 8]
        assert [interfaces.cores(figures, "SNC1_HDD", told * n) for n in (1, 3)] == [1, 1]

    def test_an_adapter_is_one_program_for_all_clients(self) -> None:
        told = story("EDGE", 'interface = "s3"').clients
        assert [interfaces.cores(Figures(), "EDGE", told * n) for n in (1, 5)] == [1, 1]

    def test_two_nfs_clients_copy_twice_as_fast_as_one(self) -> None:
        one = story("EDGE", 'nfs = { wsize = "1 MiB" }')
        both = one.to_dict()
        both["client"].append(both["client"][0] | {"name": "other"})
        assert rate(scenario.from_dict(both)) == pytest.approx(2 * rate(one), rel=0.02)

    def test_the_file_interface_takes_an_hour_and_more_to_start(self) -> None:
        world = simulate(story("EDGE", 'interface = "file"', "dataset.clips.files = 1"))
        job = world.job().id
        unlocked = next(e.at for e in world.stream.of(DeviceChanged, job) if e.state == "unlocked")
        states = [(e.service, e.state, e.at - unlocked) for e in world.stream.of(ServiceChanged, job)]
        assert states[:2] == [("file", "ACTIVATING", 0.0), ("file", "ACTIVE", 75 * 60.0)]

    def test_the_s3_adapter_is_ready_when_the_device_is_unlocked(self) -> None:
        world = simulate(story("EDGE", 'interface = "s3"', "dataset.clips.files = 1"))
        job = world.job().id
        unlocked = next(e.at for e in world.stream.of(DeviceChanged, job) if e.state == "unlocked")
        first = world.stream.of(ServiceChanged, job)[0]
        assert (first.service, first.state, first.at) == ("s3", "ACTIVE", unlocked)

    def test_local_use_may_be_written_to_over_s3(self) -> None:
        told = answer(
            simulate(story("EDGE", 'interface = "s3"', 'job.type = "LOCAL_USE"', "dataset.clips.files = 2"))
        )
        assert told.ingest is not None
        assert (told.ingest.complete, told.ingest.bytes) == (True, 2_000_000_000)
        assert told.state == "Complete"

    def test_the_file_interface_refuses_files_beyond_150_gb(self) -> None:
        told = story(
            "EDGE", 'interface = "file"', 'overflow = "run"', "dataset.clips.files = 1",
            data='size = { distribution = "fixed", value = "151 GB" }',
        )  # fmt: skip
        refused = simulate(told).stream.of(Refused)
        assert [(event.error, event.files, event.bytes) for event in refused] == [
            ("EFBIG", 1, 151_000_000_000)
        ]

    def test_keys_are_shorter_through_the_adapter(self) -> None:
        limits = [
            World(story("EDGE", f'interface = "{name}"')).life().device.share.limits for name in ("nfs", "s3")
        ]
        assert [each.key_bytes for each in limits] == [1024, 933]


class TestPorts:
    @pytest.mark.parametrize(
        ("device", "line", "expected"),
        [
            pytest.param("EDGE", 1, 10, id="a gigabit goes into the RJ45"),
            pytest.param("EDGE", 10, 10, id="ten gigabit too"),
            pytest.param("EDGE", 25, 25, id="SFP28"),
            pytest.param("EDGE", 40, 40, id="QSFP+"),
            pytest.param("EDGE", 100, 40, id="no faster than the fastest"),
            pytest.param("EDGE_S", 100, 100, id="QSFP28"),
            pytest.param("STANDARD", 25, 10, id="SFP+"),
        ],
    )
    def test_worked_the_slowest_port_that_is_fast_enough(self, device: str, line: int, expected: int) -> None:
        assert capacities.port(Figures(), device, line * GIGABIT) == expected * GIGABIT

    def test_worked_one_port_at_a_time_is_shared(self) -> None:
        # Three clients of 10 Gbit/s on an RJ45 of 10: a third each; four of 10 on the 25 of a client of 25.
        told = story("EDGE")
        ten = told.clients[0].model_copy(update={"rate": 10 * GIGABIT})
        full = 1176.853e6 * 0.9
        assert capacities.wired_rates(Figures(), "EDGE", [ten] * 3) == pytest.approx([full / 3] * 3)
        mixed = capacities.wired_rates(Figures(), "EDGE", [told.clients[0], ten, ten])
        # 25 + 10 + 10 > 25: an even share is 8.33 of each
        assert mixed == pytest.approx([full * 2.5 / 3] * 3)
        assert sum(mixed) == pytest.approx(full * 2.5)

    def test_worked_a_snowcone_has_two(self) -> None:
        ten = story("EDGE").clients[0].model_copy(update={"rate": 10 * GIGABIT})
        full = 1176.853e6 * 0.9
        assert capacities.wired_rates(Figures(), "SNC1_HDD", [ten, ten]) == pytest.approx([full, full])

    def test_law_what_others_take_is_taken_from_the_port(self) -> None:
        ten = story("EDGE").clients[0].model_copy(update={"rate": 10 * GIGABIT})
        alone, beside = (capacities.wired_rates(Figures(), "EDGE", [ten], taken)[0] for taken in (0.0, 400e6))
        assert alone - beside == pytest.approx(400e6 * 0.9)


class TestPowerCut:
    @pytest.mark.parametrize(
        ("client", "loses"),
        [
            pytest.param('nfs = { wsize = "1 MiB" }', True, id="NFS, async: what was in memory"),
            pytest.param('interface = "s3"', False, id="S3: answered from the disk"),
            pytest.param('interface = "file"', False, id="file interface: its buffer persists (guide20)"),
        ],
    )
    def test_worked_what_a_power_cut_takes(self, client: str, loses: bool) -> None:
        data = 'size = { distribution = "fixed", value = "20 MB" }'
        world = World(story("EDGE", client, "dataset.clips.files = 5000", data=data))
        world.until(lambda w: bool(w.stream.of(LegStarted)))
        world.advance("20 s")
        device = world.life().device
        device.fail("pulled")
        world.advance("1 s")
        lost = world.stream.of(Lost)
        assert bool(lost) is loses
        world.run()
        leg = world.stream.leg("ingest", world.job().id)
        assert leg is not None
        kept = device.share.files
        assert kept + sum(event.files for event in lost) == leg.at(np.array([world.now]))[1][0]


def test_law_every_interface_of_every_device_carries_a_file() -> None:
    for name in catalog.names("device"):
        entry = catalog.entry(name)
        if "IMPORT" not in entry.listing("job_types"):
            continue
        for interface in entry.listing("interfaces"):
            told = story(name, f'interface = "{interface}"', "dataset.clips.files = 1")
            assert rate(told) > 10e6

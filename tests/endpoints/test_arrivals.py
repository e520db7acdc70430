"""Several clients at one door: each has its own link, and is known by the address that it comes from."""

import socket
import threading

import numpy as np
import paramiko
import pytest
from copying import copy_all
from small_story import CAMP

from devicesim import scenario, throughput
from devicesim.device import capacities
from devicesim.device.ingest.regime import regime
from devicesim.endpoints.arrivals import Arrival, client_of
from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh import SshDoor
from devicesim.errors import ScenarioError, UnknownNameError
from devicesim.snowball_api.snow import Snow

KIB, MIB = 1 << 10, 1 << 20
BLOCK, WINDOW = 128 * KIB, 8
PATH = "/buckets/trail-cams"
RATES = {"desk": "1 Gbit/s", "laptop": "100 Mbit/s", "rack": "40 Mbit/s"}


def three(*changes):
    """A device to which three clients on cables come; nobody copies but they."""
    clients = "".join(
        f"""
        [[client]]
        name = "{name}"
        link = "ethernet"
        rate = "{rate}"
        nfs = {{ version = "3", wsize = "128 KiB", window = {WINDOW} }}
        """
        for name, rate in RATES.items()
    )
    return scenario.loads(CAMP + clients, "three", changes)


def served(*changes):
    snow = Snow(three(*changes), clock="driven")
    snow.world.open_doors()
    snow.world.until_serving()
    return Premises(snow)


def predicted(world, work):
    """How long the core says that each client needs for its files, all beginning now [s]."""
    life = world.life()
    setting, device = life.setting, life.device
    story = setting.scenario
    server = capacities.server(setting.figures, device.kind, 0, device.room, story.clients)
    transfer = throughput.Transfer(
        server, capacities.clients(setting.figures, story), regime(setting, device)
    )
    for client, sizes in work.items():
        transfer.submit(client, np.asarray(sizes, dtype=float))
    transfer.run()
    return {client: float(max(transfer.finish(client))) for client in work}


class TestWhoItIs:
    @pytest.mark.parametrize(
        ("source", "to", "number"),
        [
            ("127.0.0.1", "127.0.0.1", 0),
            ("127.0.0.2", "127.0.0.1", 1),
            ("127.0.0.3", "", 2),
            ("127.0.0.4", "", 0),  # there is no fourth
            ("127.0.0.1", "127.0.0.3", 2),  # by a client that cannot choose where it comes from
            ("127.0.0.2", "127.0.0.3", 1),
            ("127.0.1.2", "", 0),
            ("::1", "::1", 0),
            ("192.168.1.9", "192.168.1.1", 0),
            ("", "", 0),
        ],
    )
    def test_worked_loopback_counts(self, source, to, number):
        assert client_of(three().clients, Arrival(source, to)) == number

    @pytest.mark.parametrize(
        ("source", "number"),
        [
            ("192.168.1.20", 1),
            ("::ffff:192.168.1.20", 1),  # a door that listens at :: sees IPv4 so
            ("192.168.1.21", 2),  # in the network
            ("fe80::7%eth0", 0),
            ("127.0.0.3", 2),  # as without any address
            ("127.0.0.2", 0),  # told otherwise
            ("10.0.0.1", 0),
        ],
    )
    def test_worked_addresses_come_first_and_the_narrowest_of_them(self, source, number):
        clients = three(
            'client.desk.address = "127.0.0.2"',
            'client.laptop.address = "192.168.1.20"',
            'client.rack.address = "192.168.1.0/24"',
        ).clients
        assert client_of(clients, Arrival(source)) == number


class TestLinks:
    @pytest.mark.parametrize(("source", "client"), [("127.0.0.2", 1), ("127.0.0.3", 2)])
    def test_law_each_alone_is_as_the_core_predicts(self, source, client):
        """Within 5 %; done again where the machine stops the client in the middle."""
        sizes, took = [MIB] * 4, []
        for _ in range(4):
            premises = served()
            world = premises.world
            expected = predicted(world, {client: sizes})[client]
            with NfsDoor(premises) as door:
                began = world.now
                copy_all(door.port, PATH, sizes, 1, BLOCK, WINDOW, source)
                took.append(world.now - began)
            if took[-1] == pytest.approx(expected, rel=0.05):
                break
        assert min(took) == pytest.approx(expected, rel=0.05)

    def test_law_both_at_once_are_as_the_core_predicts(self):
        """The second by its 100 Mbit/s, the third meanwhile by its 40: each within 5 %."""
        work = {1: [MIB] * 10, 2: [MIB] * 3}
        for _ in range(6):
            premises = served()
            world, took = premises.world, {}
            expected = predicted(world, work)
            assert expected[2] < expected[1]  # each has its own line, or they would end the other way round
            with NfsDoor(premises) as door:
                began, ready = world.now, threading.Barrier(len(work))

                def copy(client, began=began, ready=ready, port=door.port, world=world, took=took):
                    ready.wait()
                    copy_all(port, PATH, work[client], 1, BLOCK, WINDOW, f"127.0.0.{client + 1}")
                    took[client] = world.now - began

                threads = [threading.Thread(target=copy, args=(client,)) for client in work]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            if took == pytest.approx(expected, rel=0.05):
                break
        assert took == pytest.approx(expected, rel=0.05)

    def test_worked_sftp_from_another_address_is_another_client(self):
        """4 MB by a line of 40 Mbit/s take 0.8 s at least, by a gigabit they would take 0.04 s."""
        key = paramiko.ECDSAKey.generate()
        premises = served()
        with SshDoor(premises, authorized_keys=f"{key.get_name()} {key.get_base64()}") as door:
            host, port = door.address.split(":")
            line = socket.create_connection((host, int(port)), 20, ("127.0.0.3", 0))
            transport = paramiko.Transport(line)
            transport.connect(username="snow", pkey=key)
            before = premises.world.now
            with transport.open_sftp_client() as sftp, sftp.open("trail-cams/a", "wb") as file:
                file.set_pipelined(True)
                file.write(bytes(4_000_000))
            transport.close()
        assert 4e6 * 8 / 40e6 < premises.world.now - before < 3


class TestByName:
    def test_worked_a_client_is_known_by_his_name(self):
        premises = Premises(Snow(three()))
        assert [premises.client(name) for name in ("desk", "laptop", "rack")] == [0, 1, 2]

    def test_law_another_name_is_told(self):
        with pytest.raises(UnknownNameError, match="unknown client 'laptob'; did you mean 'laptop'"):
            Premises(Snow(three())).client("laptob")
        with pytest.raises(UnknownNameError, match="unknown client 'laptop'"):
            Premises(Snow()).client("laptop")


class TestScenario:
    def test_two_clients_of_one_address(self):
        with pytest.raises(ScenarioError, match=r"must be another client's than client\[0\]'s"):
            three('client.desk.address = "10.0.0.7"', 'client.rack.address = "10.0.0.7/32"')

    def test_what_is_no_address(self):
        with pytest.raises(ScenarioError, match="must be an address or a network of addresses, got 'desk'"):
            three('client.desk.address = "desk"')

    def test_worked_buckets_alone_are_a_scenario_and_so_they_are_with_clients(self):
        assert scenario.loads(CAMP).clients == ()
        assert len(three().clients) == 3

    def test_a_client_copies_something_where_there_are_data_sets(self):
        text = CAMP + '[[dataset]]\nname = "a"\nbucket = "arn:aws:s3:::a"\nfiles = 1\nmodel = "camera_iot"\n'
        with pytest.raises(ScenarioError, match="dataset: is missing"):
            scenario.loads(text + '[[client]]\nname = "laptop"\nlink = "ethernet"\n')

    def test_worked_clients_without_data_copy_the_default_customers_where_no_door_is_open(self):
        """Never an import of nothing by default: they take its files in turn."""
        world = Snow(three()).world
        clients = world.life().setting.scenario.clients
        assert [client.dataset for client in clients] == [("trail-cams",)] * 3
        assert [client.name for client in clients] == list(RATES)

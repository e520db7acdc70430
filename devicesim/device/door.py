"""One operation at a time: what a door (NFS, SFTP) asks of the device, through the same core as the copy."""

from __future__ import annotations

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.ingest.regime import regime
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.errors import require, unknown


class Door:
    """The way in for operations of real clients.

    While a copy of the scenario runs, operations queue with it at the same stations; otherwise the door has a
    core of its own.
    """

    def __init__(self, setting: Setting, device: SnowDevice) -> None:
        self._setting, self._device = setting, device
        self._own: throughput.Transfer | None = None
        device.listeners.append(self._on_change)

    def offer(self, ingest: Ingest | None, operation: str, payload: int, client: int, at: float) -> float:
        """Push one operation through the device.

        Args:
            ingest: the scenario's copy, if there is one.
            operation: name of an RPC of the client's NFS version, as ``WRITE`` or ``LOOKUP``.
            payload: bytes it carries.
            client: number of the scenario's client whose link and mount options it uses.
            at: when it was issued [s].

        Returns:
            When its reply arrives [s]; infinite while the device does not serve.
        """
        require(payload >= 0, "payload", ">= 0", payload)
        require(at >= self._setting.now, "at", f">= now, {self._setting.now}", at)
        if not self._device.serves:
            return float("inf")
        running = ingest.running if ingest is not None else None
        transfer = running or self._core()
        require(0 <= client < len(transfer.clients), "client", f"in 0..{len(transfer.clients) - 1}", client)
        known = transfer.clients[client].operations
        operations = {o.name: o for o in (*known.before, known.write, *known.after)}
        if operation not in operations:
            raise unknown("operation", operation, operations)
        return transfer.offer(operations[operation], payload, client, at)

    def _core(self) -> throughput.Transfer:
        if self._own is None:
            setting, kind, story = self._setting, self._device.kind, self._setting.scenario
            server = capacities.server(
                setting.figures, kind, self._device.share.bytes, self._device.room, story.clients
            )
            clients = capacities.clients(setting.figures, story)
            self._own = throughput.Transfer(server, clients, regime(setting, self._device), at=setting.now)
        return self._own

    def _on_change(self) -> None:
        if self._own is not None:
            self._own.advance(self._setting.now)
            self._own.set_regime(regime(self._setting, self._device), self._setting.now)

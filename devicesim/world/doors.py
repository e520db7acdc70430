"""The verbs of those who stand beside a device: open its doors, come through them, switch it, give it back."""

from __future__ import annotations

from math import inf
from typing import Any

from devicesim.device import rooms
from devicesim.device.customer import Customer
from devicesim.device.order import Life
from devicesim.device.share import redo
from devicesim.errors import VerbError, require, unknown
from devicesim.jobs import JobState, JobType
from devicesim.scenario import faults
from devicesim.world.engine import Engine
from devicesim.world.traffic import Traffic


class Doors(Engine):
    """The part of a World that real clients and real hands move.

    Attributes:
        clock: as the World's.
        doors: whether doors lead to the devices of every job, of those to come too.
    """

    clock: str
    doors = False

    def open_doors(self, job_id: str | None = None) -> None:
        """Let real clients come to a device, or to those of all jobs, the later ones too, if none is named.

        A customer about whom nothing is known then copies nothing: what comes through the doors is the job's data.
        The device goes back when it is told to, or when nobody has come for a while.
        """
        if job_id is None:
            self.doors = True
        for life in self._chosen(job_id):
            life.device.hand.open_doors()
        self._note("open_doors", job_id=job_id)

    def give_back(self, job_id: str | None = None) -> None:
        """Have the customer switch the device off and give it to the courier now, whatever is still to be copied.

        Raises:
            VerbError: the device is not with its customer, or is packed already.
        """
        life = self._at_customer(job_id, "given back")
        device = life.device
        if device.hand.packed:
            raise VerbError(f"the device of job {life.job.id} is packed already")
        device.hand.give_back()
        if device.state != "off" and not device.off.triggered:
            self._setting.env.process(device.shut_down("powered off for the return"))
        self._at_once()
        self._note("give_back", job_id=life.job.id)

    def power_off(self, job_id: str | None = None) -> None:
        """Press the button: the device goes off cleanly, and stays off until :meth:`power_on`.

        Raises:
            VerbError: the device is not with its customer, or is off.
        """
        life = self._running(job_id)
        life.device.hand.stop()
        self._setting.env.process(life.device.shut_down("switched off by hand"))
        self._at_once()
        self._note("power_off", job_id=life.job.id)

    def cut_power(self, job_id: str | None = None) -> None:
        """Pull the plug: what only the page cache held is gone; the device stays off until :meth:`power_on`.

        Raises:
            VerbError: the device is not with its customer, or is off.
        """
        life = self._running(job_id)
        life.device.hand.stop()
        cut = faults.PowerCut.model_construct(at=0.0, kind="power-cut", duration=inf)
        incident = self._setting.faults.of(cut, life.job.id)
        incident.begin(self._setting.say, self.now, "supply", "somebody pulls the plug", lasts=inf)
        life.device.fail("the plug was pulled", incident.id)
        self._at_once()
        self._note("cut_power", job_id=life.job.id)

    def power_on(self, job_id: str | None = None) -> None:
        """Switch on a device that went off by hand; it boots, is unlocked, and its services start.

        Raises:
            VerbError: the device is not with its customer, or was not switched off by hand.
        """
        life = self._at_customer(job_id, "switched on")
        hand = life.device.hand
        if not hand.stopped or hand.on.triggered or hand.packed:
            raise VerbError(f"the device of job {life.job.id} was not switched off by hand, or is on again")
        hand.start()
        for each in self._setting.faults.under_way("power-cut", life.job.id):
            if isinstance(each.fault, faults.PowerCut) and each.fault.duration == inf:
                each.end(self._setting.say, self.now, "somebody plugs it in again")
        self._at_once()
        self._note("power_on", job_id=life.job.id)

    def until_serving(self, job_id: str | None = None) -> float:
        """Move until a device, the first of any job if none is named, is unlocked and its services run.

        Returns:
            The new time [s].

        Raises:
            VerbError: it never will be.
        """
        if not self._chosen(job_id):
            raise VerbError("there is no job yet; create_job() makes one")
        if not any(_ready(life) for life in self._chosen(job_id)):
            self.until(lambda _: any(_ready(life) or bool(life.job.outcome) for life in self._chosen(job_id)))
        if not any(_ready(life) for life in self._chosen(job_id)):
            over = next(life.job for life in self._chosen(job_id) if life.job.outcome)
            raise VerbError(f"the device of job {over.id} does not serve: the job is over ({over.outcome})")
        return self.now

    def _chosen(self, job_id: str | None) -> list[Life]:
        """The job named, or all that there are by now."""
        return list(self._lives.values()) if job_id is None else [self.life(job_id)]

    # The device's own commands.

    def operate(self, command: str, job_id: str | None = None, **options: Any) -> rooms.Document:
        """Give a device one of its own commands, as ``start-service``; those that only look move nothing.

        Under the ``driven`` clock the World moves on until a service that was started or stopped is so.

        Raises:
            UnknownNameError: no such command, or service.
            VerbError: the device is not with its customer, is off or locked, or does not allow it.
        """
        life = self.life(job_id)
        if life.job.state is not JobState.WITH_CUSTOMER:
            raise VerbError(
                f"the device of job {life.job.id} is not with its customer: it is {life.job.state}"
            )
        if command not in rooms.COMMANDS:
            raise unknown("command", command, rooms.COMMANDS)
        result: rooms.Document = getattr(life.console, rooms.COMMANDS[command])(**options)
        if command in rooms.CHANGES:
            self._at_once()
            self._note("operate", command=command, job_id=life.job.id, **options)
            if self.clock == "driven":
                self._settle(life)
        return result

    def _settle(self, life: Life) -> None:
        """Move until no service is between two states."""
        env, device = self._setting.env, life.device
        between = {"ACTIVATING", "DEACTIVATING"}
        while between & set(device.services.values()) and env.peek() < float("inf"):
            self._go(env.peek())

    # Operations of real clients.

    def _pass(self, job_id: str, *row: Any) -> None:
        """Write what came through a door to the log: to the last verb, if that is of the same device."""
        traffic, now = self._traffic, self.now
        if traffic is None or self._log[-1].arguments["job_id"] != job_id:
            traffic = Traffic(now)
            self._note("traffic", job_id=job_id, rows=traffic)
            self._traffic = traffic
        traffic.note(now, *row)

    def _follow(self, to: float) -> float:
        """Go to a time that what comes through doors, or the wall, leads to."""
        if self._traffic is None:
            return self._move(to)
        self._go(to)
        now = self.now
        if self._traffic is None:  # a neighbour was heard on the way
            self._note("advance", to=now)
        else:
            self._traffic.end = now
        return now

    def offer(
        self,
        operation: str,
        payload: int,
        client: int = 0,
        at: float | None = None,
        job_id: str | None = None,
        *,
        follow: bool = True,
        since: float | None = None,
    ) -> float:
        """Push one operation of a door through the device; returns the time of its reply [s].

        Under the ``driven`` clock the World moves to that time, unless ``follow`` is False: then whoever has several
        operations under way moves it, by :meth:`follow`. ``at`` is when the request was issued, now if not given;
        ``since``, a time before now, is when a client could have issued it whose program and wire take no time.
        """
        life = self.life(job_id)
        now = self.now
        require(at is None or at >= now, "at", f">= now, {now}", at)
        issued = now if at is None else at
        if since is not None:
            require(since > -inf, "since", "a time", since)
            issued = min(issued, since)
        reply = life.offer(operation, payload, client, issued)
        row = ("offer", operation, payload, client)
        self._pass(life.job.id, *row, *(() if issued == now else (issued,)))
        if follow and self._follows(reply):
            self._follow(reply)
        return reply

    def follow(self, reply: float) -> float:
        """Move to the reply of an operation, under the ``driven`` clock only; returns the time [s]."""
        return self._follow(reply) if self._follows(reply) else self.now

    def traffic(self, job_id: str, rows: Traffic) -> None:
        """Let happen again what came through a device's doors, as a log has it; bytes read as zeros."""
        life = self.life(job_id)
        share, offer, now = life.device.share, life.offer, self.now
        self._note("traffic", job_id=job_id, rows=rows)  # as it is: it need not be told once more
        self._traffic = rows
        with share.untold():
            for at, (name, *told) in rows:
                if at != now:
                    self._go(at)
                    now = at
                if name == "offer":
                    operation, payload, client, *issued = told
                    offer(operation, payload, client, issued[0] if issued else now)
                else:
                    redo(share, name, *told)
        self._follow(rows.end)
        self._seal()

    def _follows(self, reply: float) -> bool:
        return self.clock == "driven" and self.now < reply < float("inf")

    def _at_customer(self, job_id: str | None, what: str) -> Life:
        life = self.life(job_id)
        if life.job.state is not JobState.WITH_CUSTOMER:
            raise VerbError(
                f"job {life.job.id} is {life.job.state}; only a device that is WithCustomer can be {what}"
            )
        if not isinstance(life.customer, Customer):
            raise VerbError(f"job {life.job.id} is a node of a cluster; it goes by the cluster's own story")
        return life

    def _running(self, job_id: str | None) -> Life:
        life = self._at_customer(job_id, "switched off")
        if life.device.state == "off" or life.device.off.triggered:
            raise VerbError(f"the device of job {life.job.id} is off")
        return life


def _ready(life: Life) -> bool:
    """Whether a device is unlocked, and serves if its job has a service at all."""
    local = life.job.order.type is JobType.LOCAL_USE
    return life.device.state == "unlocked" and (local or life.device.serves)

"""The verbs of a World that send data online: agents, tasks, executions, as somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from pydantic import ValidationError

from devicesim import catalog, scenario, units
from devicesim.device import rooms
from devicesim.device.order import Life
from devicesim.errors import BoundError, VerbError, require, unknown
from devicesim.jobs import JobState
from devicesim.physics import file_sizes
from devicesim.scenario import Files
from devicesim.world.engine import Engine


class OnlineVerbs(Engine):
    """The part of a World that DataSync's API is made of."""

    def start_agent(self, job_id: str | None = None, *, copied: bool = True) -> str:
        """Start a DataSync agent, on a job's device or on premises; returns the key that activates it.

        On a device the clock moves to where it serves, and then to the end of the copy onto it. From then on the
        customer keeps the device until the agent was idle for long, or is dismissed.

        Args:
            job_id: of the device; on premises if not given.
            copied: whether to wait for the copy.

        Raises:
            VerbError: the device will never serve files.
        """
        self.datasync.adopt()
        if job_id is None:
            key = self.datasync.start_on_premises()
            self._note("start_agent")
            return key
        life = self.life(job_id)
        if why := self.datasync.refusal(life):
            raise VerbError(why)
        words = f"a device that serves files, of job {job_id},"
        self._reach(lambda: rooms.serves(life), lambda: _gone(life), words)
        key = self.datasync.start_on(life)
        self._note("start_agent", job_id=job_id, copied=False)
        station = self.datasync.station(key)
        if copied:
            self._reach(
                lambda: not (station.awaits_copy and rooms.serves(life)), lambda: False, "the copy's end"
            )
        return key

    def dismiss_agent(self, agent: str) -> None:
        """Let an agent go; a device that was kept for it alone goes back."""
        self.datasync.dismiss(agent)
        self._note("dismiss_agent", agent=agent)

    def create_share(self, path: str, *, files: int, size: float | str = "", workload: str = "") -> None:
        """Lay files below a directory of the site's file server, for agents on premises.

        Without any such directory an agent finds the scenario's data sets there, each below its name, and in an
        empty account the catalog's default data set wherever it looks.

        Args:
            path: of the directory, as ``/export/photos``.
            files: how many.
            size: of each, or ``workload``, the catalog's name of a distribution of sizes.
        """
        require(files >= 1, "files", ">= 1", files)
        require(bool(size) != bool(workload), "size", "given, or workload, and not both", size or workload)
        name = f"share-{len(self.datasync.shares)}"
        if size:
            each = units.parse(size, units.SIZE) if isinstance(size, str) else float(size)
            require(0 <= each < inf, "size", ">= 0 B and finite", each)
            parts: Any = ({"distribution": "fixed", "share": 1.0, "size": each},)
        else:
            parts = catalog.components(catalog.entry(workload), self.figures)
        sizes = file_sizes.sample(parts, files, self._draw(f"files/{name}"))
        self.datasync.share(path, Files(name, "", sizes))
        self._note("create_share", path=path, files=files, size=size, workload=workload)

    def create_task(
        self,
        agent: str,
        path: str,
        bucket: str,
        *,
        prefix: str = "",
        include: str = "",
        exclude: str = "",
        schedule: str = "",
        **options: Any,
    ) -> str:
        """Create a DataSync task, which runs when it is started; returns its id, ``task-...``.

        Args:
            agent: key of the agent.
            path: directory on the device (``/buckets/NAME``) or at the site.
            bucket, prefix: where the objects go.
            include, exclude: patterns of names, parted by ``|``.
            schedule: when it starts by itself, as ``cron(0 22 * * ? *)`` in UTC or ``rate(12 hours)``. A World that
                runs to its end does not wait for it.
            options: name, verify, overwrite, transfer, nfs, connections, bytes_per_second, as of a scenario's task.

        Raises:
            UnknownNameError: no such agent.
            BoundError: an option that a task cannot have.
        """
        self.datasync.adopt()
        task = _task(path, {"name": "task"} | options)
        made = self.datasync.create_task(
            agent, rooms.Pick(path, bucket, prefix, include, exclude), task, schedule
        )
        told = {"prefix": prefix, "include": include, "exclude": exclude, "schedule": schedule} | options
        self._note("create_task", agent=agent, path=path, bucket=bucket, **told)
        return made.id

    def update_task(
        self, task: str, *, agent: str | None = None, schedule: str | None = None, **changes: Any
    ) -> None:
        """Change a task, for executions to come. What is not given stays.

        Args:
            agent: key of another agent. schedule: another one, empty for none.
            changes: path, bucket, prefix, include, exclude, and the options of :meth:`create_task`.

        Raises:
            UnknownNameError: no such task, agent or option.
            VerbError: other data for a task of the scenario.
            BoundError: an option that a task cannot have.
        """
        picked, options = _parted(changes)
        self.datasync.update(task, agent, picked, lambda own: _changed(own, options), schedule)
        self._note("update_task", task=task, agent=agent, schedule=schedule, **changes)

    def delete_task(self, task: str) -> None:
        """Let no further execution of a task begin.

        Raises:
            UnknownNameError: no such task.
            VerbError: an execution of it is under way.
        """
        self.datasync.delete(task)
        self._note("delete_task", task=task)

    def start_execution(self, task: str, **changes: Any) -> str:
        """Start an execution of a task; returns its id.

        Args:
            changes: include, exclude, and the options of :meth:`create_task`, for this execution alone.

        Raises:
            UnknownNameError: no such task, or no such option.
            VerbError: the task runs already, or its agent is out of reach.
            BoundError: an option that a task cannot have.
        """
        self.datasync.adopt()
        picked, options = _parted(changes)
        execution = self.datasync.start(task, picked, lambda own: _changed(own, options))
        self._go(self.now)  # an agent that has nothing else to do begins at once
        self._note("start_execution", task=task, **changes)
        return execution.id

    def throttle_execution(self, execution: str, bytes_per_second: float | str | None) -> None:
        """Change an execution's bandwidth limit, as UpdateTaskExecution does: within a minute; None for no limit."""
        limit = bytes_per_second
        if isinstance(limit, str):
            limit = units.parse(limit, units.RATE)
        require(limit is None or 0 < limit < inf, "bytes_per_second", "> 0 B/s and finite", limit)
        self.datasync.throttle(execution, inf if limit is None else limit)
        self._note("throttle_execution", execution=execution, bytes_per_second=limit)

    def cancel_execution(self, execution: str) -> None:
        """Cancel an execution; what it has sent whole stays in S3."""
        self.datasync.cancel(execution)
        self._note("cancel_execution", execution=execution)


def _gone(life: Life) -> bool:
    """Whether a job's device has left the customer for good."""
    return bool(life.job.outcome) or any(state is JobState.IN_TRANSIT_TO_AWS for _, state in life.job.history)


OPTIONS = ("name", "verify", "overwrite", "transfer", "nfs", "connections", "bytes_per_second")
"""What a task created while the World runs may be told, under the names that a scenario uses."""


def _task(path: str, options: Mapping[str, Any]) -> scenario.Task:
    for name in options:
        if name not in OPTIONS:
            raise unknown("option of a task", name, OPTIONS)
    limit = options.get("bytes_per_second")
    if isinstance(limit, str):
        limit = units.parse(limit, units.RATE)
    require(limit is None or 0 < limit < inf, "bytes_per_second", "> 0 B/s and finite", limit)
    apart = {"name": options.get("name", "task"), "bytes_per_second": limit}
    told = {name: value for name, value in options.items() if name not in apart and value is not None}
    try:
        task = scenario.Task.model_validate({"name": "task", "dataset": path or "/"} | told)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BoundError(f"{name} must be as a task of a scenario has it, got {told.get(name)}") from None
    return task.model_copy(update=apart)


PICKED = ("path", "bucket", "prefix", "include", "exclude")
"""What says which files a task takes, and where they go."""


def _parted(changes: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Changes of what a task takes, and of its options."""
    picked = {name: value for name, value in changes.items() if name in PICKED}
    return picked, {name: value for name, value in changes.items() if name not in PICKED}


def _changed(task: scenario.Task, options: Mapping[str, Any]) -> scenario.Task:
    """A task with some options changed."""
    return _task(task.datasets[0], {name: getattr(task, name) for name in OPTIONS} | dict(options))

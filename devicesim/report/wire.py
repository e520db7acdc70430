"""The answer to a scenario that orders no device: everything went over the wire, or did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from devicesim import __version__
from devicesim.device.expectation import Load
from devicesim.device.online import Execution, Online, outlook
from devicesim.progress import timestamp
from devicesim.report import footer
from devicesim.report.model import Report, Step
from devicesim.report.sections import online as section
from devicesim.report.swings import ranked
from devicesim.world import World

DAY = 86400.0
NOTHING = Load(np.zeros(0, dtype=np.int64), 0, 0)
"""What is copied onto no device."""
KIND = "ONLINE"
"""In place of a job's type."""
WHOLE = 6
"""Executions that a timeline shows one by one; of more, the first and the last ones."""


def answer(world: World) -> Report:
    """Say what became of the data.

    Args:
        world: the run, as far as it has come; one without a job.
    """
    online, story = world.undertaking, world.scenario
    told = section.tell(world)
    if not isinstance(online, Online) or story is None or told is None:
        raise ValueError("an answer without a job needs a scenario that sends data online")
    executions = online.executions
    over = all(sending.done for sending in online.sendings)
    last = executions[-1].status if executions else "QUEUED"
    losses = told.losses
    metrics = {
        "cost_usd": sum(cost.usd for cost in told.costs),
        "files_lost": float(sum(loss.files for loss in losses)),
        "bytes_lost": float(sum(loss.bytes for loss in losses)),
        "files_failed": float(sum(execution.failed for execution in executions)),
        **told.metrics,
    }
    outcome = "under way" if not over else next((s.why for s in online.sendings if s.why), "complete")
    return Report(
        name=story.name,
        seed=world.seed,
        repeat=footer.repeat_line(world),
        version=__version__,
        start=timestamp(world.epoch, 0.0),
        job="",
        job_type=KIND,
        device="",
        state=last,
        outcome=outcome,
        days_to_s3=metrics.get("days_to_s3"),
        end=max((at for e in executions for at, _ in e.history), default=world.now) if over else world.now,
        timeline=tuple(_steps(world, executions)),
        ingest=None,
        losses=losses,
        battery=None,
        instances=(),
        costs=told.costs,
        goals=tuple(footer.goals(story, metrics)),
        metrics=metrics,
        swings=ranked(world.figures, lambda figures: outlook.expected(figures, online, story, NOTHING)),
        figures=tuple(footer.figures(world)),
        progress=tuple(footer.progress(world.stream, (), world.now)),
        notes=(*story.source.notes, *footer.unread(world)),
        sections=told.sections,
        subject=told.subject,
    )


def _steps(world: World, executions: Sequence[Execution]) -> Iterator[Step]:
    """A line for each execution, and within it its phases."""
    shown = (
        executions if len(executions) <= WHOLE else (*executions[: WHOLE // 2], *executions[-WHOLE // 2 :])
    )
    for execution in shown:
        ends = [*(at for at, _ in execution.history[1:]), None]
        what = f"{execution.task}, execution {execution.number}"
        start = execution.history[0][0] if execution.history else execution.queued
        when = timestamp(world.epoch, start)
        yield Step(start, execution.ended, when, what, 0, execution.why)
        for (at, status), end in zip(execution.history, ends, strict=True):
            if end is not None or not execution.over:
                yield Step(at, end, timestamp(world.epoch, at), status.lower(), 1)

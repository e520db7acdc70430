"""The page of the HTTP door: the time, the jobs, what goes over the line, buttons for the clock; it needs no net."""

from __future__ import annotations

from html import escape

from devicesim.device.online import Execution
from devicesim.snowball_api.snow import Snow
from devicesim.units import format_size

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}
h1{font-size:1.3rem;margin:0}table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d9dee5}
td{white-space:nowrap}
code{font-family:ui-monospace,monospace;font-size:.9em}button{font:inherit;padding:.3rem .8rem;margin-right:.5rem}
.quiet{color:#5a6675}
"""
_SCRIPT = """
async function tell(verb, body) {
  const answer = await fetch('/_devicesim/' + verb, {method: 'POST', body: JSON.stringify(body)});
  const told = await answer.json();
  if (answer.ok) location.reload(); else document.getElementById('said').textContent = told.error;
}
"""
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


def page(snow: Snow) -> str:
    """The page as HTML."""
    world = snow.world
    rows = "".join(
        f"<tr><td><code>{escape(job.id)}</code></td><td>{escape(job.order.type)}</td>"
        f"<td>{escape(job.order.device)}</td><td>{escape(job.state)}</td>"
        f"<td>{_shown(snow, job.history[-1][0])}</td></tr>"
        for job in world.jobs.values()
    )
    table = (
        f"<table><tr><th>Job</th><th>Type</th><th>Device</th><th>State</th><th>Since</th></tr>{rows}</table>"
        if rows
        else '<p class="quiet">There is no job yet.</p>'
    )
    table += _executions(snow)
    steps = "".join(
        f"<button onclick=\"tell('advance', {{duration: '{step}'}})\">+ {step}</button>"
        for step in ("1 h", "1 d", "7 d")
    )
    title = escape(world.scenario.name) if world.scenario else "An empty account"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}: devicesim</title>
<style>{_STYLE}</style>
<script>{_SCRIPT}</script>
</head>
<body>
<h1>{title}</h1>
<p>It is <b>{_shown(snow, world.now)}</b> <span class="quiet">(clock {escape(world.clock)},
seed {world.seed})</span></p>
<p>{steps}<button onclick="tell('reset', {{}})">Begin again</button> <span id="said" role="status"></span></p>
{table}
<p class="quiet">A simulation. The job API and DataSync are at this address, for
<code>aws --endpoint-url</code>, <code>AWS_ENDPOINT_URL_SNOWBALL</code> and <code>AWS_ENDPOINT_URL_DATASYNC</code>.</p>
</body>
</html>
"""


def _executions(snow: Snow) -> str:
    """The executions of DataSync, if there are any."""
    now = snow.world.now
    rows = "".join(
        f"<tr><td><code>{escape(each.id.partition('/')[2])}</code></td><td>{escape(each.task)}</td>"
        f"<td>{_moved(each, now)}</td><td>{escape(each.status)}</td>"
        f"<td>{_shown(snow, each.history[-1][0] if each.history else each.queued)}</td></tr>"
        for each in snow.world.executions()
    )
    head = "<tr><th>Execution</th><th>Task</th><th>Sent</th><th>Status</th><th>Since</th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _moved(execution: Execution, now: float) -> str:
    sent = int(execution.leg.at(now)[0][0]) if execution.leg is not None else 0
    return f"{format_size(sent)} of {format_size(execution.estimated_bytes)}"


def _shown(snow: Snow, at: float) -> str:
    """A time for people, on the site's clock."""
    return f"{snow.api.account.time(at):%a %d %b %Y %H:%M}"

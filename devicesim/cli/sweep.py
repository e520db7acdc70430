"""``devicesim sweep``: the futures of every cell of a grid, into one table."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from devicesim.cli.computing import computed, crew, require_one, some
from devicesim.cli.options import overrides, scenario_file, whole_number
from devicesim.cli.output import put, require_files, width, writing
from devicesim.errors import require
from devicesim.planning import sweep as sweeps
from devicesim.planning import wording
from devicesim.planning.sweep import Sweep
from devicesim.report import phrases
from devicesim.report.paper import Paper
from devicesim.scenario import load_cells

ROWS = 40
"""Most cells that are listed; the file has all."""


@click.command("sweep")
@scenario_file
@overrides
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Where the table goes: FILE.csv or FILE.parquet, a row for each future of each cell.",
)
@click.option(
    "--replications",
    callback=some,
    metavar="NUMBER",
    default="100",
    show_default=True,
    help="Futures of each cell.",
)
@click.option("--seed", callback=whole_number, metavar="NUMBER", help="Seed of all that is random.")
@computed
def command(
    file: Path,
    overrides: tuple[str, ...],
    out: Path,
    replications: int,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    resume: Path | None,
) -> None:
    """Tell the futures of every cell of the grid that FILE's [[sweep]] tables span."""
    require_one(workers, cluster)
    require(out.suffix.lower() in sweeps.FORMS, "--out", "a file named .csv or .parquet", out)
    if out.suffix.lower() == ".parquet":
        sweeps.parquet_of()
    require_files(file, {"--out": out, "--resume": resume})
    story, cells = load_cells(file, overrides)
    chosen = story.seed if seed is None else seed
    with crew(workers, cluster, resume, chosen, len(cells) * replications) as whoever:
        made = sweeps.sweep(story, cells, replications, chosen, whoever)
    with writing(out):
        sweeps.write(made, out)
    put(_shown(made, out))


def _shown(made: Sweep, out: Path) -> str:
    table = Table(box=None, padding=(0, 3, 0, 0), show_edge=False, pad_edge=False)
    days = wording.TITLES[made.cells[0].headline]
    for path in made.cells[0].values:
        table.add_column(path)
    for title in (f"{days} P50", "P95", "Cost P50", "P95"):
        table.add_column(title, justify="right")
    for cell in made.cells[:ROWS]:
        date, cost = cell.measure(cell.headline), cell.measure("cost_usd")
        table.add_row(
            *(phrases.plain(str(value)) for value in cell.values.values()),
            *(wording.value(each.metric, at) for each in (date, cost) for at in (each.p50, each.p95)),
        )
    paper = Paper(width())
    paper.print(table)
    lines = paper.text().splitlines()
    rest = len(made.cells) - ROWS
    if rest > 0:
        lines.append(f".. and {phrases.count(rest, 'more cell')}")
    futures = sum(len(cell.futures) for cell in made.cells)
    lines += ["", f"{phrases.count(futures, 'row')} in {phrases.plain(str(out))}, seed {made.seed}"]
    return "\n".join([phrases.plain(made.name), *lines]) + "\n"

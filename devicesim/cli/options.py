"""Options that several commands share."""

from __future__ import annotations

import click

overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help='Override a value, as --set site.wifi.distance="30 m"; may be repeated.',
)

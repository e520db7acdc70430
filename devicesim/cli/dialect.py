"""Usage errors in the house's dialect: one line, with what may have been meant."""

from __future__ import annotations

import click

from devicesim.errors import unknown


class Commands(click.Group):
    """A group that answers to no command with its help, and to an unknown one with the nearest."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without arguments, print the help where errors go: a script that lost its command must notice."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the one that may have been meant."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            raise unknown("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def sentence(error: click.ClickException) -> str:
    """A usage error as one line.

    >>> sentence(click.UsageError("Option '--every' requires an argument."))
    "devicesim: option '--every' requires an argument"
    """
    context: click.Context | None = getattr(error, "ctx", None)
    why = error.format_message()
    if context is None:
        return f"devicesim: {_continued(why)}"
    if isinstance(error, click.NoSuchOption):
        why = _unknown(error.option_name, context)
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        why = f"{error.param.human_readable_name} is missing; {_usage(context)}"
    elif why.startswith("Got unexpected extra"):
        why = f"{_continued(why)}; {_usage(context)}"
    return f"{context.command_path}: {_continued(why)}"


def _unknown(name: str, context: click.Context) -> str:
    known = [name for option in context.command.get_params(context) for name in option.opts]
    return str(unknown("option", name, [name for name in known if name.startswith("--")]))


def _usage(context: click.Context) -> str:
    return _continued(" ".join(context.command.get_usage(context).split()))


def _continued(sentence: str) -> str:
    """A sentence as the rest of another; a name in capitals stays as it is."""
    ordinary = sentence[1:2].islower()
    return (sentence[0].lower() + sentence[1:] if ordinary else sentence).rstrip(".")

"""What all commands have in common: `-h`, and no option that takes one value is given two without a word."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class Command(click.Command):
    """A command that refuses to drop a value: click takes the last of several."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; raises click.UsageError."""
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for one, times in Counter(order).items():
                if times > 1 and isinstance(one, click.Option) and not (one.multiple or one.count or one.is_flag):
                    raise click.UsageError(f"{one.opts[-1]} takes one value and is given {times}.", ctx)
        return super().parse_args(ctx, args)


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command

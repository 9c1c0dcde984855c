"""One demo from request to exit code: a folder, a pair of orgs in this process, the story, where the pages lie."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from migrator.demo import acts, folder
from migrator.demo.playing import Player
from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import serving
from migrator.practice.store import Store
from scanners import run

PAGES = ("scan.html", "inventory.html", "plan.html", "evidence.html")
_WIDEST = 110


def demo(path: str, *, color: bool | None = None) -> int:
    """Play it; raises UsageError and Failed."""
    target = Path(path).absolute()
    with _stopped_by_a_signal():
        folder.prepare(target)
        player = Player(target, color=run.colored(color), width=min(run.columns(), _WIDEST))
        player.say(f"The whole story on two practice orgs, by itself, in {path}.")
        with ExitStack() as stack:
            production = Org(Store(None))
            planting.plant(production, "acme")
            sandbox = planting.copy(production, None)
            pair = acts.Pair(stack.enter_context(serving(production)), stack.enter_context(serving(sandbox)))
            acts.play(player, pair)
        player.act("The end", "Both orgs are gone. What stays, for a browser:")
        for name in PAGES:
            player.say(f"{Path(path) / name}")
    return 0


@contextmanager
def _stopped_by_a_signal() -> Iterator[None]:
    """A request to end, from a terminal or a pipeline, ends it as Ctrl-C does: nothing is left running.

    Ctrl-C too: a shell lets what it starts in the background ignore it.
    """
    numbers = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]
    old = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        sys.stdout.flush()

"""Runs freeseat's commands one after another and tells them: the line to type, and what of its output matters."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill, wrap
from typing import TextIO

from scanners.errors import Failed
from scanners.reports.text import plural, visible

_GRACE = 10.0
_SECRETS = ("SF_", "SFDX_", "FREESEAT_")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\S* ")
Wanted = Callable[[str], bool]


def everything(_line: str) -> bool:
    """Every line is worth showing."""
    return True


@dataclass(slots=True)
class Player:
    """Tells on `out`, runs in `folder`; `env` is the org that commands are connected to."""

    folder: Path
    out: TextIO = field(default_factory=lambda: sys.stdout)
    color: bool = False
    width: int = 100
    env: dict[str, str] = field(default_factory=dict)
    acts: int = 0
    begun: float = field(default_factory=time.monotonic)

    def act(self, title: str, *words: str) -> None:
        """A new act: its title, and what it is about."""
        self.acts += 1
        self._line("")
        head = f"{self.acts:>2}  {title} "
        self._line(self._styled(head + "─" * max(self.width - len(head) - 7, 0) + f"{self._seconds():>5.0f} s", "1"))
        for one in words:
            self.say(one)

    def say(self, words: str) -> None:
        """A paragraph of the story."""
        self._line(fill(words, self.width, initial_indent="    ", subsequent_indent="    "))

    def typed(self, text: str) -> None:
        """A line that a person would type."""
        self._line(self._styled(f"    $ {text}", "36"))

    def connect(self, name: str, url: str, token: str) -> None:
        """Commands go to this org from now on."""
        self.env = {"SF_INSTANCE_URL": url, "SF_ACCESS_TOKEN": token}
        self._line("")
        self.typed(
            f"export SF_INSTANCE_URL={url} SF_ACCESS_TOKEN=…    # {name}; a real org is -o ALIAS, as sf knows it"
        )

    def freeseat(self, *words: str, show: Wanted = everything, most: int = 12, code: int = 0) -> list[str]:
        """Run a command, show of its output what is wanted, and give all of it; raises Failed for another exit code."""
        self._line("")
        self.typed("freeseat " + " ".join(shlex.quote(one) if one != "…" else one for one in words))
        lines: list[str] = []
        told = 0
        with self._running(words) as process:
            assert process.stdout is not None  # noqa: S101 - asked for below
            for raw in process.stdout:
                line = visible(raw.rstrip("\n"))
                lines.append(line)
                if told < most and line.strip() and show(line):
                    told += 1
                    self._shown(line)
        left = sum(bool(one.strip()) for one in lines) - told
        ended = f"exit code {process.returncode}" if process.returncode else ""
        more = f"… {plural(left, 'line')} more" if left > 0 else ""
        if ended or more:
            self._line(self._styled(f"      {', '.join(filter(None, (more, ended)))}", "2"))
        if process.returncode != code:
            tail = "\n".join(lines[-20:])
            raise Failed(f"`freeseat {' '.join(words)}` ended with {process.returncode}, expected {code}:\n{tail}")
        return lines

    def _shown(self, line: str) -> None:
        """A line of output, the day and the milliseconds of a log left out, folded where it is too long."""
        short = _STAMP.sub(r"\1 ", line)
        indent = " " * (len(short) - len(short.lstrip()) + 2 + 9 * (short != line))
        for one in wrap(short, self.width - 6, subsequent_indent=indent, drop_whitespace=False) or [""]:
            self._line(self._styled(f"      {one.rstrip()}", "2"))

    @contextlib.contextmanager
    def _running(self, words: tuple[str, ...]) -> Iterator[subprocess.Popen[str]]:
        """A command for as long as the block lasts; it never outlives it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "migrator", *words],
            cwd=self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            yield process
            process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            if process.stdout:
                process.stdout.close()

    def _environ(self) -> Mapping[str, str]:
        """The environment without any other org, with this one; gates find `python3` beside this interpreter."""
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_SECRETS)}
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        package = str(Path(__file__).parents[2])
        sources = os.pathsep.join(filter(None, [package, kept.get("PYTHONPATH", "")]))
        same = {"COLUMNS": str(self.width - 6), "NO_COLOR": "1", "PYTHONUTF8": "1", "PATH": path}
        return kept | same | {"PYTHONPATH": sources} | self.env

    def _line(self, text: str) -> None:
        self.out.write(f"{text}\n")
        self.out.flush()

    def _styled(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def _seconds(self) -> float:
        return time.monotonic() - self.begun


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a command to stop, then stop it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    process.kill()
    process.wait()

"""A real browser driven over the DevTools protocol, through a pair of pipes and with nothing but the standard library.

Protocol: https://chromedevtools.github.io/devtools-protocol/; messages are JSON, each ended by a NUL byte, read by
Chromium from descriptor 3 and written to descriptor 4.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0
"""Seconds to wait for an answer before the browser counts as stuck."""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)


def find() -> str | None:
    """The path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Browser:
    """A running Chromium; `close` ends it and all that it started."""

    pid: int
    to: int
    back: int
    events: deque[dict[str, Any]] = field(default_factory=deque)
    _buffer: bytearray = field(default_factory=bytearray)
    _last: int = 0

    @classmethod
    def start(cls, program: str, folder: Path) -> Browser:
        """Start it with a fresh profile in `folder`."""
        (read_commands, to), (back, write_answers) = os.pipe(), os.pipe()
        # Out of the way of 3 and 4, which the child's ends become.
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read_commands, write_answers)]
        arguments = [program, *_FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        log = os.open(folder / "chromium.log", os.O_WRONLY | os.O_CREAT, 0o600)
        pid = os.posix_spawn(
            program,
            arguments,
            os.environ | {"HOME": str(folder)},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setpgroup=0,
        )
        for end in (read_commands, write_answers, log, *high):
            os.close(end)
        return cls(pid, to, back)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events that come meanwhile are kept."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        _write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read(PATIENCE)
            if answer is None:
                raise TimeoutError(f"no answer to {method}")
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def read(self, patience: float) -> dict[str, Any] | None:
        """The next message, or None when none comes within so many seconds."""
        deadline = time.monotonic() + patience
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self.back], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                return None
            part = os.read(self.back, 1 << 20)
            if not part:
                raise ConnectionError("Chromium has gone")
            self._buffer += part
        message, _, rest = bytes(self._buffer).partition(b"\0")
        self._buffer = bytearray(rest)
        value: dict[str, Any] = json.loads(message)
        return value

    def page(self) -> Page:
        """A new, empty tab that reports network requests, dialogs and errors."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable", session)
        self.call("Page.setLifecycleEventsEnabled", session, enabled=True)
        return Page(self, session, target)

    def close(self) -> None:
        """End the browser and wait for it."""
        for end in (self.to, self.back):
            os.close(end)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@dataclass
class Page:
    """One tab."""

    browser: Browser
    session: str
    target: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _loaded: set[str] = field(default_factory=set)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command to this tab."""
        result = self.browser.call(method, self.session, **parameters)
        self._collect()
        return result

    def open(self, address: str, *, script: bool = True) -> None:
        """Load a page and wait until it has loaded; with `script` false, as a reader without JavaScript."""
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self._navigate("about:blank")
        self.requests.clear()
        self.complaints.clear()
        self._navigate(address)

    def _navigate(self, address: str) -> None:
        loader = self.call("Page.navigate", url=address)["loaderId"]
        deadline = time.monotonic() + PATIENCE
        while loader not in self._loaded:
            event = self.browser.read(deadline - time.monotonic())
            if event is None:
                raise TimeoutError(address)
            self.browser.events.append(event)
            self._collect()

    def _collect(self) -> None:
        """Sort the events that have come: requests, dialogs, errors, the end of loading."""
        while self.browser.events:
            event = self.browser.events.popleft()
            parameters = event.get("params", {})
            match event.get("method"):
                case "Network.requestWillBeSent":
                    self.requests.append(parameters["request"]["url"])
                case "Page.javascriptDialogOpening":
                    self.complaints.append(f"dialog: {parameters['message']}")
                case "Runtime.exceptionThrown":
                    self.complaints.append(f"exception: {parameters['exceptionDetails']['text']}")
                case "Log.entryAdded":
                    self.complaints.append(f"log: {parameters['entry']['text']}")
                case "Page.lifecycleEvent" if parameters["name"] == "load":
                    self._loaded.add(parameters["loaderId"])
                case _:
                    pass

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"]["exception"].get("description", expression))
        return result["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until the expression is true."""
        deadline = time.monotonic() + 10
        while not self.run(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press and release a key, as a hand would: a character, or a name such as Enter, Tab, Escape, ArrowDown."""
        text = {"Enter": "\r", "Space": " "}.get(key, key if len(key) == 1 else "")
        name = " " if key == "Space" else key
        codes = {"Enter": 13, "Tab": 9, "Escape": 27, "Space": 32, "ArrowUp": 38, "ArrowDown": 40}
        code = codes.get(key, ord(key.upper()) if len(key) == 1 else 0)
        common = {"key": name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, words: str) -> None:
        """Type into what has the focus."""
        for character in words:
            self.press("Space" if character == " " else character)

    def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse."""
        box = self.run(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center", behavior: "instant"}});
            const {{x, y, width, height}} = element.getBoundingClientRect();
            return [x + width / 2, y + height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def size(self, width: int, height: int) -> None:
        """Show the page in a window of so many CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def media(self, kind: str = "", **features: str) -> None:
        """Emulate `print`, or features such as prefers_color_scheme."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=kind, features=wanted)

    def close(self) -> None:
        """Close the tab."""
        self.browser.call("Target.closeTarget", targetId=self.target)


def running(folder: Path) -> Iterator[Browser]:
    """A browser for as long as a fixture lasts; without one the test is skipped and says so."""
    program = find()
    if program is None:
        pytest.skip(f"skipped: no Chromium on PATH ({', '.join(NAMES)})")
    browser = Browser.start(program, folder)
    yield browser
    browser.close()

"""The live line: the last line of a terminal says what runs, how far it is, and for how long.

It is drawn on standard error by a thread of its own, so that it moves during one long call. In
pipes and files there is none.
"""

import atexit
import locale
import os
import shutil
import sys
import time
from threading import Event, RLock, Thread

INTERVAL, AFTER = 0.25, 0.5
"""Time between two drawings, and silence after which the line appears [s]."""

ERASE = "\r\x1b[2K"

COMPILING = 1.0
"""Time after which a program that JAX needs is not in the cache [s]."""

BAR = 12
"""Width of the bar in characters."""

LETTERS = {True: ("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "━", "─"), False: ("|/-\\", "#", ".")}
"""Turning sign, full and empty part of a bar, in terminals with and without Unicode."""


def can_redraw() -> bool:
    """Return whether standard error is a terminal in which a line can be erased."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def unicode_terminal() -> bool:
    """Return whether standard error can show letters beyond ASCII."""
    encoding = getattr(sys.stderr, "encoding", None) or locale.getpreferredencoding()
    return encoding.lower().replace("-", "").startswith("utf")


class LiveLine:
    """The last line of the terminal.

    Attributes:
        text: what runs.
        done: finished steps.
        total: all steps; 0 without a bar.
        detail: numbers of the latest step.
    """

    def __init__(self) -> None:
        self.text, self.done, self.total, self.detail = "", 0, 0, ""
        self._lock, self._ended, self._thread = RLock(), Event(), None
        self._drawn, self._frame = False, 0
        self._last = self._since = time.monotonic()
        self._measured: tuple[float, int] | None = None
        self._at_step = self._last

    def show(self, text: str, done: int = 0, total: int = 0, detail: str = "") -> None:
        """Say what runs now; in a terminal, start to draw."""
        if not can_redraw():
            return
        with self._lock:
            now = time.monotonic()
            if (text, total) != (self.text, self.total):
                self._measured, self._since = None, now
            elif done > self.done:
                # The first step may have compiled: the pace is that of the later ones.
                self._measured = self._measured or (now, done)
                self._at_step = now
            self.text, self.done, self.total, self.detail = text, done, total, detail
            if self._thread is None:
                self._thread = Thread(target=self._draw_until_end, daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def erase(self) -> None:
        """Remove the line before something is printed."""
        with self._lock:
            self._last = time.monotonic()
            if self._drawn:
                self._drawn = False
                self._write(ERASE)

    def stop(self) -> None:
        """Remove the line and end its thread."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self.__init__()

    def line(self, columns: int) -> str:
        """Return the line in at most this number of characters."""
        frames, full, empty = LETTERS[unicode_terminal()]
        parts = [f"{frames[self._frame % len(frames)]} {self.text}"]
        if self.total > 1:
            filled = BAR * self.done // self.total
            parts += [full * filled + empty * (BAR - filled), f"{self.done}/{self.total}"]
        left = self._left()
        took = f"{time.monotonic() - self._since:.0f} s"
        parts += [took if left is None else f"{clock(left)} left", compiling() or self.detail]
        text = "  ".join(part for part in parts if part)
        return text if len(text) <= columns else text[: columns - 1] + "…"

    def _left(self) -> float | None:
        """Return the estimated time until all steps are done [s]; None before two steps."""
        if self._measured is None or self.done <= self._measured[1]:
            return None
        first, steps = self._measured
        pace = (self._at_step - first) / (self.done - steps)
        since = time.monotonic() - self._at_step
        return max(pace * (self.total - self.done) - since, 0.0)

    def _draw_until_end(self) -> None:
        while not self._ended.wait(INTERVAL):
            with self._lock:
                silent = time.monotonic() - self._last >= AFTER
                if self.text and silent and can_redraw():
                    self._frame += 1
                    columns = shutil.get_terminal_size().columns
                    self._write(ERASE + self.line(columns - 1))
                    self._drawn = True
        self.erase()

    def _write(self, text: str) -> None:
        """Write to the terminal, if it is still there."""
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            self._ended.set()


def clock(seconds: float) -> str:
    """Return a time as m:ss or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def compiling() -> str:
    """Return a text while a program is compiled, which later commands find in the cache."""
    module = sys.modules.get("nnpp.devices.compilation")  # imported when JAX starts
    count = module.watched() if module is not None and hasattr(module, "watched") else None
    waiting = time.monotonic() - count.asked if count and count.asked else 0.0
    if count is None or waiting < COMPILING:
        return ""
    return f"compiling (once), {waiting:.0f} s"


LINE = LiveLine()
"""The one live line of this process."""

os.register_at_fork(after_in_child=LINE.__init__)

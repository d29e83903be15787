"""A progress bar in notebooks and terminals, and nothing in other output."""

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

WIDTH = 24
"""Characters of the bar."""

SHOWN = {"rms_mev": "fitted {:.4g} meV", "holdout_rms_mev": "held out {:.4g} meV"}
"""Numbers of a step that are shown, and how."""


def watched() -> bool:
    """Return whether a person sees the output: in a notebook or a terminal."""
    return "ipykernel" in sys.modules or sys.stderr.isatty()


class Bar:
    """Shows the steps of one fit: by tqdm if it is installed, else as a line of text."""

    def __init__(self, name: str, done: int, total: int):
        """Begin a bar.

        Args:
            name: what is fitted.
            done: the number of steps already taken.
            total: the largest number of steps.
        """
        self.name, self.total, self.tqdm = name, total, None
        if find_spec("tqdm") is not None:
            from tqdm.auto import tqdm  # pyright: ignore[reportMissingImports] -- optional

            self.tqdm: Any = tqdm(desc=name, initial=done, total=total)
        else:
            self.step(done, {})

    def step(self, done: int, metrics: Mapping[str, float | bool]) -> None:
        """Show a step and its errors.

        Args:
            done: the number of steps taken.
            metrics: the numbers of the step.
        """
        text = ", ".join(f.format(metrics[key]) for key, f in SHOWN.items() if key in metrics)
        if self.tqdm is not None:
            self.tqdm.update(done - self.tqdm.n)
            self.tqdm.set_postfix_str(text)
            return
        full = round(WIDTH * done / max(self.total, 1))
        bar = "█" * full + "░" * (WIDTH - full)
        sys.stderr.write(f"\r{self.name} {bar} {done}/{self.total}  {text:<40}")
        sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self.tqdm is not None:
            self.tqdm.close()
        else:
            sys.stderr.write("\n")

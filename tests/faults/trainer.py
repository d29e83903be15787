"""A process that resumes, then saves step after step, and reports each once it was saved."""

import sys
from pathlib import Path

from nnpp.runs.checkpoints import newest, save
from tests.faults.samples import IDENTITY, checkpoint


def train(folder: Path) -> None:
    last = newest(folder, IDENTITY).checkpoint
    step = last.step if last else 0
    while True:
        step += 1
        save(folder, checkpoint(step))
        sys.stdout.write(f"{step}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    train(Path(sys.argv[1]))

"""Several processes read the same files: waited for where they are new, refused where not."""

import time
from hashlib import sha256
from pathlib import Path

from nnpp.config.inputs import RUN_NAME
from nnpp.devices.processes import on_all_processes, on_process_zero
from nnpp.errors import InputError
from nnpp.files.tensors import ARRAYS, COPY, STEM
from nnpp.formats.ensemble import NAME
from nnpp.runs.folder import START
from nnpp.workflows.train.run import Run

PATIENCE, BETWEEN = 90.0, 0.5
"""Seconds after which a file is taken for missing (NFS may hide it for a minute), and between
two looks."""


NAMES = (RUN_NAME, *(f"{stem}{end}" for stem in (START, STEM) for end in (ARRAYS, COPY)), NAME)
"""Files of a run that later commands read."""


def await_runs(runs: list[Path]) -> None:
    """Until every process sees what process 0 wrote of these runs."""
    paths = [run / name for run in runs for name in NAMES]
    hashes = on_process_zero(lambda: [_hash(path) for path in paths])
    deadline = time.monotonic() + PATIENCE
    on_all_processes(lambda: _await(dict(zip(paths, hashes, strict=True)), deadline))


def _await(files: dict[Path, str], deadline: float) -> None:
    """Until these files have these hashes."""
    for path, wanted in files.items():
        while _hash(path) != wanted:
            if time.monotonic() > deadline:
                what = f"is not seen as process 0 wrote it {PATIENCE:.0f} s ago"
                remedy = "name a folder that all processes share (--out)"
                raise InputError(what, remedy, path)
            time.sleep(BETWEEN)


def _hash(path: Path) -> str:
    """SHA-256; nothing of a file that is not there yet."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def refuse_different(runs: list[Run]) -> None:
    """Refuse runs that this process read otherwise than process 0."""
    mine = [run.identity for run in runs]
    first = on_process_zero(lambda: mine)
    on_all_processes(lambda: _refuse(runs, mine == first))


def _refuse(runs: list[Run], same: bool) -> None:
    """Raise where they differ."""
    if not same:
        folder = runs[0].folder.parent
        raise InputError(
            "processes read different files", "give all the same folders and options", folder
        )

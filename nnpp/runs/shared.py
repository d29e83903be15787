"""Several processes read the same run folder: they wait until all see what process 0 wrote."""

import time
from pathlib import Path

from nnpp.config.inputs import RUN_NAME
from nnpp.devices.processes import on_all_processes, on_process_zero
from nnpp.errors import InputError
from nnpp.files.tensors import ARRAYS, COPY, STEM
from nnpp.files.text import sha256_of
from nnpp.formats.ensemble import NAME
from nnpp.runs.folder import START

TIMEOUT, INTERVAL = 90.0, 0.5
"""Seconds after which a file counts as missing (NFS may hide it for a minute), and between
two attempts."""

NAMES = (RUN_NAME, *(f"{stem}{end}" for stem in (START, STEM) for end in (ARRAYS, COPY)), NAME)
"""Files of a run that later commands read."""


def await_runs(runs: list[Path]) -> None:
    """Wait until every process sees the files of these runs as process 0 does."""
    paths = [run / name for run in runs for name in NAMES]
    hashes = on_process_zero(lambda: [_hash(path) for path in paths])
    deadline = time.monotonic() + TIMEOUT
    on_all_processes(lambda: _await(dict(zip(paths, hashes, strict=True)), deadline))


def require_same(identities: list[str], folder: Path) -> None:
    """Raise an InputError on all processes if any read other runs than process 0."""
    first = on_process_zero(lambda: identities)
    on_all_processes(lambda: _require(identities == first, folder))


def _await(files: dict[Path, str], deadline: float) -> None:
    """Wait until these files have these hashes."""
    for path, wanted in files.items():
        while _hash(path) != wanted:
            if time.monotonic() > deadline:
                what = f"is not visible as process 0 wrote it {TIMEOUT:.0f} s ago"
                remedy = "name a folder that all processes share (--out)"
                raise InputError(what, remedy, path)
            time.sleep(INTERVAL)


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file, or an empty text if it does not exist yet."""
    try:
        return sha256_of(path)
    except InputError:
        return ""


def _require(same: bool, folder: Path) -> None:
    if not same:
        what = "processes read different files"
        raise InputError(what, "give all the same folders and options", folder)

"""A process that reads hostile files; on each line the message, time and memory of one reader.

`python -m tests.faults.bounded FOLDER KIND…` prints JSON. A reader that takes longer than
`SECONDS` is stopped.
"""

import json
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nnpp.config.fit_yaml import read_fit
from nnpp.errors import NnppError
from nnpp.files.tensors import read_model_file
from nnpp.formats.bands_csv import read_bands_csv
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.codes.format import Hints, read_codes
from nnpp.formats.structures import read_structure
from nnpp.runs.checkpoints import newest
from nnpp.runs.metrics import read_metrics
from nnpp.runs.study import read_study
from tests.faults import hostile
from tests.faults.samples import IDENTITY

SECONDS = 30
MEMORY = 4_000_000_000
"""Limits of a reader that does not keep its own: seconds, and additional address space."""


class Case(NamedTuple):
    """A hostile file: its name, how it is made, its reader, and the words of the refusal."""

    name: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]
    words: str


def read_checkpoint(path: Path) -> object:
    return newest(path.parent, IDENTITY)


def read_frames(path: Path) -> object:
    from nnpp.files.arrays import read_npz

    return read_npz(path)


def read_trials(path: Path) -> object:
    return read_study(path.parent, IDENTITY)


def read_any(path: Path) -> object:
    return read_codes(path, Hints())


ATOMS = r"holds 1,000,000,000 atoms, more than 10,000; use a smaller cell"
SPECIAL = r"is a pipe or a device, but a file is needed; name a file"
CLAIM = r"claims more data than the file contains|but no data"
ELSEWHERE = r"is a link|is stored in another file"
MUCH = r"more than 768 MB|more than 6 s|Unable to allocate"


def of_hdf5(change: Callable) -> Callable[[Path], None]:
    return partial(hostile.hdf5, change=change)


def of_text(text: Callable[[], str]) -> Callable[[Path], object]:
    return lambda path: path.write_text(text())


MERGES = (
    "a: &a {" + ",".join(f"b{i}: 1" for i in range(1000)) + "}\nb:\n" + " - {<<: *a}\n" * 1000
)
"""Not long, but a million values for ruamel.yaml."""

FAST = {
    "poscar-counts": Case(
        "POSCAR", partial(hostile.poscar, counts="1000000000"), read_structure, ATOMS
    ),
    "poscar-negative": Case(
        "a.vasp", hostile.negative_counts, read_structure, "holds 2,000,000,000 atoms"
    ),
    "poscar-20000": Case(
        "POSCAR",
        partial(hostile.poscar, counts="20000", atoms=20_000),
        read_structure,
        "holds 20,000 atoms, more than 10,000",
    ),
    "structure-pipe": Case("POSCAR", hostile.pipe, read_structure, SPECIAL),
    "structure-device": Case("a.cif", hostile.device, read_structure, SPECIAL),
    "extxyz-columns": Case("a.extxyz", hostile.columns, read_structure, MUCH),
    "h5-terabytes": Case(
        "bands.h5", of_hdf5(hostile.claim(10**6, 10**6)), read_bands_h5, CLAIM
    ),
    "h5-gigabytes": Case("bands.h5", of_hdf5(hostile.claim(250, 10**6)), read_bands_h5, CLAIM),
    "h5-one-chunk": Case("bands.h5", of_hdf5(hostile.one_chunk), read_bands_h5, CLAIM),
    "h5-external-link": Case(
        "bands.h5", of_hdf5(hostile.external_link), read_bands_h5, ELSEWHERE
    ),
    "h5-soft-link": Case("bands.h5", of_hdf5(hostile.soft_link), read_bands_h5, ELSEWHERE),
    "h5-external-storage": Case(
        "bands.h5", of_hdf5(hostile.external_storage), read_bands_h5, ELSEWHERE
    ),
    "h5-virtual": Case("bands.h5", of_hdf5(hostile.virtual), read_bands_h5, ELSEWHERE),
    "h5-circle": Case(
        "bands.h5", of_hdf5(hostile.circle), read_bands_h5, "more than 10,000 names"
    ),
    "h5-texts": Case("bands.h5", of_hdf5(hostile.texts), read_bands_h5, "has the shape"),
    "h5-heap": Case("bands.h5", hostile.heap, read_bands_h5, "a heap has no end"),
    "h5-pipe": Case("bands.h5", hostile.pipe, read_bands_h5, SPECIAL),
    "json-terabytes": Case(
        "b.json",
        partial(hostile.decoded, shape=[10**6, 10**6], kind="float64"),
        read_bands_json,
        "claims",
    ),
    "json-gigabytes": Case(
        "b.json",
        partial(hostile.decoded, shape=[4, 8 * 10**7], kind="float64"),
        read_bands_json,
        "claims",
    ),
    "json-letters": Case(
        "b.json",
        partial(hostile.decoded, shape=[4], kind="S1000000000"),
        read_bands_json,
        "claims",
    ),
    "json-device": Case("b.json", hostile.device, read_bands_json, SPECIAL),
    "checkpoint-terabytes": Case(
        "step-00000001.ckpt",
        partial(hostile.checkpoint, shape="(1000000, 1000000)"),
        read_checkpoint,
        "no checkpoint",
    ),
    "checkpoint-gigabytes": Case(
        "step-00000001.ckpt",
        partial(hostile.checkpoint, shape="(500000000,)"),
        read_checkpoint,
        "no checkpoint",
    ),
    "checkpoint-letters": Case(
        "step-00000001.ckpt",
        partial(hostile.checkpoint, shape="(1,)", kind="S1000000000"),
        read_checkpoint,
        "no checkpoint",
    ),
    "model-terabytes": Case("m.safetensors", hostile.model, read_model_file, "damaged"),
    "model-pipe": Case("m.safetensors", hostile.pipe, read_model_file, SPECIAL),
    "metrics-pipe": Case("metrics.jsonl", hostile.pipe, read_metrics, SPECIAL),
    "yaml-list": Case(
        "fit.yaml",
        of_text(lambda: "a: [" + "1," * 900_000 + "1]"),
        read_fit,
        "more than 50,000 values",
    ),
    "yaml-long": Case(
        "fit.yaml",
        of_text(lambda: "a:\n" + "  - 1\n" * 10**6),
        read_fit,
        "is larger than 2 MB",
    ),
    "yaml-merges": Case(
        "fit.yaml",
        of_text(lambda: MERGES),
        read_fit,
        r"merges \(<<\) too many values",
    ),
    "yaml-pipe": Case("fit.yaml", hostile.pipe, read_fit, SPECIAL),
    "csv-lines": Case(
        "b.csv",
        of_text(lambda: "1\n" * 30_000_000),
        read_bands_csv,
        "more than 1,000,000 lines",
    ),
    "csv-device": Case("b.csv", hostile.device, read_bands_csv, SPECIAL),
    "code-pipe": Case("EIGENVAL", hostile.pipe, read_any, SPECIAL),
}

SLOW = {
    "cif-gz": Case("a.cif.gz", hostile.compressed, read_structure, MUCH),
    "cif-bz2": Case("a.cif.bz2", hostile.compressed, read_structure, MUCH),
    "cif-xz": Case("a.cif.xz", hostile.compressed, read_structure, MUCH),
    "cif-sites": Case("a.cif", partial(hostile.sites, count=5_000), read_structure, MUCH),
    "poscar-potcar-pipe": Case("POSCAR", hostile.old_poscar, read_structure, MUCH),
    "h5-bomb": Case("bands.h5", of_hdf5(hostile.bomb), read_bands_h5, "is compressed"),
    "h5-inflated": Case("bands.h5", of_hdf5(hostile.inflated), read_bands_h5, "is compressed"),
    "h5-same-data": Case("bands.h5", of_hdf5(hostile.same_data), read_bands_h5, CLAIM),
    "json-brackets": Case(
        "b.json", hostile.brackets, read_bands_json, "more than 1,000,000 values"
    ),
    "frames": Case("1.npz", hostile.frames, read_frames, "compressed"),
    "study": Case(
        "study.json",
        of_text(lambda: '{"trials": [' + "1," * 20_000_000 + "1]}"),
        read_trials,
        "is larger than|more than",
    ),
    "csv-words": Case(
        "b.csv",
        of_text(lambda: "11," * 20_000_000),
        read_bands_csv,
        "more than 2,000,000 words",
    ),
    "metrics-lines": Case(
        "metrics.jsonl",
        of_text(lambda: '{"step":1}\n' * 5_000_000),
        read_metrics,
        "more than 1,000,000 lines",
    ),
}

CASES = FAST | SLOW


def measured(case: Case, folder: Path) -> dict[str, object]:
    """The message of the reader of a case, its time [s] and additional memory [MB]."""
    path = folder / case.name
    case.make(path)
    forget_peak()
    before, start = peak(), time.monotonic()
    signal.alarm(SECONDS)
    try:
        message = f"read: {case.read(path)!s:.200}"
    except NnppError as error:
        message = str(error)
    except BaseException as error:  # noqa: BLE001 -- a traceback is a failure of the test
        message = f"TRACEBACK {type(error).__name__} {error!s:.200}"
    finally:
        signal.alarm(0)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "message": message,
        "seconds": time.monotonic() - start,
        "memory_mb": peak() - before,
        "total_mb": peak(),
        "children_mb": children,
    }


def peak() -> float:
    """Largest resident memory since the last `forget_peak` [MB]."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def stop(*_: object) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, stop)
    size = int(re.findall(r"VmSize:\s+(\d+) kB", Path("/proc/self/status").read_text())[0])
    limit = size * 1024 + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for kind in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            found = measured(CASES[kind], Path(folder))
        sys.stdout.write(json.dumps({"kind": kind} | found) + "\n")
        sys.stdout.flush()

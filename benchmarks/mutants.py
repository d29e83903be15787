"""Do the tests of a package notice a wrong sign, factor, bound or condition in it?

    python -m benchmarks mutants                 150 mutants, 90 minutes on two cores
    python -m benchmarks.mutants SEED COUNT [PACKAGE…]

Mutants are drawn at random, equally many from each package and at most one from a line. Each
is applied to a copy of the tree. The fast tests of the package run, those of the module first,
then those of other packages that name the module, until one fails. A mutant that no test
notices is listed, unless `equivalent.json` says why no test can notice it.
"""

import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from queue import Queue
from typing import Any

from benchmarks.mutations import Mutant, mutants
from benchmarks.record import record

PACKAGES = ("terms", "potentials", "observables", "eigensolvers", "fitting", "structures")
SLOW = ("cli", "cluster", "docs", "faults", "laws", "workflows")
"""Folders of slow tests, left out."""

SEED, COUNT = 1, 150
SECONDS = 600
"""A mutant whose tests take more time of the processor counts as killed: it does not end."""

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).with_name("equivalent.json")
"""Mutants that no test can notice, with the reason."""

IMPORTED = ("ase", "ase.io", "beartype", "flax.linen", "h5py", "hypothesis", "jax", "jaxtyping",
            "matplotlib.figure", "optax", "pytest", "scipy.optimize", "scipy.signal",
            "scipy.special", "seekpath", "spglib")  # fmt: skip
"""Modules that are imported once; every run of tests starts from a copy of this process."""


@dataclass(frozen=True)
class Verdict:
    """A mutant and the test that noticed it.

    Attributes:
        mutant: the change.
        killer: the test that failed, or `time` or `crash`; empty if no test noticed it.
        seconds: time that the tests took.
    """

    mutant: Mutant
    killer: str
    seconds: float


def run(seed: int = SEED, count: int = COUNT, packages: Sequence[str] = PACKAGES) -> None:
    """Draw mutants, run their tests, print and store what survives."""
    found, reasons = [], equivalents()
    for verdict in judged(drawn(seed, count, packages)):
        found.append(verdict)
        m, outcome = verdict.mutant, verdict.killer or "SURVIVED"
        print(f"  {m.file}:{m.line}  {m.change}\n    {outcome}", flush=True)
    record("mutants", summary(seed, found, reasons))


def summary(
    seed: int, found: Sequence[Verdict], reasons: dict[tuple[str, str, str], str]
) -> dict[str, Any]:
    """Return the counts of each package, the survivors and the killed mutants."""
    alike = [v for v in found if not v.killer and _key(v.mutant) in reasons]
    alive = [v for v in found if not v.killer and v not in alike]
    killed = [v for v in found if v.killer]
    for package in PACKAGES:
        of = [
            sum(f"nnpp/{package}/" in v.mutant.file for v in x) for x in (killed, alive, alike)
        ]
        print(f"  {package:14} {of[0]} killed, {of[1]} survived, {of[2]} equivalent")
    rate = len(killed) / max(len(killed) + len(alive), 1)
    print(f"  {rate:.1%} of {len(killed) + len(alive)} mutants that differ were killed")
    return {
        "seed": seed,
        "rate": round(rate, 4),
        "killed": [f"{_line(v)}  {v.killer}" for v in killed],
        "survived": [_line(v) for v in alive],
        "equivalent": [_line(v) for v in alike],
    }


def _line(verdict: Verdict) -> str:
    """Return file, line and change of a mutant."""
    m = verdict.mutant
    return f"{m.file}:{m.line}  {m.change}"


def _key(mutant: Mutant) -> tuple[str, str, str]:
    """Return what identifies a mutant after other lines of its file have changed."""
    return mutant.file, mutant.code, mutant.change


def equivalents() -> dict[tuple[str, str, str], str]:
    """Return the reasons why no test can notice some mutants, by file, line and change."""
    listed = json.loads(EQUIVALENT.read_text("utf-8"))
    return {(x["file"], x["code"], x["change"]): x["reason"] for x in listed}


def drawn(seed: int, count: int, packages: Sequence[str]) -> list[Mutant]:
    """Return mutants, equally many of each package, at most one of a line."""
    rng, of_package = random.Random(seed), []
    for package in packages:
        files = sorted((ROOT / "nnpp" / package).rglob("*.py"))
        texts = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files}
        every = [m for file, text in texts.items() for m in mutants(file, text)]
        rng.shuffle(every)
        of_package.append({(m.file, m.line): m for m in every}.values())
    return [m for m in chain(*zip_longest(*of_package)) if m][:count]


def judged(chosen: Sequence[Mutant], processes: int = 2) -> Iterator[Verdict]:
    """Yield a verdict on each mutant, in their order."""
    with tempfile.TemporaryDirectory() as place:
        _set_environment(Path(place))
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(IMPORTED))
        copies: Queue[Path] = Queue()
        for i in range(processes):
            copies.put(_copy(Path(place) / f"tree{i}"))
        with ThreadPoolExecutor(processes) as pool:
            yield from pool.map(partial(_judge, context, copies), chosen)


def _set_environment(place: Path) -> None:
    """Keep compiled programs, and use one thread in each process."""
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(place / "programs"))
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.05"
    os.environ |= {"JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "JAX_ENABLE_X64": "True"}


def _copy(to: Path) -> Path:
    """Copy what git knows of the tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, stdout=subprocess.PIPE
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


def _judge(context: Any, copies: Queue, mutant: Mutant) -> Verdict:
    """Apply a mutant to a free copy, run the tests and undo the change."""
    copy = copies.get()
    file = copy / mutant.file
    text, start = file.read_text("utf-8"), time.perf_counter()
    try:
        _write(file, mutant.applied(text))
        groups = filter(None, tests_of(mutant.file))
        killer = next(filter(None, (_killer(context, copy, x) for x in groups)), "")
    finally:
        _write(file, text)
        copies.put(copy)
    return Verdict(mutant, killer, time.perf_counter() - start)


def _write(file: Path, text: str) -> None:
    """Write a module and remove its compiled forms, which may have the same time."""
    file.write_text(text, "utf-8")
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()


def tests_of(file: str) -> list[list[str]]:
    """Return the files of tests for a module: those of its package, and others that name it.

    Those of the package come in the order in which they are likely to notice a change.
    """
    package, name = file.split("/")[1], file.split("/")[-1].removesuffix(".py").strip("_")
    above, _, last = file.removesuffix(".py").replace("/", ".").rpartition(".")
    named = re.compile(rf"{re.escape(above)}(\.| import .*\b){last}\b")
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    folder = {x: x.relative_to(ROOT / "tests").parts[0] for x in paths}
    imports = {x: bool(named.search(x.read_text("utf-8"))) for x in paths}
    own = [x for x in paths if folder[x] == package]
    own.sort(key=lambda x: (name not in x.stem, not imports[x]))
    also = [x for x in paths if imports[x] and folder[x] not in (package, *SLOW)]
    return [[x.relative_to(ROOT).as_posix() for x in group] for group in (own, also)]


def _killer(context: Any, copy: Path, tests: Sequence[str]) -> str:
    """Return the test that fails, in a new process; empty if none does."""
    log = copy / "tests.log"
    process = context.Process(target=_run_tests, args=(str(copy), list(tests), str(log)))
    process.start()
    process.join()
    if process.exitcode == 0:
        return ""
    if process.exitcode == -signal.SIGXCPU:
        return "time"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", log.read_text("utf-8", "replace"), re.M)
    return failed[1] if failed else "crash"


def _run_tests(copy: str, tests: list[str], log: str) -> None:
    """Run tests until one fails, and exit with the code of pytest."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))
    os.chdir(copy)
    os.environ["PYTHONPATH"] = copy
    sys.path.insert(0, copy)
    output = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    import pytest

    options = ("-x", "-n0", "-p", "no:cacheprovider", "--durations=0", "--tb=no")
    code = pytest.main([*options, *tests])
    sys.stdout.flush()
    os._exit(int(code))


if __name__ == "__main__":
    seed, count, *packages = sys.argv[1:]
    run(int(seed), int(count), packages or PACKAGES)

"""Files of a run compared with outputs.json, which says how they were written."""

from collections.abc import Iterator
from pathlib import Path

from nnpp.config.inputs import RUN_NAME
from nnpp.files.text import exists
from nnpp.files.yaml_tree import read_yaml
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import CHECKPOINTS, EARLIER, RunFolder
from nnpp.runs.outputs import (
    LISTED,
    NAME,
    differences,
    fingerprint,
    read_outputs,
    unrecorded,
)
from nnpp.runs.package import is_package
from nnpp.workflows.verify.finding import Finding
from nnpp.workflows.verify.metrics import of_metrics

NAMED = 3
"""Number of files that are named in one finding."""


def of_outputs(folder: Path, potential: Potential) -> Iterator[Finding]:
    """Yield which files of a run are as they were written, and which were not compared.

    Args:
        folder: the run.
        potential: its potential, from which its results must be.
    """
    if not RunFolder(folder).is_trained():
        wrong = f"{EARLIER}; restore run.yaml and start.*, or use `nnpp train`"
        yield Finding("fit of the potential", "differs", wrong)
    if not exists(folder / NAME):
        yield from _without_list(folder)
        return
    known = read_outputs(folder)
    wrong = list(differences(folder, fingerprint(potential)))
    yield Finding(NAME, f"{len(known) - len(wrong)} of {len(known)} files agree")
    yield from (Finding(name, "differs", text) for name, text in wrong)
    yield from of_metrics(folder)
    others = unrecorded(folder)
    if others:
        more = ", …" if len(others) > NAMED else ""
        names = ", ".join(others[:NAMED])
        yield Finding("other files", f"not checked: {len(others)} ({names}{more})")
    if exists(folder / CHECKPOINTS):
        yield Finding(f"{CHECKPOINTS}/", "not checked: each file has its own SHA-256")


def _without_list(folder: Path) -> Iterator[Finding]:
    """Yield what the absence of outputs.json means; nothing for a package, which has sums."""
    if exists(folder / RUN_NAME) and LISTED in read_yaml(folder / RUN_NAME)[0]:
        remedy = "restore it, or use `nnpp train`, which records its results again"
        yield Finding(NAME, "missing", f"is missing, although {RUN_NAME} names it; {remedy}")
    elif not is_package(folder):
        yield Finding(NAME, "not recorded by the version that made the run: not checked")

"""Files of a run compared with outputs.json, which says how they were written."""

from collections.abc import Iterator
from pathlib import Path

from nnpp.config.inputs import RUN_NAME, TUNED
from nnpp.files.text import exists
from nnpp.files.yaml_tree import read_yaml
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import CHECKPOINTS, EARLIER, RunFolder
from nnpp.runs.outputs import (
    LISTED,
    NAME,
    differences,
    fingerprint,
    hidden,
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
    yield from _unchecked("other files", unrecorded(folder))
    yield from _unchecked("hidden files", hidden(folder))
    if exists(folder / CHECKPOINTS):
        yield Finding(f"{CHECKPOINTS}/", "not checked: each file has its own SHA-256")
    if exists(folder / TUNED):
        yield Finding(f"{TUNED}/", "not checked: a search by `nnpp tune`")


def _unchecked(what: str, names: list[str]) -> Iterator[Finding]:
    """Yield the number and the first names of files that were not checked, if any."""
    if names:
        more = ", …" if len(names) > NAMED else ""
        yield Finding(what, f"not checked: {len(names)} ({', '.join(names[:NAMED])}{more})")


def _without_list(folder: Path) -> Iterator[Finding]:
    """Yield what the absence of outputs.json means; nothing for a package, which has sums."""
    if exists(folder / RUN_NAME) and LISTED in read_yaml(folder / RUN_NAME)[0]:
        remedy = "restore it, or use `nnpp train`, which records its results again"
        yield Finding(NAME, "missing", f"is missing, although {RUN_NAME} names it; {remedy}")
    elif not is_package(folder):
        yield Finding(NAME, "not recorded by the version that made the run: not checked")

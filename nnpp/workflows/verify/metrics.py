"""Lines that metrics.jsonl has after its recorded end: whether a checkpoint continues them."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nnpp.config.inputs import RUN_NAME, read_inputs
from nnpp.errors import InputError
from nnpp.files.tensors import ARRAYS
from nnpp.formats.model import read_model
from nnpp.runs.checkpoints import newest
from nnpp.runs.folder import CHECKPOINTS, METRICS, START, RunFolder, identity
from nnpp.runs.lock import user_of
from nnpp.runs.metrics import steps_around
from nnpp.runs.outputs import FROM_COPY, grown, read_outputs
from nnpp.workflows.fits.provenance import contents
from nnpp.workflows.verify.finding import Finding


def of_metrics(folder: Path) -> Iterator[Finding]:
    """Yield whether lines added to metrics.jsonl are those of a training that has not ended."""
    added, user = grown(folder, METRICS), user_of(folder)
    trains = user is not None and user.pid != os.getpid()  # `package` uses the run itself
    if added > 0 and trains:  # the last line may be written before its checkpoint
        yield Finding(METRICS, f"{added} bytes were added: not checked, in use by {user}")
    elif added > 0:
        found = f"{added} bytes of a training that has not ended: not checked"
        yield Finding(METRICS, found, _wrong(folder))


def _wrong(folder: Path) -> str:
    """Return why the added lines belong to no training that continues; empty if they do.

    Their steps increase, and none exceeds that of the newest checkpoint.
    """
    try:
        known, added = steps_around(folder / METRICS, read_outputs(folder)[METRICS].size)
        last = _continues_from(folder)
    except InputError as error:
        return f"{error.what}; {error.remedy}"
    steps = [*known[-1:], *added]
    if last is None:
        return f"has lines after step {steps[0]}, but no checkpoint; {FROM_COPY}"
    if any(b <= a for a, b in pairwise(steps)):
        return f"steps after {steps[0]} do not increase; {FROM_COPY}"
    if steps[-1] > last:
        return f"step {steps[-1]} has no checkpoint; `nnpp train` removes lines after {last}"
    return ""


def _continues_from(folder: Path) -> int | None:
    """Return the step of the newest checkpoint of a run; None if it has none."""
    if not RunFolder(folder).has(START):
        return None
    fit = read_inputs(folder / RUN_NAME)
    start = read_model(folder / f"{START}{ARRAYS}").potential
    found = newest(folder / CHECKPOINTS, identity(fit, start, contents(fit))).checkpoint
    return None if found is None else found.step

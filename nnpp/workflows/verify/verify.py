"""`nnpp verify`: check the files, constraints and bands of a fitted potential."""

from collections.abc import Iterator
from pathlib import Path

import jax

from nnpp.config.inputs import RUN_NAME
from nnpp.devices.start import start_devices
from nnpp.files.tensors import STEM, copy_of
from nnpp.files.text import exists
from nnpp.formats.model import Model, read_model
from nnpp.runs.outputs import NAME, refuse_links
from nnpp.runs.package import SUMS, is_package, refuse_damaged
from nnpp.workflows.verify.bands import of_questions, of_stored
from nnpp.workflows.verify.finding import Finding
from nnpp.workflows.verify.outputs import of_outputs
from nnpp.workflows.verify.potential import form_factors, strengths_of


def run_verify(path: Path) -> Iterator[Finding]:
    """Yield all checks of a run, a package or a file; raise an InputError if unreadable."""
    start_devices()
    folder = path if path.is_dir() else path.parent
    in_run = any(exists(folder / name) for name in (RUN_NAME, NAME, SUMS))
    if in_run:
        refuse_links(folder)
    if is_package(folder):
        yield Finding(SUMS, f"agrees; {refuse_damaged(folder)} files")
    model = read_model(path)
    yield from _files(model)
    yield from form_factors(model.potential)
    yield from strengths_of(model.potential.strengths)
    for file in sorted(folder.glob("*/bands.h5")):
        yield from of_stored(model, file)
    yield from of_questions(folder)
    if in_run and model.path.stem == STEM:
        yield from of_outputs(folder, model.potential)


def _files(model: Model) -> Iterator[Finding]:
    """Yield what `read_model` has checked."""
    leaves = jax.tree.leaves(model.potential)
    count, copy = sum(x.size for x in leaves), copy_of(model.path)
    yield Finding("model", str(model.path))
    yield Finding("SHA-256", f"agrees; {len(leaves)} arrays, {count} finite numbers")
    yield Finding(copy.name, "agrees" if exists(copy) else "missing, which is allowed")
    yield Finding("elements", ", ".join(model.potential.species))
    for key in ("fit", "loss_ev2"):
        if key in model.about:
            yield Finding(key, f"{model.about[key]!s:.60}")

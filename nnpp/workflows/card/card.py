"""`nnpp card` and `nnpp package`: describe the potential of a run, and bundle it.

A card is the README.md of a run. A package contains the potential, its card and figures, the
bands, and the inputs of the fit.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from nnpp.config.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.config.inputs import RUN_NAME, Fit, read_inputs
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tensors import ARRAYS, COPY, STEM, arrays_of
from nnpp.files.text import exists, read_bytes
from nnpp.files.yaml_tree import read_yaml
from nnpp.formats.card import NAME, Attribution, Card, Table, card_text, kept, refuse_foreign
from nnpp.formats.model import Model, read_model
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import EARLIER, METRICS, SUMMARY, RunFolder
from nnpp.runs.lock import held
from nnpp.runs.outputs import grown, record, refuse_leaving, refuse_links
from nnpp.runs.package import SUMS, ZIP, is_package, refuse_taken, write_package
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.of_fit import with_complete_paths
from nnpp.workflows.card.potential import (
    form_rows,
    limits,
    reference_form,
    terms_of,
    training_rows,
)
from nnpp.workflows.card.systems import (
    EDGE_HEADS,
    ERROR_HEADS,
    SYSTEM_HEADS,
    Evaluated,
    edge_rows,
    error_rows,
    evaluated,
    origin_of,
    system_row,
    without_paths,
)
from nnpp.workflows.fits.basis import stated_bases
from nnpp.workflows.fits.provenance import hashes, refuse_changed
from nnpp.workflows.train.ensemble import ensemble_of
from nnpp.workflows.verify.verify import run_verify

FIGURES = {
    "errors.png": "Root-mean-square error of every band, at fitted and held-out k-points",
    "potential.png": "Form factors v(q) and potentials v(r) of every element",
    "history.png": "Loss of every step of the fit",
}
"""Figures of a run in addition to the bands of each system, and their captions."""

OF_RUN = (f"{STEM}{ARRAYS}", f"{STEM}{COPY}", SUMMARY, METRICS)
"""Files of a run that are packed if they exist."""

OF_SYSTEM = ("bands.h5", "bands.csv")
"""Files of each system that are packed if they exist."""

PROVENANCE = ("versions", "devices", "cores", "seed", "notes")
"""Keys of run.yaml that are packed, in addition to the configuration and the inputs."""


@dataclass(frozen=True)
class Described:
    """A trained run and its card.

    Attributes:
        fit: the fit as stated in run.yaml.
        text: the card as Markdown.
        figures: files that the card shows.
        potential: the potential that it describes.
    """

    fit: Fit
    text: str
    figures: tuple[str, ...]
    potential: Potential


def run_card(runs: list[Path], attribution: Attribution) -> Iterator[Path]:
    """Check every run, then write README.md into each; yield the paths.

    The locks of all runs are held from the first check to the last file.
    """
    for run in runs:
        trained_fit(run)
        _refuse_protected(run)
    with ExitStack() as stack:
        each = {run.resolve(): run for run in runs}.values()
        locks = [stack.enter_context(held(run)) for run in each]
        made = [described(run, attribution) for run in each]
        for lock, one in zip(locks, made, strict=True):
            lock.require()
            path = write_atomic(one.fit.folder / NAME, one.text)
            yield from record(one.fit.folder, [path], "card", one.potential)


def run_package(
    run: Path, out: Path | None, attribution: Attribution, inputs: bool
) -> list[Path]:
    """Write the package of a run, by default RUN.zip next to it; return the paths.

    The lock of the run is held from the first check to the last file that is read, except for
    a folder in which this user cannot write.
    """
    named = run if run.name not in ("", "..") else run.resolve()
    out = named.with_name(f"{named.name}{ZIP}") if out is None else out
    refuse_taken(out)
    trained_fit(run)
    with held(run) if os.access(run, os.W_OK) else nullcontext():
        made = described(run, attribution)
        files = _packed_results(made)
        if inputs:
            files |= _packed_inputs(made.fit)
    return write_package(out, made.fit.name, files)


def _packed_results(made: Described) -> dict[str, bytes]:
    """Return potential, card, figures and bands of a run."""
    folder = made.fit.folder
    systems = [f"{s.name}/{name}" for s in made.fit.spec.systems for name in OF_SYSTEM]
    names = [n for n in (*OF_RUN, *systems, *made.figures) if exists(folder / n)]
    for name in names:
        refuse_leaving(folder, folder / name)
    return {name: read_bytes(folder / name) for name in names} | {NAME: made.text.encode()}


def described(run: Path, attribution: Attribution) -> Described:
    """Return the card of a run; raise an error if it is untrained, changed or invalid."""
    fit, attribution = trained_fit(run), kept(run, attribution)
    refuse_links(fit.folder)
    refuse_changed(fit)
    model, summary = read_model(fit.folder), RunFolder(fit.folder).summary()
    about = read_yaml(fit.source)[0]
    cases = prepare(with_complete_paths(fit))
    systems = [evaluated(fit, i, case, summary) for i, case in enumerate(cases)]
    refuse_invalid(fit.folder)
    if grown(fit.folder, METRICS) > 0:  # the card has the numbers of its last line
        raise InputError("has a training that has not ended", "use `nnpp train`", run)
    card = _card(fit, model, systems, about)
    figures = tuple(name for name, _ in card.figures)
    return Described(fit, card_text(card, attribution), figures, model.potential)


def trained_fit(run: Path) -> Fit:
    """Return the fit of a run; raise an error if the run has no trained potential."""
    if not exists(run):
        raise InputError("no such file or folder", "correct the path", run)
    if not run.is_dir() or not exists(run / RUN_NAME):
        raise InputError("is not a run", "name a folder that `nnpp fit` made", run)
    if not RunFolder(run).has(STEM):
        raise InputError("was not trained", "use `nnpp train` first", run)
    if not RunFolder(run).is_trained():
        raise InputError(EARLIER, "use `nnpp train`, which replaces it", run)
    return read_inputs(run / RUN_NAME)


def refuse_invalid(run: Path) -> None:
    """Raise an error if a check of `nnpp verify` fails for a run, except for an old card."""
    for finding in run_verify(run):
        if finding.wrong and finding.what != NAME:
            what = f"is not valid: {finding.what}: {finding.wrong}"
            raise InputError(what, "correct what `nnpp verify` reports", run)


def _refuse_protected(run: Path) -> None:
    """Raise an error if the README.md of a folder must not be written."""
    if run.is_dir() and is_package(run):
        what = f"is a package, whose card is protected by {SUMS}"
        raise InputError(what, "name the run that it was made from", run)
    refuse_foreign(run)


def _card(fit: Fit, model: Model, systems: list[Evaluated], about: dict[str, Any]) -> Card:
    """Collect the content of the card."""
    there, absent = _figures(fit)
    potential = model.potential
    ensemble = ensemble_of(fit.folder, potential)
    return Card(
        name=fit.name,
        title=without_paths(fit.spec.title),
        elements=potential.species,
        terms=terms_of(potential.strengths),
        form=_table(("", ""), form_rows(fit, model)),
        reference_form=reference_form(potential),
        systems=_table(SYSTEM_HEADS, map(system_row, systems)),
        errors=_table(ERROR_HEADS, (row for one in systems for row in error_rows(one))),
        edges=_table(EDGE_HEADS, (row for one in systems for row in edge_rows(one))),
        missing=tuple(_missing(systems)),
        figures=there,
        absent=absent,
        origins=tuple((s.case.spec.name, origin_of(s.case.spec)) for s in systems),
        inputs=inputs_of(hashes(fit)),
        basis=_basis(model),
        limits=tuple(limits(fit, potential, systems, ensemble)),
        made=_table(("", ""), training_rows(fit, model, about)),
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    """Return a table of these rows."""
    return Table(heads, tuple(rows))


def _missing(systems: list[Evaluated]) -> Iterator[str]:
    """Yield the reasons why numbers are missing in the tables."""
    if any(not s.numbers for s in systems):
        yield "`nnpp bands RUN --plot` computes the missing bands of this run."
    if any(s.case.spec.zero != "absolute" for s in systems):
        yield "Band edges are not compared where the reference has its own energy zero."


def _basis(model: Model) -> str:
    """Return cutoff and rule of the plane waves to use with the potential, of each system."""
    names: dict[str, list[str]] = {}
    for system in stated_bases(model):
        cutoff, rule = system["cutoff_hartree"], system["plane_waves"]
        text = f"{cutoff:.8g} hartree with plane waves `{rule}`"
        names.setdefault(text, []).append(system["name"])
    if len(names) == 1:
        return next(iter(names))
    return ", ".join(f"{text} for {' and '.join(of)}" for text, of in names.items())


def _figures(fit: Fit) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the figures of the run with their captions, and the missing ones."""
    bands = {
        f"{s.name}/bands.png": f"Bands of {s.name} compared with the reference"
        for s in fit.spec.systems
    }
    wanted = bands | FIGURES
    there = [name for name in wanted if exists(fit.folder / name)]
    absent = tuple(name for name in wanted if name not in there)
    return tuple((name, wanted[name]) for name in there), absent


def inputs_of(read: Mapping[str, str]) -> Table:
    """Return a table of files and their SHA-256."""
    rows = ((f"`{short(name)}`", f"`{digest}`") for name, digest in sorted(read.items()))
    return _table(("file", "SHA-256"), rows)


def short(name: str) -> str:
    """Return a path relative to its fit; for a file outside, its name and its folder."""
    path = PurePath(name)
    if path.is_absolute() or ".." in path.parts:
        return "/".join(part for part in path.parts[-2:] if part not in ("/", ".."))
    return path.as_posix()


def _packed_inputs(fit: Fit) -> dict[str, bytes]:
    """Return the inputs of the fit, and a run.yaml that refers to them in the package."""
    data, sources = _within(fit)
    about = read_yaml(fit.source)[0]
    packed: dict[str, Any] = {key: about[key] for key in PROVENANCE if key in about}
    read = {short(name): digest for name, digest in about.get("inputs_sha256", {}).items()}
    text = dump_yaml(packed | {"inputs_sha256": read, CONFIGURATION: data})
    return {RUN_NAME: text.encode()} | {n: read_bytes(file) for n, file in sources.items()}


def _within(fit: Fit) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return the configuration with paths in the package, and the source of each file."""
    data, sources = plain(fit.spec), {}
    for entry, key, folder in _places(data):
        if isinstance(entry.get(key), str):
            path = Path(entry[key])
            file = arrays_of(path) if folder == "potential" else path
            name = f"inputs/{folder}/{re.sub('[^A-Za-z0-9._-]', '-', file.name)}"
            entry[key], sources[name] = name, file
    return data, sources


def _places(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield each entry that may name a file, its key, and its folder in the package."""
    yield data["potential"], "file", "potential"
    for system in data["systems"]:
        reference = system.get("reference", {})
        yield system, "structure", f"{system['name']}/structure"
        yield reference, "file", f"{system['name']}/reference"
        yield reference, "kpoints", f"{system['name']}/kpoints"

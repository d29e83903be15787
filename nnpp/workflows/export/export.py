"""`nnpp export`: write a fitted potential for filter-diagonalisation codes of nanocrystals.

Before the files are written to disk, an independent reader reads them, and their band edges are
compared with those of the run.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.devices.parallel import one_device_per_core
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.files.markdown import cells
from nnpp.files.templates import render
from nnpp.files.tensors import STEM
from nnpp.formats.filter_codes import (
    HEADING,
    Element,
    files_of_terms,
    refuse_foreign,
    terms_written,
    texts_of,
    write_export,
)
from nnpp.formats.filter_reader import FilterElement, read_element
from nnpp.formats.model import Model, read_model, write_model
from nnpp.potentials.potential import Potential
from nnpp.runs.outputs import read_outputs, within, writing
from nnpp.units import HARTREE_EV
from nnpp.workflows.export.levels import HEADS, Edge, compared, reasons, systems_of
from nnpp.workflows.export.radial import Radial, elements_of, radial

FOLDER = "export"
"""Default folder of an export, in the folder of the run."""

AGREES_MEV = 10.0
"""Largest difference between band edges of the files and of the run [meV]."""

CHECKED = np.linspace(0.0, 10.0, 201)
"""Lengths at which v(q) from the rows is compared with v(q) [bohr⁻¹]."""


@dataclass(frozen=True)
class Comparison:
    """The files of an export, compared with the run.

    Attributes:
        edges: gaps and band edges; none if the run holds no bands.
        reasons: why the files do not give the levels of the run, each with what to do about it.
    """

    edges: tuple[Edge, ...]
    reasons: tuple[tuple[str, str], ...]

    @property
    def worst(self) -> Edge | None:
        """The gap or edge with the largest difference; None without any."""
        return max(self.edges, key=lambda e: abs(e.difference_mev), default=None)

    def exceeds(self, largest_mev: float) -> bool:
        """Return whether a difference is larger, or is known to exist and was not computed."""
        if self.worst is None:
            return bool(self.reasons) and largest_mev < math.inf
        return not abs(self.worst.difference_mev) <= largest_mev  # NaN exceeds

    def error(self) -> InputError:
        """Return the error of an export whose files give other levels."""
        known = self.reasons or (("for an unknown reason", "report it to the authors of nnpp"),)
        why, remedy = (" and ".join(dict.fromkeys(x)) for x in zip(*known, strict=True))
        if self.worst is not None:
            run, files = (x * HARTREE_EV for x in (self.worst.run, self.worst.files))
            here = f"{self.worst.what} of {self.worst.system}"
            why = f"the files give {files:.3f} eV for the {here}, the run {run:.3f} eV: {why}"
        return InputError(why, f"{remedy}, or write the files nevertheless with --force")


@dataclass(frozen=True)
class Made:
    """The files were written."""

    paths: tuple[Path, ...]


def run_export(
    run: Path, out: Path | None = None, largest_mev: float = AGREES_MEV
) -> Iterator[Comparison | Made]:
    """Yield the band edges of the files compared with those of the run, then write the files.

    Args:
        run: a run, or a file potential.safetensors.
        out: folder of the files; by default `FOLDER` in the run.
        largest_mev: largest difference of gaps and band edges [meV]; ∞ to write in any case.

    Raises:
        InputError: if a difference is larger, or if no levels can be compared and filter codes
            lack a term of the potential. Nothing is written then.
    """
    one_device_per_core()
    model = read_model(run)
    folder = model.path.parent / FOLDER if out is None else Path(out)
    here = within(model.path.parent, folder) is not None
    if here:
        read_outputs(model.path.parent)
    refuse_unwritable(folder)
    refuse_foreign(folder)
    found = _radial(model)
    elements = list(elements_of(model.potential, found))
    texts = texts_of(elements)
    files = {symbol: read_element(texts, symbol) for symbol in model.potential.species}
    systems = systems_of(model)
    comparison = Comparison(
        tuple(compared(model.potential, files, systems)),
        tuple(reasons(model.potential, systems)),
    )
    yield comparison
    if comparison.exceeds(largest_mev):
        raise comparison.error().at(model.path)
    readme = _readme(model, elements, found, files, comparison)
    guarded = writing(model.path.parent, "export", model.potential, True) if here else None
    with guarded or nullcontext(tuple) as record:
        paths = write_export(folder, texts | {"README.md": readme})
        paths += write_model(folder / STEM, model.potential, model.about)
        made = record(paths)
    yield Made(made)


def _radial(model: Model) -> Radial:
    """Return v(r) of a model; an InputError if a part of it has no form in real space."""
    try:
        found = radial(model.potential.local)
    except InputError as error:
        raise error.at(model.path) from error
    for term, _ in model.potential.strengths.by_term():
        if term.addition is not None and term.tail is None:
            what = f"the term {term.words} adds to v(q) and has no form in real space"
            raise InputError(what, "give its Term a `tail`", model.path)
    return found


def _readme(
    model: Model,
    elements: list[Element],
    found: Radial,
    files: Mapping[str, FilterElement],
    comparison: Comparison,
) -> str:
    """Return README.md of an export."""
    # Rows differ from v(r) by δ²v/12; v(r) is even.
    lifted = max(np.abs(np.diff(e.short, 2, prepend=e.short[1])).max() / 12 for e in elements)
    edges = cells(HEADS, [e.row for e in comparison.edges]) if comparison.edges else None
    return render(
        "filter_codes.md",
        name=model.about.get("fit", model.path.absolute().parent.name),
        heading=HEADING,
        elements=elements,
        terms=terms_written(elements[0].strengths),
        files=list(_described_files(elements[0])),
        reach=found.reach,
        cut=found.cut,
        checked=CHECKED[-1],
        error=_error(model.potential, files),
        lifted=lifted,
        edges=edges,
        other=comparison.exceeds(AGREES_MEV),
        agrees=AGREES_MEV,
    )


def _described_files(e: Element) -> Iterator[tuple[str, str]]:
    """Yield the name of each file of strengths, and a description of its rows."""
    for file, rows in files_of_terms(e.strengths).items():
        symbols = ", ".join(term.symbols[i] for term, i in rows)
        words = " and ".join(dict.fromkeys(term.words for term, _ in rows))
        count = f"{len(rows)} rows: " if len(rows) > 1 else ""
        skipped = any(term.places[i].filler for term, i in rows)
        filler = "; the codes skip the second column" if skipped else ""
        yield file.format(X="X"), f"{count}{symbols} ({words}){filler}"


def _error(potential: Potential, files: Mapping[str, FilterElement]) -> float:
    """Return the largest error of v(q) from the rows at `CHECKED` [hartree·bohr³]."""
    exact = np.asarray(potential.local(jnp.asarray(CHECKED)))
    read = np.stack([files[symbol].v_short(CHECKED) for symbol in potential.species], axis=1)
    return float(np.abs(read - exact).max())

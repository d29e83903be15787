"""Figures of equal systems of several runs, written into the folder of the first one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nnpp.plotting.overlay import figure_overlay, same_path
from nnpp.runs.outputs import record
from nnpp.workflows.bands.draw import picture_of, print_of, write_figure
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import Solved


def draw_overlays(
    every: Mapping[str, Sequence[Solved]], folder: Path, question: str, choices: Choices
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Draw the systems that several runs have in one figure each; return paths and notes.

    Systems are the same if they have one name, or if every run has only one.

    Args:
        every: the results by the name of the run; the first one is that of the folder.
        folder: the folder of the first run.
        question: folder within that of the system.
        choices: options of the figures.
    """
    paths, notes, of = [], [], print_of(choices)
    alone = all(len(solved) == 1 for solved in every.values())
    for first in next(iter(every.values())):
        name = first.case.spec.name
        pictures = {
            run: picture_of(done, choices)
            for run, solved in every.items()
            for done in solved
            if alone or done.case.spec.name == name
        }
        if len(pictures) < 2:
            continue
        if not same_path(list(pictures.values())):
            notes.append(f"{name}: no common figure, the k-points differ; add --path")
            continue
        stem = folder / name / question / "bands"
        paths += write_figure(stem, figure_overlay(pictures, name, of), of)
    if not paths and not notes:
        notes.append("no common figure: no system of the first run is in another one")
    return record(folder, paths, "bands"), tuple(notes)

"""Gaps of nanocrystals as targets."""

from collections.abc import Iterator

from nnpp.basis.rules import RULES
from nnpp.config.inputs import Fit
from nnpp.config.targets import DotGapTarget
from nnpp.dots.gap_target import DotGap, dot_gap
from nnpp.errors import InputError
from nnpp.formats.dots import read_dot
from nnpp.hamiltonian.dot_system import dot_system, unknown_symbols
from nnpp.potentials.potential import Potential
from nnpp.setup.cases import Case

MOST_SITES = 400
"""Sites of a dot in a fit: each step solves it again."""


def dot_gaps(case: Case) -> Iterator[DotGap]:
    """Yield the gaps of nanocrystals, with the cutoff and plane waves of the system."""
    rule, spec = RULES[case.spec.plane_waves], case.spec
    for target in spec.targets:
        if isinstance(target, DotGapTarget):
            of = read_dot(target.dot)
            system = dot_system(of, spec.cutoff, rule)
            name = f"{spec.name}: gap of {target.dot.name}"
            yield dot_gap(system, of.occupied, case.spinor, target.value, target.weight, name)


def check_dot_target(potential: Potential, target: DotGapTarget) -> None:
    """Raise an InputError for a dot that the potential does not describe or that is large."""
    of = read_dot(target.dot)
    if len(of.symbols) > MOST_SITES:
        raise InputError(
            f"{len(of.symbols)} sites are too many for a target",
            f"use a dot of at most {MOST_SITES}: each step of the fit solves it",
            target.dot,
        )
    missing = unknown_symbols(of.symbols, potential)
    if missing:
        raise InputError(
            f"the fit has no potential of {', '.join(missing)}",
            "add it to the potential, or use another dot",
            target.dot,
        )


def check_method(fit: Fit, dots: tuple[DotGap, ...]) -> None:
    """Raise an InputError if the method evaluates a dot where its states are not known."""
    if dots and fit.spec.fit.method == "lbfgs":
        raise fit.spec.origin.error(
            "the line search of lbfgs has no states of dots",
            "use lm or adam, or remove the target dot_gap",
            *("fit", "method"),
        )

"""What figures show of the fit behind a potential: whole paths, spread of members, k unseen."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from nnpp.config.inputs import Fit
from nnpp.config.systems import LevelZero, System
from nnpp.files.tensors import STEM
from nnpp.formats.ensemble import NAME, Levels, StoredEnsemble
from nnpp.observables.bands import Bands
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import has, is_run
from nnpp.setup.cases import Case
from nnpp.setup.compare import from_zero, reference_bands, weights_of
from nnpp.setup.hold_out import held_out
from nnpp.setup.reference import read_reference
from nnpp.structures.symmetry import SAME_K, equivalent
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solved import Solved
from nnpp.workflows.train.ensemble import ensemble_of

SAME_LEVEL = 1e-5
"""Levels solved twice agree to this, whatever solved them [hartree]."""


def along_whole_paths(fit: Fit) -> Fit:
    """The fit, with all k-points of its references where it took some of them.

    It stays as it is where weights or the zero of energy count k-points as taken, and where an
    ensemble knows its levels there alone.
    """
    if _trained(fit) and has(fit.folder, NAME):
        return fit
    systems = tuple(_whole(system) for system in fit.spec.systems)
    return replace(fit, spec=fit.spec.model_copy(update={"systems": systems}))


def _whole(system: System) -> System:
    """A system with all of its reference."""
    by_place = system.weights.kpoints is not None or isinstance(system.zero, LevelZero)
    if system.reference is None or by_place:
        return system
    reference = system.reference.model_copy(update={"take": "all"})
    return system.model_copy(update={"reference": reference})


def ensemble_of_fit(fit: Fit, potential: Potential) -> StoredEnsemble | None:
    """The ensemble of a trained run."""
    return ensemble_of(fit.folder, potential) if _trained(fit) else None


def with_fit(
    done: Solved, fit: Fit, i: int, ensemble: StoredEnsemble | None, choices: Choices
) -> Solved:
    """The same, with what the fit tells of its system `i`."""
    members = None if ensemble is None else ensemble.systems.get(done.case.spec.name)
    if members is not None and not _same(members, done.bands):
        members = None
    own = _trained(fit) and choices.compare is None
    unseen = ~seen_and_held(fit, i, done.case)[0] if own else np.zeros(0, bool)
    return replace(done, members=members, unseen=unseen if unseen.any() else None)


def seen_and_held(
    fit: Fit, i: int, case: Case
) -> tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " k"]]:
    """Which k-points of its reference the fit looked at, and which it held out.

    `case` is its system `i`, whose reference may hold more k-points than the fit took. Those
    that symmetry makes one of the fit's are told alike.
    """
    taken = read_reference(fit.spec, i, case.crystal)
    if case.reference is None or taken is None:
        return np.ones(len(case.kpoints), bool), np.zeros(len(case.kpoints), bool)
    of_fit = replace(case, spec=fit.spec.systems[i], reference=taken, kpoints=taken.kpoints)
    held = held_out(of_fit, fit.spec.fit.hold_out, fit.spec.fit.seed)
    bands = reference_bands(of_fit)
    assert bands is not None, "it has a reference"
    weighs = np.asarray(weights_of(of_fit, from_zero(of_fit, bands.E)) > 0).any(axis=1)
    here, there = (np.asarray(r.kpoints.fractional) for r in (case.reference, taken))
    which = equivalent(case.crystal, np.concatenate([here, there]))
    here, there = which[: len(here)], which[len(here) :]
    return np.isin(here, there[weighs & ~held]), np.isin(here, there[held])


def _trained(fit: Fit) -> bool:
    """Whether the fit was read from a run that holds a trained potential."""
    return is_run(fit) and has(fit.folder, STEM)


def _same(members: Levels, bands: Bands) -> bool:
    """Whether members spread about these very levels: same k-points, basis and potential."""
    k, E = np.asarray(bands.kpoints.fractional), np.asarray(bands.E)
    if k.shape != members.k.shape or np.abs(k - members.k).max() > SAME_K:
        return False
    n = min(E.shape[1], members.fitted.shape[1])
    return bool(np.abs(E[:, :n] - members.fitted[:, :n]).max() < SAME_LEVEL)

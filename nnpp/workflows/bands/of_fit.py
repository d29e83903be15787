"""Additions to the figures of a fit: complete paths, ensemble spread, k-points not fitted."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from nnpp.config.inputs import Fit
from nnpp.config.systems import LevelZero, System
from nnpp.files.text import exists
from nnpp.formats.ensemble import NAME, Levels, StoredEnsemble
from nnpp.observables.bands import Bands
from nnpp.observables.comparison import LevelErrors, level_errors
from nnpp.potentials.potential import Potential
from nnpp.runs.folder import RunFolder, is_run
from nnpp.setup.cases import Case
from nnpp.setup.compare import errors_at_all_k, from_zero, reference_bands, weights_of
from nnpp.setup.objective import held_out
from nnpp.setup.reference import read_reference
from nnpp.structures.symmetry import SAME_K, equivalent
from nnpp.workflows.bands.options import Choices
from nnpp.workflows.bands.solve import Solved
from nnpp.workflows.train.ensemble import ensemble_of

SAME_LEVEL = 1e-5
"""Two solutions of the same levels agree to this with any solver [hartree]."""


def with_complete_paths(fit: Fit) -> Fit:
    """Return the fit with all k-points of its references, where it uses some of them.

    Systems whose weights or zero of energy depend on the selected k-points do not change, nor
    does a fit with an ensemble, whose levels are stored at the selected k-points only.
    """
    if trained(fit) and exists(fit.folder / NAME):
        return fit
    systems = tuple(_complete(system) for system in fit.spec.systems)
    return replace(fit, spec=fit.spec.model_copy(update={"systems": systems}))


def _complete(system: System) -> System:
    """Return a system with all k-points of its reference."""
    by_place = system.weights.kpoints is not None or isinstance(system.zero, LevelZero)
    if system.reference is None or by_place:
        return system
    reference = system.reference.model_copy(update={"take": "all"})
    return system.model_copy(update={"reference": reference})


def ensemble_of_fit(fit: Fit, potential: Potential) -> StoredEnsemble | None:
    """Return the ensemble of a trained run; None if there is none."""
    return ensemble_of(fit.folder, potential) if trained(fit) else None


def with_fit(
    done: Solved, fit: Fit, i: int, ensemble: StoredEnsemble | None, choices: Choices
) -> Solved:
    """Return the results of system `i` with ensemble levels, unseen k-points and errors."""
    members = None if ensemble is None else ensemble.systems.get(done.case.spec.name)
    if members is not None and not belongs_to(members, done.bands):
        members = None
    done = replace(done, members=members)
    if not trained(fit) or choices.compare is not None:
        return replace(done, errors=_errors(done, {"all": np.array(True)}))
    fitted, held = fitted_and_held_out(fit, i, done.case)
    sets = {"fitted": fitted, "held out": held, "not in the fit": ~(fitted | held)}
    unseen = None if fitted.all() else ~fitted
    return replace(done, unseen=unseen, errors=_errors(done, sets))


def _errors(done: Solved, sets: Mapping[str, Bool[np.ndarray, "*k"]]) -> dict[str, LevelErrors]:
    """Return the errors of the levels that have a weight, for each set of k-points."""
    case, reference = done.case, reference_bands(done.case)
    error = errors_at_all_k(case, done.bands)
    if reference is None or error is None:
        return {}
    counted = np.asarray(weights_of(case, from_zero(case, reference.E)) > 0)
    of_level = case.occupied_in_reference, 1 + reference.spinor
    return {
        name: level_errors(error, counted & where[..., None], *of_level)
        for name, where in sets.items()
        if where.any()
    }


def fitted_and_held_out(
    fit: Fit, i: int, case: Case
) -> tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " k"]]:
    """Return which k-points of the reference were fitted, and which were held out.

    Args:
        fit: the fit.
        i: the index of its system.
        case: that system, whose reference may have more k-points than the fit uses. k-points
            equivalent by symmetry to those of the fit count as the same.
    """
    used = read_reference(fit.spec, i, case.crystal)
    if case.reference is None or used is None:
        return np.ones(len(case.kpoints), bool), np.zeros(len(case.kpoints), bool)
    of_fit = replace(case, spec=fit.spec.systems[i], reference=used, kpoints=used.kpoints)
    held = held_out(of_fit, fit.spec.fit.hold_out, fit.spec.fit.seed)
    bands = reference_bands(of_fit)
    assert bands is not None, "the case has a reference"
    counts = np.asarray(weights_of(of_fit, from_zero(of_fit, bands.E)) > 0).any(axis=1)
    here, there = (np.asarray(r.kpoints.fractional) for r in (case.reference, used))
    which = equivalent(case.crystal, np.concatenate([here, there]))
    here, there = which[: len(here)], which[len(here) :]
    return np.isin(here, there[counts & ~held]), np.isin(here, there[held])


def trained(fit: Fit) -> bool:
    """Return whether the fit was read from a run with a trained potential."""
    return is_run(fit) and RunFolder(fit.folder).is_trained()


def belongs_to(members: Levels, bands: Bands) -> bool:
    """Return whether the ensemble has the same k-points, basis and potential as the bands."""
    k, E = np.asarray(bands.kpoints.fractional), np.asarray(bands.E)
    if k.shape != members.k.shape or np.abs(k - members.k).max() > SAME_K:
        return False
    n = min(E.shape[1], members.fitted.shape[1])
    return bool(np.abs(E[:, :n] - members.fitted[:, :n]).max() < SAME_LEVEL)

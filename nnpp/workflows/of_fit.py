"""What figures show of the fit behind a potential: the spread of members, k held out."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from nnpp.crystal.symmetry import SAME_K
from nnpp.io.ensemble import Levels, StoredEnsemble
from nnpp.io.inputs import Fit
from nnpp.io.model_file import STEM
from nnpp.observables.bands import Bands
from nnpp.potentials.potential import Potential
from nnpp.workflows.cases import Case
from nnpp.workflows.choices import Choices
from nnpp.workflows.ensemble import ensemble_of
from nnpp.workflows.hold_out import held_out
from nnpp.workflows.run_folder import has, is_run
from nnpp.workflows.solved import Solved

SAME_LEVEL = 1e-6
"""Levels solved twice agree to this, whatever solved them [hartree]."""


def ensemble_of_fit(fit: Fit, potential: Potential) -> StoredEnsemble | None:
    """The ensemble of a trained run."""
    return ensemble_of(fit.folder, potential) if _trained(fit) else None


def with_fit(
    done: Solved, fit: Fit, ensemble: StoredEnsemble | None, choices: Choices
) -> Solved:
    """The same, with what the fit tells of it."""
    members = None if ensemble is None else ensemble.systems.get(done.case.spec.name)
    if members is not None and not _same(members, done.bands):
        members = None
    own = _trained(fit) and choices.compare is None
    return replace(done, members=members, held_out=_held_out(fit, done.case) if own else None)


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


def _held_out(fit: Fit, case: Case) -> Bool[np.ndarray, " k"] | None:
    """The k-points of the reference that the fit never saw, if there are any."""
    settings = fit.spec.fit
    if case.reference is None or not settings.hold_out:
        return None
    return held_out(case, settings.hold_out, settings.seed)

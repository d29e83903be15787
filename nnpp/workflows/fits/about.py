"""The origin of a potential, as stored with it."""

from typing import Any

from nnpp.config.inputs import Fit
from nnpp.setup.cases import Case
from nnpp.workflows.fits.provenance import versions


def about_model(fit: Fit, cases: list[Case], read: dict[str, str]) -> dict[str, Any]:
    """Return fit, versions, inputs, and the bases for which the potential was fitted."""
    return {
        "fit": fit.name,
        "versions": versions(),
        "inputs_sha256": read,
        "systems": [
            {
                "name": case.spec.name,
                "cutoff_hartree": case.spec.cutoff,
                "plane_waves": case.spec.plane_waves,
                "spinor": case.spinor,
            }
            for case in cases
        ],
    }

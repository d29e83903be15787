"""Plane waves of stored bands are those that the bands were computed with."""

from dataclasses import replace

import numpy as np
import pytest

from nnpp.basis.rules import RULES
from nnpp.errors import InputError
from nnpp.formats.bands_h5 import read_bands_h5, write_bands_h5
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import bands
from nnpp.setup.stored import states_basis, stored_system
from nnpp.structures.kpoints import listed
from tests import systems


@pytest.fixture(scope="module", params=["smooth", "sphere"])
def stored(request, tmp_path_factory):
    """Bands at a cutoff by a rule, as a file holds them."""
    crystal = systems.zincblende()
    k = listed(crystal, systems.GXL)
    found = bands(systems.cdse(), system(crystal, k, 2.5, RULES[request.param]), crystal, k)
    about = {"cutoff_hartree": 2.5, "plane_waves": request.param}
    file = tmp_path_factory.mktemp("stored") / "bands.h5"
    return read_bands_h5(write_bands_h5(file, found, crystal, about))


def test_levels_are_those_of_the_file(stored):
    assert states_basis(stored)
    k, waves = stored_system(stored, np.asarray(stored.bands.kpoints.fractional)[1:])
    again = bands(systems.cdse(), waves, stored.crystal, k)
    assert np.allclose(again.E, stored.bands.E[1:], rtol=0, atol=1e-12)


def test_an_unknown_rule_is_refused(stored):
    other = replace(stored, provenance=stored.provenance | {"plane_waves": "spheer"})
    with pytest.raises(InputError, match="unknown plane waves 'spheer'; did you mean 'sphere'"):
        stored_system(other, systems.GXL)

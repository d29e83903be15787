"""ensemble.h5: written and read again; units; damaged files are refused."""

import h5py
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.ensemble import (
    NAME,
    Curves,
    Levels,
    StoredEnsemble,
    ensemble_in,
    write_ensemble,
)
from nnpp.formats.model import named
from tests import systems

MEMBERS = 3


def stored(curves: bool = True) -> tuple[StoredEnsemble, list]:
    """Made-up numbers of two systems, and the potentials of three members."""
    rng = np.random.default_rng(0)
    potential = systems.everything()
    members = [jax.tree.map(lambda x, m=m: x + m, potential) for m in range(MEMBERS)]
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *members)
    levels = [
        Levels(*(rng.normal(size=s) for s in ((4, 3), (4, 6), (MEMBERS, 4, 6), (4, 6), (4, 6))))
        for _ in range(2)
    ]
    q, r = ((5,), (MEMBERS, 5, 2), (5, 2), (5, 2)), ((7,), (MEMBERS, 7, 2), (7, 2), (7, 2))
    drawn = Curves(*(rng.normal(size=s) for s in (*q, *r)))
    systems_ = dict(zip(("zb", "wz"), levels, strict=True))
    about = {"members": MEMBERS, "by": "kpoints", "systems": {n: {} for n in systems_}}
    arrays = {name: np.asarray(x) for name, x in named(stacked).items()}
    return StoredEnsemble(about, systems_, drawn if curves else None, arrays), members


@pytest.mark.parametrize("curves", [True, False])
def test_what_is_written_is_read_again(tmp_path, curves):
    ensemble, members = stored(curves)
    write_ensemble(tmp_path / NAME, ensemble)
    again = ensemble_in(tmp_path)
    assert again.about == ensemble.about
    assert again.systems.keys() == ensemble.systems.keys()
    assert (again.curves is None) == (not curves)
    pairs = [(again.systems[n], ensemble.systems[n]) for n in ensemble.systems]
    for a, b in [*pairs, *([(again.curves, ensemble.curves)] if curves else [])]:
        assert all(np.array_equal(x, vars(b)[name]) for name, x in vars(a).items())
    stacked = again.stacked(members[0])
    for m, member in enumerate(members):
        same = jax.tree.map(lambda x, y, m=m: bool(jnp.all(x[m] == y)), stacked, member)
        assert all(jax.tree.leaves(same))


def test_every_dataset_has_a_unit_and_a_checksum(tmp_path):
    write_ensemble(tmp_path / NAME, stored()[0])
    found = []
    with h5py.File(tmp_path / NAME) as file:

        def see(name, node):
            if isinstance(node, h5py.Dataset):
                found.append((name, node.attrs["units"], node.fletcher32))

        file.visititems(see)
    assert len(found) > 20
    assert all(units and validated for _, units, validated in found)
    units = {name: unit for name, unit, _ in found}
    assert units["systems/zb/E"] == "hartree"
    assert units["potentials/strengths/spin_orbit"] == "hartree"


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_damaged_file_is_refused(tmp_path, at):
    path = write_ensemble(tmp_path / NAME, stored()[0])
    path.write_bytes(path.read_bytes()[: int(at * path.stat().st_size)])
    with pytest.raises(InputError, match="is not an ensemble of nnpp, or is damaged"):
        ensemble_in(tmp_path)


def test_a_run_without_an_ensemble_has_none(tmp_path):
    assert ensemble_in(tmp_path) is None

"""First parameters of an element: the node and the limit of a screened empty core."""

from math import pi

import jax.numpy as jnp
import pytest

from nnpp.potentials.zunger import A2, A3, first_form, zunger


@pytest.mark.parametrize(("Z", "radius", "density"), [(4, 2.1, 0.03), (6, 2.3, 0.02)])
def test_first_form(Z, radius, density):
    """Zero at q = π/2r_c, r_c = 0.42 covalent radii; −4πZ/k_s² at q = 0, k_s² = 4k_F/π."""
    k_F = (3 * pi**2 * density) ** (1 / 3)
    node = pi / (2 * 0.42 * radius)
    numbers = first_form(Z, radius, density)
    v = zunger([numbers])(jnp.array([0.0, node, node - 0.1, node + 0.1]))[:, 0]
    assert float(v[0]) == pytest.approx(-4 * pi * Z / (4 * k_F / pi), rel=1e-12)
    assert abs(float(v[1])) < 1e-9 * abs(float(v[0]))
    assert float(v[2]) < 0 < float(v[3])
    assert numbers[2:] == (A2, A3)

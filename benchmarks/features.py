"""Which features of q should the network use? Fits of III-V, one network for four elements.

Equal weights, no prior. Columns: loss after 8 and 16 steps [eV²], held-out root
mean square [meV] of the last, of band edges and of all bands, and the curvature
∫(d²v/dq²)² dq of the roughest element.
"""

from itertools import islice

import jax.numpy as jnp
import numpy as np

from benchmarks.fits import TABLES, loss_ev2, read, started, steps
from nnpp.devices.parallel import one_device_per_core
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.method import measure
from nnpp.fitting.targets.curves import curvature
from nnpp.workflows.train.outputs import errors_by_band

Q = jnp.arange(0.0, 8.0, 0.01)
STEPS = (8, 16)

GAUSSIAN = {"kind": "radial", "range": 8}
CASES = {
    "radial 0.15/0.125, tanh 20-20": ({"width": 0.15, "spacing": 0.125}, "tanh", [20, 20], 2),
    "radial 0.20/0.15, tanh 20-20": ({"width": 0.20, "spacing": 0.15}, "tanh", [20, 20], 2),
    "radial 0.30/0.25, tanh 20-20": ({"width": 0.30, "spacing": 0.25}, "tanh", [20, 20], 2),
    "radial 0.15/0.125, σ = 4": ({"width": 0.15, "spacing": 0.125}, "tanh", [20, 20], 4),
    "bare q, tanh 40-40-40": (None, "tanh", [40, 40, 40], 2),
    "bare q, celu 20-20-20": (None, "celu", [20, 20, 20], 2),
}


def run() -> None:
    """Print one line for each choice of features."""
    one_device_per_core()
    for name, (gaussians, activation, hidden, sigma) in CASES.items():
        features = {"kind": "bare"} if gaussians is None else GAUSSIAN | gaussians
        network = {"features": features, "activation": activation, "hidden": hidden}
        fit, cases = read(
            TABLES, network=network, envelope={"kind": "gaussian", "sigma": sigma}
        )
        objective = started(fit, cases).eased()
        states = [s for s, _ in islice(steps(objective, LevenbergMarquardt()), STEPS[-1] + 1)]
        curve = " ".join(f"{loss_ev2(states[i]):8.3f}" for i in STEPS)
        print(f"  {name:32s} {curve}  {_quality(objective, states[-1].best)}", flush=True)


def _quality(objective, theta) -> str:
    """Return held-out errors and curvature as text."""
    errors = errors_by_band(objective, measure(objective, theta))
    held = np.stack([e.held_mev for e in errors if e.held_mev is not None])
    edges, all_bands = (float(np.sqrt(np.mean(x**2))) for x in (held[:, 3:5], held))
    local = objective.parameters.put(theta).local
    rough = float(jnp.max(jnp.sum(curvature(local, Q) ** 2, axis=0)) * (Q[1] - Q[0]))
    return f"{edges:7.2f} {all_bands:7.2f}  {rough:9.3g}"

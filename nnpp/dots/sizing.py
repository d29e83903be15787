"""The gap of a dot against its diameter: published curves, and E(d) = E_bulk + a/dⁿ.

Published curves give the first exciton of spheres, whose energy is below that of a gap of
independent electrons by the attraction of electron and hole, some 0.1 to 0.3 eV in small dots.
Compare slopes.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import OptimizeWarning, curve_fit

from nnpp.units import HARTREE_EV, LENGTH

Values = Float[np.ndarray, " d"]

HC = 1239.84198
"""hc [eV·nm]."""

NM = LENGTH["nm"]

POINTS = 4000
"""Wavelengths at which a polynomial D(λ) is inverted."""


@dataclass(frozen=True)
class Curve:
    """A published curve of the first exciton against the diameter.

    Attributes:
        source: authors, year and doi.
        diameters: smallest and largest diameter at which it is used [bohr].
        scatter: relative uncertainty of the diameter.
        of_nm: returns E [eV] at diameters [nm].
    """

    source: str
    diameters: tuple[float, float]
    scatter: float
    of_nm: Callable[[Values], Values]

    def __call__(self, d: Values) -> Values:
        """Return E at diameters d [bohr] in hartree; NaN outside of the range of the curve."""
        low, high = self.diameters
        inside = (d >= low * (1 - 1e-9)) & (d <= high * (1 + 1e-9))
        E = self.of_nm(np.clip(d, low, high) / NM) / HARTREE_EV
        return np.where(inside, E, np.nan)

    def band(self, d: Values) -> tuple[Values, Values]:
        """Return the lower and the upper edge of E for the uncertainty of the diameter."""
        low, high = self.diameters
        ends = [np.clip(d * (1 + x), low, high) for x in (self.scatter, -self.scatter)]
        lower, upper = (np.where(np.isnan(self(d)), np.nan, self(end)) for end in ends)
        return lower, upper


def _polynomial(*c: float, low: float, high: float) -> Callable[[Values], Values]:
    """Return E(D) from the coefficients of D(λ) [nm], which rises from λ = `low` to `high`."""
    wavelength = np.linspace(low, high, POINTS)
    D = np.polyval(c, wavelength)
    assert np.all(np.diff(D) > 0), "D(λ) rises"
    return lambda d: HC / np.interp(d, D, wavelength)


def _points(*pairs: tuple[float, float]) -> Callable[[Values], Values]:
    """Return E(D) by straight lines between points (D [nm], E [eV])."""
    D, E = np.array(pairs).T
    return lambda d: np.interp(d, D, E)


YU = "Yu et al. 2003, doi 10.1021/cm034081k"

CURVES = {
    "CdSe": Curve(
        YU,
        (1.5 * NM, 8.0 * NM),
        0.12,
        _polynomial(1.6122e-9, -2.6575e-6, 1.6242e-3, -0.4277, 41.57, low=340.0, high=700.0),
    ),
    "CdTe": Curve(
        YU,
        (3.2 * NM, 9.0 * NM),
        0.12,
        _polynomial(9.8127e-7, -1.7147e-3, 1.0064, -194.84, low=480.0, high=760.0),
    ),
    "CdS": Curve(
        YU,
        (1.5 * NM, 5.5 * NM),
        0.12,
        _polynomial(-6.6521e-8, 1.9557e-4, -9.2352e-2, 13.29, low=290.0, high=470.0),
    ),
    "InP": Curve(
        "Almeida et al. 2023, doi 10.1021/acs.nanolett.3c02630",
        (1.5 * NM, 7.0 * NM),
        0.12,
        lambda d: 1.33 + 1.219 * (np.pi * d**3 / 6) ** -0.251,
    ),
    "ZnSe": Curve(
        "Toufanian et al. 2021, doi 10.1021/acs.chemmater.1c02501",
        (2.04 * NM, 5.75 * NM),
        0.12,
        _points(
            (2.04, 3.435), (2.21, 3.406), (2.48, 3.306), (2.86, 3.237), (3.02, 3.179),
            (3.46, 3.123), (4.31, 3.061), (4.42, 3.024), (5.36, 2.959), (5.75, 2.938),
        ),
    ),
    "PbS": Curve(
        "Moreels et al. 2009, doi 10.1021/nn900863a",
        (2.0 * NM, 9.0 * NM),
        0.12,
        lambda d: 0.41 + 1 / (0.0252 * d**2 + 0.283 * d),
    ),
}  # fmt: skip
"""Published curves by the formula of the compound."""


@dataclass(frozen=True)
class Fitted:
    """E(d) = E_bulk + a/dⁿ, with standard errors; an error is NaN without a spare point.

    Attributes:
        bulk: E_bulk [hartree].
        a: strength [hartree·bohrⁿ].
        exponent: n.
        errors: standard errors of E_bulk, a and n; 0 for an E_bulk that was given.
        rms: root mean square of the deviations [hartree].
    """

    bulk: float
    a: float
    exponent: float
    errors: tuple[float, float, float]
    rms: float

    def __call__(self, d: Values) -> Values:
        """Return E at diameters d [bohr] in hartree."""
        return self.bulk + self.a / d**self.exponent


def fitted(d: Values, E: Values, bulk: float | None = None) -> Fitted | None:
    """Return E(d) = E_bulk + a/dⁿ through gaps of dots; None with too few of them.

    Args:
        d: diameters [bohr].
        E: gaps [hartree].
        bulk: E_bulk [hartree], if it is known; else it is fitted too.
    """
    free = 2 if bulk is not None else 3
    if len(set(np.asarray(d).tolist())) < free:
        return None
    x = d / d.mean()  # a is the confinement energy at the mean diameter
    if bulk is None:
        start = [float(E.min()) - float(np.ptp(E)) / 2, float(np.ptp(E)), 1.3]
        p, covariance = _least_squares(lambda x, c, a, n: c + a / x**n, x, E, start)
    else:
        start = [float(E.mean()) - bulk, 1.3]
        p, covariance = _least_squares(lambda x, a, n: bulk + a / x**n, x, E, start)
        p = np.concatenate([[bulk], p])
        covariance = np.pad(covariance, (1, 0))
    if not np.isfinite(p).all():
        return None
    c, a, n = p.tolist()
    scale = d.mean() ** n
    # a of the formula is a dⁿ of the mean diameter; its error follows from those of both.
    slope = np.array([0.0, scale, a * scale * np.log(d.mean())])
    errors = np.sqrt(np.abs(np.diag(covariance)))
    of_a = float(np.sqrt(abs(slope @ covariance @ slope)))
    if len(d) == free:
        errors, of_a = np.full(3, np.nan), np.nan
    rms = float(np.sqrt(np.mean((c + a / x**n - E) ** 2)))
    return Fitted(c, a * scale, n, (float(errors[0]), of_a, float(errors[2])), rms)


def _least_squares(
    f: Callable[..., Values], x: Values, E: Values, start: list[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the parameters and their covariance; NaN if they are not found."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)
            p, covariance = curve_fit(f, x, E, start, maxfev=5000, method="lm")
    except (RuntimeError, TypeError):  # not converged; fewer points than parameters
        return np.full(len(start), np.nan), np.full((len(start),) * 2, np.nan)
    exact = len(x) == len(start)
    return p, np.zeros_like(covariance) if exact else covariance

"""Logarithmic axes: a range that contains the data, and readable tick labels."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

MARGIN, SHARE, LEAST = 1.25, 0.05, 8.0
"""Margin around the data, as a factor and as a share of their decades; minimum span."""
EDGE = 0.025
"""Distance of triangles from the frame, as a share of its height."""
NARROW = 100.0
"""An axis that spans less than this factor has ticks at 1, 2 and 5, not only at 1."""
PLAIN = (5e-4, 1e4)
"""In this range ticks are decimal numbers such as "0.02", outside powers of ten."""


def log_range(*series: np.ndarray) -> tuple[float, float]:
    """Return a range that contains the positive numbers with a margin; 0.1 to 1 without any."""
    values = np.concatenate([np.ravel(np.asarray(s, float)) for s in (*series, [])])
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return 0.1, 1.0
    low, high = np.log(values.min()), np.log(values.max())
    margin = max(np.log(MARGIN), SHARE * (high - low), (np.log(LEAST) - (high - low)) / 2)
    return float(np.exp(low - margin)), float(np.exp(high + margin))


def scale_log(ax: Axes, low: float, high: float) -> None:
    """Scale the vertical axis in powers of ten, or in 1, 2, 5 if it spans few decades."""
    plain = low >= PLAIN[0] and high <= PLAIN[1]
    narrow = high / low < NARROW
    if narrow and not plain:  # 5×10⁻⁵ is wider than the margin: full decades
        low, high = 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    if narrow and plain:
        decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        ax.yaxis.set_major_locator(FixedLocator(np.outer(decades, [1, 2, 5]).ravel().tolist()))
        ax.yaxis.set_minor_locator(LogLocator(subs=tuple(range(2, 10))))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _: f"{y:g}" if plain else power_of_ten(y))
    )
    ax.yaxis.set_minor_formatter(NullFormatter())


def power_of_ten(value: float) -> str:
    """Return a positive number as a power of ten with two digits: 2×10⁻⁵."""
    mantissa, exponent = f"{value:.1e}".split("e")
    factor = "" if mantissa == "1.0" else rf"{mantissa.removesuffix('.0')}{{\times}}"
    return rf"${factor}10^{{{int(exponent)}}}$"


def off_scale(ax: Axes, x: np.ndarray, y: np.ndarray, **look: Any) -> list[Line2D]:
    """Draw triangles just inside the frame for zeros and for values beyond its range."""
    low, high = ax.get_ylim()
    lines = []
    for beyond, edge, marker in ((y < low, EDGE, "v"), (y > high, 1 - EDGE, "^")):
        if beyond.any():
            style = {"linestyle": "none", **look, "marker": marker, "markersize": 4.0}
            at = np.full(np.count_nonzero(beyond), edge)
            lines += ax.plot(x[beyond], at, transform=ax.get_xaxis_transform(), **style)
    return lines

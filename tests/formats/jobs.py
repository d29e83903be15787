"""A small job of a filter-diagonalisation code, made up for tests."""

from pathlib import Path

import numpy as np

SITES = "Cd 0.3 -0.2 0.1\nSe 4.9 0.4 0.3\nP1 -2.4 0.5 -0.1\n"
R = np.arange(401) * 0.0251327
V = {"Cd": lambda r: 0.3 * np.exp(-(r**2)) - 0.1 * np.exp(-((r - 1) ** 2)) + 1e-4,
     "Se": lambda r: -0.7 * np.exp(-(r**2) / 2) + 2e-4 * r / 10}  # fmt: skip
NEWER = (
    "nx = 4\nny = 4\nnz = 4\ndGrid = 1.4\nsetTargets = 1 10 6\nspinOrbit = 0\nNonLocal = 0\n"
)
OLDER = "12\n10\n11\n10\n16\n1024\n-0.23\n-0.05\n6\nzincblende\n"
SPIN = {"Cd": "0.4\t1.0\n0.2\t0.05\n-0.03\t0.05\n", "Se": "0.9 0.0\n0.3 0.0\n0.1 0.0\n"}


def table(v, digits=6) -> str:
    """Rows of r and v(r), with the digits of those codes."""
    return "".join(f"{r:.{digits}g} {x:.{digits}g}\n" for r, x in zip(R, v(R), strict=True))


def write_job(folder: Path, **files: str) -> Path:
    """Write a job; other files replace its own, by names with _ for a dot."""
    texts = {"conf.par": "3\n" + SITES, "input.par": NEWER}
    texts |= {f"pot{symbol}.par": table(v) for symbol, v in V.items()}
    texts |= {name.replace("__", "."): text for name, text in files.items()}
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def strained(factor=None) -> dict[str, str]:
    """Files of strain factors: ε = 0.02 for Cd and −0.01 for Se, a4 = 0.5 and −0.3."""
    cd, se = 1.01, 1.003
    rows = [
        f"0 Cd 0.5 0.0 10.2 10.0 {factor or cd:.8f}",
        f"1 Se -0.3 0.0 9.9 10.0 {se:.8f}",
        "2 P1 0.0 0.0 0.0 0.0 1.00000000",
    ]
    return {
        "strain__dat": "\n".join(rows) + "\n",
        "potCd_a4__par": "0.5",
        "potSe_a4__par": "-0.3\n",
        "input__par": OLDER,
    }

"""The folder of a question: what options of a command ask beyond the fit itself.

The own results of a fit are in results/<fit>/<system>/. Results with options that change the
numbers, such as another path, are in a folder of that name within it.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from nnpp.files.text import sha256_of

LONGEST = 100
"""Largest length of a name; a longer one is cut, and its digest added [characters]."""

DIGITS = 8
"""Digits of a digest in a name."""

ASCII = str.maketrans({
    "Γ": "G", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", " ": "-", "|": "_", "'": "prime", "′": "prime",
})  # fmt: skip
"""Characters of a path, and how the name of a folder has them."""


def question_name(parts: Iterable[str]) -> str:
    """Return the name of the folder of a question; empty for the own results of a fit.

    Args:
        parts: one part for each option that changes numbers, such as "path-G-X".
    """
    name = "_".join(parts)
    if len(name) <= LONGEST:
        return name
    return f"{name[:LONGEST]}-{sha256(name.encode()).hexdigest()[:DIGITS]}"


def path_part(path: str) -> str:
    """Return the part of a path in its standard form: "Γ X|U" is "path-G-X_U"."""
    return f"path-{path.translate(ASCII)}"


def file_part(option: str, file: Path) -> str:
    """Return the part of an option that names a file: the stem and a digest of its content."""
    stem = re.sub(r"[^A-Za-z0-9.-]+", "-", file.stem).strip("-.")[:40]
    return f"{option}-{stem}-{sha256_of(file)[:DIGITS]}"


def mesh_part(mesh: tuple[int, int, int]) -> str:
    """Return the part of a mesh: "mesh-4x4x4"."""
    return f"mesh-{'x'.join(map(str, mesh))}"


def number_part(option: str, number: float | int, unit: str = "") -> str:
    """Return the part of a number with its unit: "cutoff-10-hartree"."""
    return f"{option}-{number:.8g}" + (f"-{unit}" if unit else "")

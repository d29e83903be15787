"""A process that reads a structure with ASE, in limited memory and time.

`python -P ase_process.py FILE MOST` prints one line of JSON: the first structure of the file,
or why there is none. ASE has seventy readers; each trusts the counts and shapes that it finds,
so that a short file can take all memory. Nothing of nnpp is imported, for a fast start.
"""

import contextlib
import json
import resource
import signal
import sys
import warnings
from typing import Any

MEMORY = 768_000_000
"""Largest address space [bytes]; Python and ASE take a third of it."""

SECONDS = 6
"""Largest time for reading."""


def first_structure(path: str, most: int) -> dict[str, Any]:
    """Return the number of structures in a file, and the first one if it has few atoms."""
    from ase.io import read

    signal.alarm(SECONDS)
    images = read(path, index=":", do_not_split_by_at_sign=True, parallel=False)
    images = images if isinstance(images, list) else [images]
    counts = {"structures": len(images), "atoms": len(images[0]) if images else 0}
    if len(images) != 1 or counts["atoms"] > most:
        return counts
    atoms = images[0]
    return counts | {
        "symbols": atoms.get_chemical_symbols(),
        "positions": atoms.positions.tolist(),
        "cell": atoms.cell.array.tolist(),
        "pbc": atoms.pbc.tolist(),
        "sites": [
            {str(symbol): float(share) for symbol, share in site.items()}
            for site in atoms.info.get("occupancy", {}).values()
        ],
    }


def main() -> None:
    """Print what was found; readers raise almost any exception on a damaged file."""
    with contextlib.suppress(OSError, ValueError):  # some systems have no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            found = first_structure(sys.argv[1], int(sys.argv[2]))
    except MemoryError:
        found = {"error": f"reading it takes more than {MEMORY / 1e6:g} MB"}
    except Exception as error:  # noqa: BLE001 -- the type says nothing about the cause
        found = {"error": " ".join(str(error).split())[:80] or type(error).__name__}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

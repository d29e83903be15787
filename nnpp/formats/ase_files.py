"""Structure files through ASE: the only place where ASE opens a file by its name.

ASE takes `POSCAR@7` for structure 7 of POSCAR, unless an option makes @ part of the name.
"""

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.io import read, write
from ase.io.formats import UnknownFileTypeError, filetype

from nnpp.errors import InputError
from nnpp.files.text import read_bytes
from nnpp.formats import ase_process
from nnpp.structures.crystal import MOST_ATOMS, too_many_atoms

HEAD = 10_000
"""The cell and the counts of a POSCAR are in its first bytes."""

POSCAR_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Exceptions that ASE's reader of POSCAR raises on damaged files."""

SUPPORTED = "write it as POSCAR, CIF or extxyz"


def read_atoms(path: Path) -> Atoms:
    """Return the only structure in a file.

    A POSCAR that states its elements and counts is read here. All other files are read by a
    process of limited memory and time, which takes half a second more.
    """
    return _poscar(path) if _is_countable_poscar(path) else _by_process(path)


def write_poscar(path: Path, atoms: Atoms) -> None:
    """Write a structure as POSCAR with all digits."""
    with path.open("w", encoding="utf-8") as file:
        write(file, atoms, format="vasp", direct=True)


def _is_countable_poscar(path: Path) -> bool:
    """Return whether lines 6 and 7 are elements and counts; raise an error for many atoms."""
    lines = read_bytes(path)[:HEAD].decode("latin-1").split("\n")
    try:
        if filetype(str(path)) != "vasp" or path.suffix in (".gz", ".bz2", ".xz"):
            return False
        counts = [int(word) for word in lines[6].split("!")[0].split()]
    except (EOFError, LookupError, OSError, UnknownFileTypeError, ValueError):
        return False
    if sum(map(abs, counts)) > MOST_ATOMS:
        raise too_many_atoms(sum(map(abs, counts))).at(path, 7)
    return not lines[5].split()[0].lstrip("-+").isdigit()


def _poscar(path: Path) -> Atoms:
    """Return the structure in a POSCAR."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (atoms,) = read(
                path, index=":", format="vasp", do_not_split_by_at_sign=True, parallel=False
            )
    except POSCAR_ERRORS as error:
        raise _unreadable(path, str(error) or type(error).__name__) from error
    assert isinstance(atoms, Atoms), "a slice gives a list of structures"
    return atoms


def _by_process(path: Path) -> Atoms:
    """Return the structure that a process of limited memory and time reads."""
    command = [sys.executable, "-P", ase_process.__file__, str(path.absolute())]
    done = subprocess.run(
        [*command, str(MOST_ATOMS)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode == -signal.SIGALRM:
        raise _unreadable(path, f"reading it takes more than {ase_process.SECONDS} s")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise _unreadable(path, "its reader fails") from error
    if "error" in found:
        raise _unreadable(path, found["error"])
    if found["structures"] != 1:
        raise InputError(f"holds {found['structures']} structures", "keep one of them", path)
    if found["atoms"] > MOST_ATOMS:
        raise too_many_atoms(found["atoms"]).at(path)
    keys = ("symbols", "positions", "cell", "pbc")
    return Atoms(**{key: found[key] for key in keys}, info={"sites": found["sites"]})


def _unreadable(path: Path, reason: str) -> InputError:
    """Return the error about a file that ASE cannot read."""
    short = " ".join(reason.split())[:80]
    return InputError(f"is not a structure file that ASE can read ({short})", SUPPORTED, path)

"""Files of Wannier90: the bands that it draws, and the Hamiltonian that gives them at any k."""

import re

from nnpp.formats.codes.format import Format
from nnpp.formats.codes.wannier90_band import SUFFIX as BAND
from nnpp.formats.codes.wannier90_band import read_band
from nnpp.formats.codes.wannier90_hr import SUFFIX as HR
from nnpp.formats.codes.wannier90_hr import read_hr

NUMBER = r"[ \t]+-?\d+\.\d+E[+-]\d+"

LEVEL = re.compile(rf"{NUMBER}{NUMBER}({NUMBER})?[ \t]*\r?\n")
"""A distance and a level, and with `bands_plot_project` a share."""

COUNTS = re.compile(r"[^\n]*\n[ \t]*\d+[ \t]*\r?\n[ \t]*\d+[ \t]*\r?\n([ \t]+\d+)+[ \t]*\r?\n")
"""A remark, the number of functions, that of cells, and the first degeneracies."""


def _is_band(name: str, head: str) -> bool:
    return name.endswith(BAND) and LEVEL.match(head) is not None


def _is_hr(name: str, head: str) -> bool:
    return name.endswith(HR) and COUNTS.match(head) is not None


FORMATS = (
    Format("wannier90-band", "Wannier90 (seedname_band.dat)", _is_band, read_band),
    Format("wannier90-hr", "Wannier90 (seedname_hr.dat)", _is_hr, read_hr),
)

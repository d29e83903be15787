"""Small dots, each built once."""

from functools import cache

from nnpp.structures.dots.crystals import named_crystal
from nnpp.structures.dots.cut import cut_out, pruned
from nnpp.structures.dots.lattice import centre_of, lattice_of
from nnpp.structures.dots.shapes import SHAPES, Frame
from nnpp.units import LENGTH

NM = LENGTH["nm"]


@cache
def lattice(name="zb-CdSe"):
    return lattice_of(named_crystal(name))


@cache
def cut(name="zb-CdSe", size=2.2, shape="sphere", centre="cation", shell=0.0, **frame):
    """The atoms of a dot; sizes and lengths in nm."""
    of = lattice(name)
    frame = {k: v * NM if k == "length" else v for k, v in frame.items()}
    body = SHAPES[shape](size * NM, Frame(of.crystal, **frame))
    return pruned(cut_out(of, centre_of(of, centre), body, shell * NM))[0]

"""Write the files of this folder, in the layout that VASP gives to vasprun.xml.

The levels are those that pw.x printed (../espresso/*.bands.out), with four decimals of an
electronvolt as VASP has them.
"""

import re
from pathlib import Path

HERE = Path(__file__).parent
EDGE = 10.2 * 0.529177210903 / 2
BASIS = [(-EDGE, 0, EDGE), (0, EDGE, EDGE), (-EDGE, EDGE, 0)]
RECIPROCAL = [
    (-0.5 / EDGE, -0.5 / EDGE, 0.5 / EDGE),
    (0.5 / EDGE,) * 3,
    (-0.5 / EDGE, 0.5 / EDGE, -0.5 / EDGE),
]
POSITIONS = [(0, 0, 0), (0.25, 0.25, 0.25)]
L, GAMMA, X = (0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0.5)
HALF_L, HALF_X = (0.25, 0.25, 0.25), (0.25, 0, 0.25)
PATH = [L, HALF_L, GAMMA, HALF_X, X]
MESH = [GAMMA, L, X]
MESH_WEIGHTS = [0.125, 0.5, 0.375]
ON_MESH = [2, 0, 4]

LINE = """\
<generation param="listgenerated">
<i name="divisions" type="int">       3 </i>
{}</generation>
"""
GAMMA_MESH = """\
<generation param="Gamma">
<v type="int" name="divisions">       2        2        2 </v>
<v name="usershift">      0.00000000       0.00000000       0.00000000 </v>
<v name="genvec1">      0.50000000       0.00000000       0.00000000 </v>
<v name="genvec2">      0.00000000       0.50000000       0.00000000 </v>
<v name="genvec3">      0.00000000       0.00000000       0.50000000 </v>
<v name="shift">      0.00000000       0.00000000       0.00000000 </v>
</generation>
"""
STEP = """\
<scstep>
<time name="total">    0.12    0.14</time>
<energy>
<i name="e_fr_energy">{:16.8f} </i>
</energy>
</scstep>
"""
ENERGIES = [-10.2, -10.84, -10.842745, -10.84274516]


def vectors(rows) -> str:
    """Rows of numbers, eight decimals."""
    return "".join(f"<v>{''.join(f'{x + 0.0:17.8f}' for x in row)} </v>\n" for row in rows)


def varray(name, rows) -> str:
    return f'<varray name="{name}" >\n{vectors(rows)}</varray>\n'


def structure(name) -> str:
    named = f' name="{name}" ' if name else ""
    lattice = varray("basis", BASIS) + varray("rec_basis", RECIPROCAL)
    crystal = f"<crystal>\n{lattice}</crystal>\n"
    return f"<structure{named}>\n{crystal}{varray('positions', POSITIONS)}</structure>\n"


def kpoints(generation, k, weights) -> str:
    lists = varray("kpointlist", k) + varray("weights", [[w] for w in weights])
    return f"<kpoints>\n{generation}{lists}</kpoints>\n"


def levels(E, full) -> str:
    """The levels at each k-point [eV], with their occupations."""
    head = "".join(
        f'<dimension dim="{i}">{name}</dimension>\n'
        for i, name in enumerate(("band", "kpoint", "spin"), start=1)
    )
    head += "<field>eigene</field>\n<field>occ</field>\n"
    sets = ""
    for i, row in enumerate(E, start=1):
        rows = "".join(f"<r>{e:10.4f}{float(n < full):10.4f} </r>\n" for n, e in enumerate(row))
        sets += f'<set comment="kpoint {i}">\n{rows}</set>\n'
    return f'<array>\n{head}<set>\n<set comment="spin 1">\n{sets}</set>\n</set>\n</array>\n'


def indented(text) -> str:
    """One blank before each line for every element round it, as VASP writes."""
    depth, lines = 0, []
    for line in text.splitlines():
        closed = line.startswith("</")
        depth -= closed
        lines.append(" " * depth + line)
        depth += not closed and "</" not in line and not line.startswith("<?")
    return "\n".join(lines) + "\n"


def vasprun(where, generation, k, weights, E, opt="", **settings) -> None:
    """Write where/vasprun.xml."""
    kinds = {"ICHARG": 11, "LSORBIT": "F", "LHFCALC": "F", "AEXX": 0.0, "HFSCREEN": 0.0}
    kinds |= settings
    full = 8 if kinds["LSORBIT"] == "T" else 4
    efermi = max(row[full - 1] for row in E) + 0.2
    text = (
        (HERE / "layout.txt")
        .read_text()
        .format(
            **kinds,
            title=f"<c>{'  PAW_PBE Si 05Jan2001':40}</c>",
            NBANDS=len(E[0]),
            primitive=structure("primitive_cell"),
            kpoints=kpoints(generation, k, weights),
            initial=structure("initialpos"),
            steps="".join(map(STEP.format, ENERGIES)),
            structure=structure(""),
            levels=levels(E, full),
            opt=opt,
            efermi=efermi,
            final=structure("finalpos"),
        )
    )
    (HERE / where).mkdir(exist_ok=True)
    (HERE / where / "vasprun.xml").write_text(indented(text), encoding="latin-1")


def printed(name) -> list[list[float]]:
    """The levels at each k-point that pw.x printed [eV]."""
    text = (HERE.parent / "espresso" / name).read_text().partition("End of band structure")[2]
    blocks = re.findall(r"bands \(ev\):\n\n((?:[ \d.-]+\n)+)", text)
    return [[float(word) for word in block.split()] for block in blocks]


def write() -> None:
    E, spinors = printed("si.bands.out"), printed("si_so.bands.out")
    twice = [*PATH[:3], *PATH[2:]]
    line = LINE.format(vectors([L, GAMMA, GAMMA, X]))
    vasprun("line", line, twice, [1 / 6] * 6, [*E[:3], *E[2:]])
    vasprun("spinor", "", PATH, [0.2] * 5, spinors, LSORBIT="T")
    hybrid = {"ICHARG": 0, "LHFCALC": "T", "AEXX": 0.25, "HFSCREEN": 0.2}
    on_mesh = [E[i] for i in ON_MESH]
    vasprun("hybrid", "", MESH + PATH, MESH_WEIGHTS + [0.0] * 5, on_mesh + E, **hybrid)
    opt = kpoints(line, twice, [1 / 6] * 6)
    opt += f"<eigenvalues>\n{levels([*E[:3], *E[2:]], 4)}</eigenvalues>\n"
    opt = f'<eigenvalues_kpoints_opt comment="kpoints_opt">\n{opt}</eigenvalues_kpoints_opt>\n'
    vasprun("opt", GAMMA_MESH, MESH, MESH_WEIGHTS, on_mesh, opt, ICHARG=0)


if __name__ == "__main__":
    write()

"""`nnpp dot`: nanocrystals."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console
from nnpp.cli.dot_levels import levels
from nnpp.cli.dot_series import series


def build(
    crystal: Annotated[
        str, typer.Argument(help="zb-CdSe, wz-CdSe, perovskite-CsPbI3, …, or a structure file.")
    ],
    diameter: Annotated[
        str | None,
        typer.Option(
            help="Diameter of sphere and rod, edge of cube, tetrahedron, octahedron and "
            "platelet, diameter of the sphere of equal volume of a Wulff shape: '2.2 nm'."
        ),
    ] = None,
    atoms: Annotated[int | None, typer.Option(help="Number of atoms, about.")] = None,
    shape: Annotated[
        str,
        typer.Option(help="sphere, cube, tetrahedron, octahedron, rod, platelet or wulff."),
    ] = "sphere",
    centre: Annotated[
        str | None, typer.Option(help="cation, anion, bond or hollow [cation].")
    ] = None,
    length: Annotated[
        str | None,
        typer.Option(help="Length of a rod [3 diameters], or thickness of a platelet."),
    ] = None,
    axis: Annotated[
        str | None,
        typer.Option(help="Direction of a rod or platelet, as 001 or '1 -1 0' [001]."),
    ] = None,
    facets: Annotated[
        str | None,
        typer.Option(help="Facets and distances of a Wulff shape: '100:1 111:1.1 -1-1-1:1.2'."),
    ] = None,
    shell: Annotated[
        str | None, typer.Option(help="Compound and thickness of a shell: 'CdS 0.6 nm'.")
    ] = None,
    alloy: Annotated[
        str | None, typer.Option(help="Elements put at random into the core: Te:0.3.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the alloy [0].", min=0)] = None,
    bond: Annotated[
        list[str] | None,
        typer.Option(help="Length of a bond: 'Cd-Se 2.62 angstrom'; may be repeated."),
    ] = None,
    passivation: Annotated[
        str | None,
        typer.Option(help="none, gaussian, or F, Cl, Br, I, OH, H, as Cl,H [gaussian]."),
    ] = None,
    passivants: Annotated[
        str | None,
        typer.Option(
            help="Passivants of cations and anions, and places [P1:0.55,P2:0.25; 0.30 wz]."
        ),
    ] = None,
    neutral: Annotated[
        bool, typer.Option("--neutral", help="Leave out ligands until charges sum to zero.")
    ] = False,
    relax: Annotated[
        bool | None,
        typer.Option(help="Relax the atoms by Keating springs [shells and alloys]."),
    ] = None,
    cells: Annotated[
        int | None, typer.Option(help="Cells along each edge of a perovskite cube.")
    ] = None,
    surface: Annotated[
        str | None, typer.Option(help="Surface of a perovskite cube: CsI or PbI [CsI].")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File [CRYSTAL-SIZE.xyz].")] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="extxyz, POSCAR or conf.par [by the suffix of --out]."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Build a nanocrystal and write its atoms and passivants."""
    console.begin(f"dot build: {crystal}")
    from nnpp.workflows.dot import options
    from nnpp.workflows.dot.build import run_build

    request = options.Request(
        diameter=options.read_length("--diameter", diameter),
        atoms=atoms,
        shape=shape,
        centre=centre,
        length=options.read_length("--length", length),
        axis=options.read_axis(axis),
        facets=options.read_facets(facets),
        shell=options.read_shell(shell),
        alloy=options.read_alloy(alloy),
        seed=seed,
        bonds=options.read_bonds(bond or ()),
        passivation=options.read_passivation(passivation),
        places=options.read_places(passivants),
        neutral=neutral,
        relax=relax,
        cells=cells,
        surface=surface,
        out=out,
        format=format_,
        force=force,
    )
    built = run_build(crystal, request)
    console.rows(built.title, built.rows)
    console.wrote([built.path])


VERBS = {"build": build, "levels": levels, "series": series}
"""`nnpp dot VERB` calls this function."""

"""README.md of an export: which file holds what, in which unit, by which formula."""

from dataclasses import dataclass

from nnpp.formats.filter_codes import HEADING, Element

TEXT = """\
# {name} {heading}

Atomic units: lengths in bohr, wave numbers in bohr⁻¹, energies in hartree. X is {symbols}.
Columns are apart by blanks, without a header (but qSpace_pot.dat). The model itself, complete
and checked by SHA-256, is potential.safetensors with potential.json.

    potX.par           r, v(r): {rows} rows, r = 0 … {reach:g}, step {step:g}; last value 0
{charged}\
    potX_a4.par        s1, the linear strain coefficient
    potX_a5.par        s2, the cubic strain coefficient
    SO_X.par           three rows: a5 (spin-orbit), a6, a7 (non-local); the second column is
                       a filler, which the codes skip
{s_wave_rows}\
    final_pot_X.dat    r, v(r) on DeePseudopot's grid: {table_rows} rows, r = 0 … {table_end:g}
    final_pot_q_X.dat  q, v(q) [hartree·bohr³], not divided by a volume: {q_rows} rows,
                       q = 0 … {q_end:g}
    qSpace_pot.dat     the same of all elements side by side, under a line of names

    v(r) = (1/2π²r) ∫ q sin(qr) v(q) dq        v(q) = 4π ∫ r² [sin(qr)/qr] v(r) dr
    strain: v → v·(1 + s1 ε + s2 ε³), ε = Ω/Ω₀ − 1 of the tetrahedron of an atom's neighbours
    W_so = exp(−(r/0.7)²), W₁ = exp(−r²), W₂ = exp(−(r−1.5)²): weights of a5, a6, a7

_a4 and _a5 are named as in the filter codes: their a4 and a5 are nnpp's strain s1 and s2, not
nnpp's charge a4 and spin-orbit a5.

| element | s1 | s2 | a5 | a6 | a7 |{charge_head}
|---|---|---|---|---|---|{charge_rule}
{values}
{absent}{s_wave}
v(r){untailed} is set to 0 at {short:g} bohr, where it is at most {cut:.1e} hartree.
The codes draw straight lines between the rows. So drawn and transformed back,
potX{sr}.par gives v(q), q ≤ {checked:g}, again to {error:.1e} hartree·bohr³.
For that its rows are v − δ²v/12 + δ⁴v/90 (δ² the second difference), at most {lifted:.1e}
hartree from v(r): lines between samples would cut every bend. Samples are in final_pot_X.dat.
{tail}"""

CHARGED_ROWS = """\
                       with the Coulomb tail, shifted to end at 0
    potX_SR.par        r, v(r) without the Coulomb tail; the same r
    potX_LR.par        r, −a4·erf(γr)/r, γ = 0.2 bohr⁻¹: the tail alone, not shifted
"""

S_WAVE_ROWS = """\
    S_X.par            two rows: b1 and b2, of the term on s waves
"""

S_WAVE = """
**The filter codes have no term on s waves, and give other levels without it.** It is b1 with W₁
and b2 with W₂ [hartree] in (4π/Ω) Σ_a exp(−i(G−G′)·τ_a) ∫ r² j₀(Kr) W(r) j₀(K′r) dr, as S_X.par
has them; a code that uses this potential has to add it.
"""

TAIL = """
potX.par is the sum of potX_SR.par and potX_LR.par, less the last value of that. In a neutral
dot these shifts cancel. Charges are as fitted: in a compound where they do not sum to zero nnpp
subtracts the same amount from every atom, the filter codes do not. FilterBSE wants
`longRange = 1` for them. The final_pot files and tables of v(q) are without the tail.
"""


@dataclass(frozen=True)
class Faith:
    """How well tables of v(r) stand for v(q).

    Attributes:
        short: where v(r) without tail ends [bohr].
        cut: its largest value beyond [hartree].
        checked: up to where v(q) was compared [bohr⁻¹].
        error: the largest difference of v(q) [hartree·bohr³].
        lifted: the largest difference between rows and v(r) [hartree].
    """

    short: float
    cut: float
    validated: float
    error: float
    lifted: float


def readme(name: str, elements: list[Element], faith: Faith) -> str:
    """The text."""
    first = elements[0]
    charged = first.charge is not None
    return TEXT.format(
        name=name,
        heading=HEADING,
        symbols=" or ".join(e.symbol for e in elements),
        rows=len(first.r),
        reach=first.r[-1],
        step=first.r[1],
        table_rows=len(first.r_table),
        table_end=first.r_table[-1],
        q_rows=len(first.q),
        q_end=first.q[-1],
        values="\n".join(_row(e) for e in elements),
        absent=_absent(elements),
        s_wave_rows=S_WAVE_ROWS if first.s_wave is not None else "",
        s_wave=S_WAVE if first.s_wave is not None else "",
        **vars(faith),
        **_words(charged),
    )


def _words(charged: bool) -> dict[str, str]:
    """What is said only of potentials with charges."""
    words = {
        "charged": CHARGED_ROWS,
        "charge_head": " charge a4 |",
        "charge_rule": "---|",
        "untailed": " without its tail",
        "sr": "_SR",
        "tail": TAIL,
    }
    return words if charged else dict.fromkeys(words, "")


def _row(e: Element) -> str:
    """The strengths of one element."""
    numbers = (*e.strain, *e.spin, *(() if e.charge is None else (e.charge,)))
    return " | ".join([f"| {e.symbol}", *(f"{x:.8g}" for x in numbers)]) + " |"


def _absent(elements: list[Element]) -> str:
    """Which strengths are zero because nothing was fitted."""
    terms = {
        "strain": any(x for e in elements for x in e.strain),
        "spin-orbit or non-local": any(x for e in elements for x in e.spin),
    }
    without = [name for name, there in terms.items() if not there]
    return f"\nNo {' and no '.join(without)} term was fitted: zeros.\n" if without else ""

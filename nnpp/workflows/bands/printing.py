"""Options of figures that are text on the command line: width, font size, colours, formats."""

import re

from nnpp.config.values import NUMBER
from nnpp.errors import InputError, suggest

COLUMNS = {"one column": 3.4, "two columns": 7.0}
"""Widths of journals by name [inch]."""

CM = 2.54
"""Centimetres of an inch."""

WIDEST, FONTS = 100.0, (4.0, 40.0)
"""Largest width [cm], and range of font sizes [pt]."""

NARROWEST, USUAL = 2.7, 8.0
"""Smallest width of a figure [inch] at this font size [pt]: frames for bands and a DOS."""

KINDS = ("png", "pdf", "svg")
"""Formats of figures."""


def width_of(text: str) -> float:
    """Return a width written as "8.6", "8.6 cm", "one column" or "two columns" [inch]."""
    name = " ".join(text.lower().split())
    if name in COLUMNS:
        return COLUMNS[name]
    match = re.fullmatch(rf"({NUMBER})\s*(?:cm)?", name)
    width = float(match[1]) if match else 0.0
    if not 0 < width <= WIDEST:
        remedy = "write centimetres, as 8.6, or 'one column' or 'two columns'"
        raise InputError(f"{text!r} is not a width", remedy, "--width")
    return width / CM


def font_of(size: float) -> float:
    """Return a font size [pt]."""
    low, high = FONTS
    if not low <= size <= high:
        what = f"{size:g} pt is out of range"
        raise InputError(what, f"choose a size from {low:g} to {high:g} pt", "--font-size")
    return size


def refuse_narrow(width: float | None, font: float | None) -> None:
    """Raise an InputError if a figure of this width [inch] is too narrow for its text [pt]."""
    font = USUAL if font is None else font
    least = NARROWEST * font / USUAL
    if width is not None and width < least:
        what = f"{width * CM:.3g} cm is too narrow for a font of {font:g} pt"
        remedy = f"choose {least * CM:.2g} cm or more, or a smaller --font-size"
        raise InputError(what, remedy, "--width")


def colours_of(text: str) -> tuple[str, ...]:
    """Return colours separated by commas, as names or #rrggbb."""
    from nnpp.plotting.style import is_colour  # matplotlib is imported only if it is needed

    colours = tuple(word.strip() for word in text.split(","))
    for colour in colours:
        if not is_colour(colour):
            remedy = "write names or #rrggbb, separated by commas"
            raise InputError(f"{colour!r} is not a colour", remedy, "--colours")
    return colours


def formats_of(text: str) -> tuple[str, ...]:
    """Return formats of figures separated by commas, each once."""
    kinds = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",")))
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"unknown format {kind!r}", suggest(kind, KINDS), "--format")
    return kinds

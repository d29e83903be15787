"""Equations: `$…$` and `$$…$$` of a page become MathML, which browsers draw by themselves."""

import re
from html import unescape
from typing import Any

from latex2mathml.converter import convert

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
BLOCK = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)


VARIANT = re.compile(r'<mi mathvariant="(bold|bold-italic)">')
CAPITAL = re.compile(r"<mi>(&#x003(?:9[1-9A-F]|A[0-9]);)</mi>")

DRAWN = {
    "bold": '<mi mathvariant="normal" style="font-weight: bold">',
    "bold-italic": '<mi style="font-weight: bold">',
}
"""Browsers know no mathvariant but normal."""


def on_page_content(html: str, **_: Any) -> str:
    """The page with all its equations drawn."""
    html = BLOCK.sub(
        lambda found: f'<div class="equation">{_drawn(found, "block")}</div>', html
    )
    return INLINE.sub(lambda found: _drawn(found, "inline"), html)


def _drawn(found: re.Match[str], display: str) -> str:
    """One equation; Greek capitals stand upright, as TeX has them."""
    drawn = convert(unescape(found[1]).strip(), display=display)
    drawn = VARIANT.sub(lambda bold: DRAWN[bold[1]], drawn)
    return CAPITAL.sub(r'<mi mathvariant="normal">\1</mi>', drawn)

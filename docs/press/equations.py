"""Equations between `$` or `$$` become MathML, which browsers draw without a script."""

import re
from html import unescape
from typing import Any

from latex2mathml.converter import convert

INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)
BLOCK = re.compile(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', re.DOTALL)

VARIANT = re.compile(r'<mi mathvariant="(bold|bold-italic)">')
CAPITAL = re.compile(r"<mi>(&#x003(?:9[1-9A-F]|A[0-9]);)</mi>")

STYLES = {
    "bold": '<mi mathvariant="normal" style="font-weight: bold">',
    "bold-italic": '<mi style="font-weight: bold">',
}
"""Replacements, because browsers support no `mathvariant` except normal."""


def on_page_content(html: str, **_: Any) -> str:
    """Return the page with its equations as MathML."""
    html = BLOCK.sub(
        lambda found: f'<div class="equation">{_mathml(found, "block")}</div>', html
    )
    return INLINE.sub(lambda found: _mathml(found, "inline"), html)


def _mathml(found: re.Match[str], display: str) -> str:
    """Return one equation as MathML; Greek capitals are upright as in TeX."""
    mathml = convert(unescape(found[1]).strip(), display=display)
    mathml = VARIANT.sub(lambda bold: STYLES[bold[1]], mathml)
    return CAPITAL.sub(r'<mi mathvariant="normal">\1</mi>', mathml)

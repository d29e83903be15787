"""README.md of a run, its model card: what others need to know before they use the potential.

Author and licence are in the front matter, in lines that are valid YAML and JSON. They are read
again when the card is rewritten, so that they are kept.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.json_text import load_json
from nnpp.files.markdown import cells
from nnpp.files.templates import render
from nnpp.files.text import exists, read_text

NAME = "README.md"

MARK = "nnpp model card 1"
"""Line of the front matter by which a card is recognised."""

NO_AUTHOR, NO_LICENCE = "not stated", "not stated: ask the author"

KEPT = re.compile(r'^(?P<key>author|license): (?P<value>".*")$', re.MULTILINE)


@dataclass(frozen=True)
class Attribution:
    """Who made the potential, and its licence; None keeps what an existing card states."""

    author: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Table:
    """A Markdown table: the heads, and rows with as many cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return cells(self.heads, self.rows)


@dataclass(frozen=True)
class Card:
    """The content of a card, in the words and units that it prints.

    Attributes:
        name: name of the run.
        title: title of its fit; may be empty.
        elements: elements of the potential.
        terms: terms of the potential in addition to the local one.
        form: name and value of each property of the potential.
        reference_form: a0 … a3 of each element; None without a Zunger form.
        systems: crystals, bases and k-points it was fitted to.
        errors: root-mean-square errors [meV].
        edges: gaps and band edges compared with the reference [eV].
        missing: why numbers are missing for some systems.
        figures: file and caption of every figure of the run.
        absent: figures that the run does not have.
        origins: name of each system, and what is known about its reference.
        inputs: files and their SHA-256.
        basis: cutoff and plane waves to use.
        limits: what the potential was not fitted to.
        made: name and value of each setting of the fit.
    """

    name: str
    title: str
    elements: tuple[str, ...]
    terms: tuple[str, ...]
    form: Table
    reference_form: Table | None
    systems: Table
    errors: Table
    edges: Table
    missing: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]
    origins: tuple[tuple[str, tuple[str, ...]], ...]
    inputs: Table
    basis: str
    limits: tuple[str, ...]
    made: Table


def card_text(card: Card, attribution: Attribution) -> str:
    """Return the card as Markdown."""
    author, licence = attribution.author or NO_AUTHOR, attribution.licence or NO_LICENCE
    front = {
        "author": _front(author),
        "license": _front(licence),
        "elements": json.dumps(card.elements),
    }
    return render("card.md", card=card, mark=MARK, front=front, author=author, licence=licence)


def kept(folder: Path, attribution: Attribution) -> Attribution:
    """Return author and licence as given, or as the card in a folder states them."""
    path = folder / NAME
    options = (("--author", attribution.author), ("--licence", attribution.licence))
    for name, words in options:
        if words is not None and not words.split():
            raise InputError("is empty", "write a few words, or omit the option", name)
    stated = _stated(read_text(path)) if exists(path) else {}
    return Attribution(
        attribution.author or stated.get("author"),
        attribution.licence or stated.get("license"),
    )


def refuse_foreign(folder: Path) -> None:
    """Raise an error if README.md exists and is not a model card."""
    path = folder / NAME
    if exists(path) and f"\ncard: {MARK}\n" not in read_text(path)[:200]:
        raise InputError("is no model card of nnpp", "move or rename it", path)


def _stated(text: str) -> dict[str, str]:
    """Return author and licence from the front matter; those not stated are left out."""
    front = text.split("\n---\n")[0]
    stated = {found["key"]: _unquoted(found["value"]) for found in KEPT.finditer(front)}
    return {key: value for key, value in stated.items() if value not in (NO_AUTHOR, NO_LICENCE)}


def _front(words: str) -> str:
    """Return the words on one line and quoted, which is valid JSON and YAML."""
    return json.dumps(" ".join(words.split()), ensure_ascii=False)


def _unquoted(value: str) -> str:
    """Return the words; an empty string if the quotes are damaged."""
    try:
        return str(load_json(value))
    except (ValueError, RecursionError):
        return ""

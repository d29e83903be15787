"""README.md of a run, its model card: what a stranger needs to judge the potential by.

Author and licence stand in front, in lines that are YAML and JSON: they are read again, so
that a card which is written anew keeps them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.markdown import cells, plain
from nnpp.files.text import exists, read_text

NAME = "README.md"

MARK = "nnpp model card 1"
"""By which a card knows itself."""

NOBODY, NO_LICENCE = "not stated", "not stated: ask the author"

KEPT = re.compile(r'^(?P<key>author|license): (?P<value>".*")$', re.MULTILINE)

TEXT = """\
---
card: {mark}
library_name: nnpp
author: {author_json}
license: {licence_json}
elements: {elements_json}
---

# {name}: a pseudopotential of {elements}
{title}
A local form factor v(q) for each element{beside}, fitted with nnpp through the plane-wave
Hamiltonian. `potential.safetensors` holds all of it and is complete by itself; `potential.json`
says the same for people to read.

## What it is

{form}
{reference_form}
## What it was fitted to

{systems}

A dilation is the change of volume Ω/Ω₀ − 1. K-points held out had no part in the fit.

## How far it is from the reference

Root mean squares of E − E_ref, every k-point alike whatever it weighed [meV]; all k are those
of the reference, also such as the fit did not take.

{errors}

{edges}
{missing}{figures}
## Where the data come from

{origins}

Every file that the fit was read from:

{inputs}

## How to use it

Use it with the basis it was fitted in, {basis}:
nnpp does so by itself. With FOLDER for the folder that holds this file:

```sh
nnpp verify FOLDER
nnpp bands FOLDER --structure crystal.vasp --plot
```

```python
import nnpp

bands = nnpp.load("FOLDER").bands("crystal.vasp")  # bands.E in hartree; its recommended path
```

In a fit.yaml it is `potential: {{kind: model, file: FOLDER}}`.

## What it was never shown

{limits}

## How it was made

{made}

## Author and licence

- author of the potential: {author}
- licence of the potential: {licence}
- nnpp itself is under the MIT licence; reference bands have licences of their own
"""


@dataclass(frozen=True)
class Wishes:
    """Who made the potential, and what others may do with it; None keeps what a card says."""

    author: str | None = None
    licence: str | None = None


@dataclass(frozen=True)
class Table:
    """Heads, and rows of as many cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return cells(self.heads, self.rows)


@dataclass(frozen=True)
class Card:
    """Everything that a card tells, in the words and units in which it does.

    Attributes:
        name: of the run.
        title: what its fit says of itself.
        elements: of the potential.
        beside: terms beside the local one.
        form: name and value of whatever makes the potential.
        reference_form: a0 … a3 of each element, where there are any.
        systems: what it was fitted to.
        errors: root mean squares [meV].
        edges: gaps and the like beside the reference [eV].
        missing: why some systems have no errors.
        figures: name and caption of every one that is there.
        absent: figures that are not.
        origins: a system, and what is told of its reference.
        inputs: file and SHA-256.
        basis: cutoff and plane waves to be used.
        limits: what it was never shown.
        made: name and value of how it was fitted.
    """

    name: str
    title: str
    elements: tuple[str, ...]
    beside: tuple[str, ...]
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


def card_text(card: Card, wishes: Wishes) -> str:
    """The card as Markdown."""
    author, licence = wishes.author or NOBODY, wishes.licence or NO_LICENCE
    return TEXT.format(
        mark=MARK,
        author_json=_quoted(author),
        licence_json=_quoted(licence),
        elements_json=json.dumps(card.elements),
        author=plain(author),
        licence=plain(licence),
        **_words(card),
        **{name: str(getattr(card, name)) for name in TABLES},
    )


TABLES = ("form", "systems", "errors", "edges", "inputs", "made")
"""Parts of a card that are tables, and always there."""


def _words(card: Card) -> dict[str, str]:
    """What is said in words."""
    form = card.reference_form
    return {
        "name": plain(card.name),
        "title": f"\n{plain(card.title)}\n" if card.title else "",
        "elements": ", ".join(card.elements),
        "beside": f" with {' and '.join(card.beside)}" if card.beside else "",
        "reference_form": "" if form is None else f"\n{form}\n",
        "missing": "".join(f"\n{line}\n" for line in card.missing),
        "figures": "".join(_figures(card)),
        "origins": "\n".join(_origins(card)),
        "basis": card.basis,
        "limits": "\n".join(f"- {line}" for line in card.limits),
    }


def _figures(card: Card) -> Iterator[str]:
    """Links to those that are there, and the names of those that are not."""
    for file, caption in card.figures:
        yield f"\n![{plain(caption)}]({file})\n"
    if card.absent:
        names = ", ".join(f"`{name}`" for name in card.absent)
        yield f"\nFigures that this run does not have: {names}.\n"


def _origins(card: Card) -> Iterator[str]:
    """What the references say of themselves."""
    for system, lines in card.origins:
        yield f"- {plain(system)}: " + "; ".join(plain(line) for line in lines)


def kept(folder: Path, wishes: Wishes) -> Wishes:
    """Author and licence as wished, else as the card in a folder says."""
    path = folder / NAME
    for name, words in (("--author", wishes.author), ("--licence", wishes.licence)):
        if words is not None and not words.split():
            raise InputError("is empty", "write a few words, or leave it out", name)
    said = _said(read_text(path)) if exists(path) else {}
    return Wishes(wishes.author or said.get("author"), wishes.licence or said.get("license"))


def refuse_foreign(folder: Path) -> None:
    """Refuse to write over a README.md that is no card."""
    path = folder / NAME
    if exists(path) and f"\ncard: {MARK}\n" not in read_text(path)[:200]:
        raise InputError("is no model card of nnpp", "move it, or rename it", path)


def _said(text: str) -> dict[str, str]:
    """Author and licence in the lines in front of a card; what is not stated is nothing."""
    front = text.split("\n---\n")[0]
    said = {found["key"]: _unquoted(found["value"]) for found in KEPT.finditer(front)}
    return {key: value for key, value in said.items() if value not in (NOBODY, NO_LICENCE)}


def _quoted(words: str) -> str:
    """Words on one line, as both JSON and YAML have them."""
    return json.dumps(" ".join(words.split()), ensure_ascii=False)


def _unquoted(value: str) -> str:
    """The words; nothing where somebody has spoilt the quotes."""
    try:
        return str(json.loads(value))
    except ValueError:
        return ""

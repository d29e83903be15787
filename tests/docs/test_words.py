"""Names, messages, docstrings, comments and pages avoid the words of tests/words.txt."""

import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT

WORDS = dict(
    line.split(" -> ")
    for line in (ROOT / "tests" / "words.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)

ANY = re.compile(rf"\b(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)

PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""Words of a name: `kept_off`, `KeptOff`."""

TEXT = (tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", None))
"""Tokens with words; f-strings have their own from Python 3.12 on."""

FOLDERS = ("benchmarks", "docs/press", "examples", "inputs", "nnpp")
"""Folders of Python files that are checked."""

FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)

TEXTS = [
    *PAGES,
    *(
        path
        for name in ("inputs", "benchmarks", "tests")
        for path in (ROOT / name).rglob("*.md")
    ),
    *sorted((ROOT / "nnpp" / "templates").iterdir()),
    ROOT / "results" / "README.md",
    ROOT / "CHANGELOG.md",
]


def words_in(path: Path) -> list[str]:
    """Return the place and the word of every listed word in a Python file."""
    found = []
    text = io.StringIO(path.read_text("utf-8")).readline
    for token in tokenize.generate_tokens(text):
        if token.type == tokenize.NAME:
            shown = " ".join(PARTS.findall(token.string))
        elif token.type in TEXT:
            shown = " ".join(token.string.split())
        else:
            continue
        found += [f"{path}:{token.start[0]}: {_better(m[0])}" for m in ANY.finditer(shown)]
    return found


def words_on(path: Path) -> list[str]:
    """Return the place and the word of every listed word on a page, except in blocks."""
    text = re.sub(r"^```.*?^```$", _blank, path.read_text("utf-8"), flags=re.M | re.S)
    text = re.sub(r"^    .*$|`[^`\n]*`", _blank, text, flags=re.M)
    return [
        f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {_better(m[0])}"
        for m in ANY.finditer(text)
    ]


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _better(word: str) -> str:
    """Return the word with better ones."""
    entry = next(w for w in WORDS if re.fullmatch(w, word, re.IGNORECASE))
    return f"{word!r}; write {WORDS[entry]}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_files_use_plain_words(path):
    assert not words_in(path)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_use_plain_words(path):
    assert not words_on(path)


def test_the_check_finds_words(tmp_path):
    """A listed word is found in a name, a docstring, a comment and an f-string."""
    file = tmp_path / "sample.py"
    file.write_text(
        'def kept_off(x):\n    """Tells x."""\n    return f"told {x}"  # anew\n', "utf-8"
    )
    assert len(words_in(file)) == 4

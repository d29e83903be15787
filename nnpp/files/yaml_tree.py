"""YAML 1.2 as plain Python values, with the line of each value."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from nnpp.errors import InputError
from nnpp.files.origin import Keys, Origin, Place
from nnpp.files.text import read_text

LARGEST = 2_000_000
"""Largest file [bytes]; ruamel.yaml reads about a megabyte per second."""

MOST_VALUES = 50_000
"""Largest number of values, with those of aliases (*) and merged mappings (<<)."""

MALFORMED = (
    ValueError,
    KeyError,
    AttributeError,
    TypeError,
    NotImplementedError,
    RecursionError,
)
"""Other exceptions that ruamel.yaml raises on text that is not YAML."""


def read_yaml(path: Path) -> tuple[dict[str, Any], Origin]:
    """Return the mapping in a file, and the line of each of its entries."""
    text = read_text(path, LARGEST)
    _refuse_long(text, path)
    if not text.strip():
        raise InputError(
            "is empty", "write systems: and potential:, as the examples in inputs/ do", path
        )
    tree = _parsed(text, path)
    if not isinstance(tree, CommentedMap):
        raise InputError("is not a mapping", "begin with `systems:`", path, 1)
    plain = Plain(path)
    return plain.value(tree, (), 1), Origin(path, plain.places)


def _refuse_long(text: str, path: Path) -> None:
    """Raise an error if ruamel.yaml would take more than seconds."""
    values = sum(map(text.count, "\n,[{"))
    if values > MOST_VALUES:
        remedy = "name a structure and a reference by their files"
        raise InputError(f"holds more than {MOST_VALUES:,} values", remedy, path)
    if text.count("<<") * values > MOST_VALUES:
        raise InputError("merges (<<) too many values", "write them out", path)


def _parsed(text: str, path: Path) -> Any:
    """Return ruamel.yaml's tree, which knows its lines."""
    try:
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(error.problem or error.context or "is not YAML").split())[:120]
        raise InputError(what, _remedy(what), path, mark and mark.line + 1) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            "contains a character that is not text", "remove it", path, line
        ) from error
    except (YAMLError, *MALFORMED) as error:
        what = f"is not YAML: {' '.join(str(error).split())[:80]}"
        raise InputError(what, "compare with an example in inputs/", path) from error


def _remedy(what: str) -> str:
    """Return what to do about a syntax error."""
    hints = {"'\\t'": "indent with blanks, not tabs", "duplicate": "keep one of them"}
    hints |= {
        "another document": "keep one document, without ---",
        "alias": "define it with & first",
    }
    return next((hint for word, hint in hints.items() if word in what), "correct the YAML")


class Plain:
    """Converts ruamel.yaml's tree to plain values and collects their lines."""

    def __init__(self, path: Path):
        self.path = path
        self.places: dict[Keys, Place] = {}
        self.open: set[int] = set()

    def value(self, node: Any, keys: Keys, line: int) -> Any:
        """Return a node as dict, list, str, int, float, bool or None."""
        if len(self.places) > MOST_VALUES or id(node) in self.open:
            remedy = "replace the aliases (*) by their values"
            raise InputError("expands to far too many values", remedy, self.path, line)
        self.places[keys] = Place(self.path, line)
        if not isinstance(node, CommentedMap | CommentedSeq):
            return self._scalar(node, line)
        self.open.add(id(node))
        plain = self._inside(node, keys, line)
        self.open.discard(id(node))
        return plain

    def _inside(self, node: CommentedMap | CommentedSeq, keys: Keys, line: int) -> Any:
        """Return the entries of a mapping or list; merged ones (<<) have the mapping's line."""
        lines = node.lc.data or {}
        if isinstance(node, CommentedMap):
            return {
                str(key): self.value(
                    item, (*keys, str(key)), lines.get(key, (line - 1,))[0] + 1
                )
                for key, item in node.items()
            }
        return [
            self.value(item, (*keys, i), lines.get(i, (line - 1,))[0] + 1)
            for i, item in enumerate(node)
        ]

    def _scalar(self, node: Any, line: int) -> Any:
        """Return a scalar without ruamel.yaml's record of how it was written."""
        if isinstance(node, TaggedScalar):
            raise InputError(f"tag {node.tag.value!s:.40}", "remove it", self.path, line)
        if node is None or isinstance(node, bool):
            return node
        for plain in (int, float, str):
            if isinstance(node, plain):
                return plain(node)
        return bool(node) if type(node).__name__ == "ScalarBoolean" else str(node)

"""XML of any size: its elements as they end, each with its place, its words and its line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import reading

LARGEST = 1_000_000_000
"""Bytes; with projections written, files of real runs reach hundreds of millions."""

CHUNK = 1 << 16
LONGEST = 8_000_000
"""Bytes of one tag, or characters of one element's text; no program writes so many."""

DEEPEST = 100
"""Elements within one another; the programs stay below twenty."""

CUT = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
)
"""Expat's words for a file that ends too soon."""

Called = Callable[[str, Mapping[str, str]], str]
"""What an element is called in places, from its tag and attributes."""


@dataclass(frozen=True)
class Element(Line):
    """An element with its own text in words, and the line on which it begins.

    Attributes:
        place: what it and those round it are called, as "modeling/kpoints/weights".
        attributes: by name.
    """

    place: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its words, a blank between them."""
        return " ".join(self.words)


def by_tag(tag: str, attributes: Mapping[str, str]) -> str:
    """Elements are called by their tags."""
    return tag


def elements(
    path: Path, called: Called = by_tag, skipped: frozenset[str] = frozenset()
) -> Iterator[Element]:
    """All elements but those in `skipped` tags; an InputError tells where a file is damaged."""
    stream = _Stream(path, called, skipped)
    for chunk in _chunks(path):
        yield from stream.fed(chunk, last=False)
    yield from stream.fed(b"", last=True)


class _Stream:
    """The elements open at one place of the file, and those ended since the last look.

    The one object here that changes: Expat calls it back.
    """

    def __init__(self, path: Path, called: Called, skipped: frozenset[str]):
        self.path, self.called, self.skipped = path, called, skipped
        self.open: list[tuple[str, Mapping[str, str], int, list[str]]] = []
        self.ended: list[Element] = []
        self.within_skipped = self.bytes = self.held = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def fed(self, chunk: bytes, last: bool) -> list[Element]:
        """The elements that end in the next piece of the file."""
        self.ended = []
        self.bytes += len(chunk)
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self._told(error) from error
        except (LookupError, ValueError) as error:
            raise self._error("is in an unknown encoding", "save it as UTF-8") from error
        if not last and self.bytes - self.parser.CurrentByteIndex > LONGEST:
            raise self._error("has a tag without end", "name a file that the program wrote")
        return self.ended

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.within_skipped or tag in self.skipped:
            self.within_skipped += 1
            self.parser.CharacterDataHandler = None
            return
        if len(self.open) > DEEPEST:
            raise self._error(
                "nests elements without end", "name a file that the program wrote"
            )
        name = self.called(tag, attributes)
        place = f"{self.open[-1][0]}/{name}" if self.open else name
        self.open.append((place, attributes, self.parser.CurrentLineNumber, []))

    def _text(self, text: str) -> None:
        parts = self.open[-1][3]
        if text.isspace():
            text = " " if parts else ""
        if text:
            parts.append(text)
            self.held += len(text)
        if self.held > LONGEST:
            raise self._error(
                "has an element without end", "name a file that the program wrote"
            )

    def _end(self, tag: str) -> None:
        if self.within_skipped:
            self.within_skipped -= 1
            self.parser.CharacterDataHandler = None if self.within_skipped else self._text
            return
        place, attributes, line, parts = self.open.pop()
        text = "".join(parts)
        self.held -= len(text)
        self.ended.append(Element(self.path, line, tuple(text.split()), place, attributes))

    def _refuse_doctype(self, *declared: object) -> None:
        raise self._error(
            "declares a document type, which no such file does",
            "name a file that the program wrote",
        )

    def _told(self, error: expat.ExpatError) -> InputError:
        """What Expat found, for whoever ran the program."""
        if error.code in CUT:
            what = "ends in the middle: the run was stopped, or the file is cut"
            return InputError(what, "finish the run, or copy it whole", self.path, error.lineno)
        reason = expat.ErrorString(error.code)
        return InputError(
            f"is damaged ({reason})",
            "copy it again, or repeat the run",
            self.path,
            error.lineno,
        )

    def _error(self, what: str, remedy: str) -> InputError:
        return InputError(what, remedy, self.path, self.parser.CurrentLineNumber)


def _chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces."""
    with reading(path), path.open("rb") as file:
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"is larger than {LARGEST // 1_000_000} MB",
                "write it without projections and densities of states",
                path,
            )
        while chunk := file.read(CHUNK):
            yield chunk

"""XML files of any size: elements as they end, with their place, their words and their line.

Our own walk over Expat, because errors need line numbers, entity bombs must be refused, and
memory must stay small; `iterparse` gives none of these.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from nnpp.errors import InputError
from nnpp.files.tables import Line
from nnpp.files.text import opened

LARGEST = 1_000_000_000
"""Largest file [bytes]; files of real runs with projections reach hundreds of millions."""

CHUNK = 1 << 16
LONGEST = 8_000_000
"""Largest tag [bytes] and largest text of one element [characters]."""

DEEPEST = 100
"""Largest depth of nested elements; the programs stay below twenty."""

FOREIGN = "give a file that the program wrote"
TRUNCATED = (
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
)
"""Expat's error codes for a truncated file."""

Label = Callable[[str, Mapping[str, str]], str]
"""Returns the name of an element in places, from its tag and attributes."""


@dataclass(frozen=True, slots=True)
class Element(Line):
    """An element with its own text in words, and the line on which it begins.

    Attributes:
        place: labels of the enclosing elements and its own, as "modeling/kpoints/weights".
        attributes: attributes by name.
    """

    place: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words, separated by blanks."""
        return " ".join(self.words)


def elements(
    path: Path,
    label: Label = lambda tag, attributes: tag,
    skipped: frozenset[str] = frozenset(),
) -> Iterator[Element]:
    """Yield all elements as they end, except those with or within a tag in `skipped`."""
    stream = _Stream(path, label, skipped)
    for chunk in _chunks(path):
        yield from stream.feed(chunk, last=False)
    yield from stream.feed(b"", last=True)


class _Stream:
    """The open elements, and those that ended in the last chunk.

    A mutable object, because Expat calls it back.
    """

    def __init__(self, path: Path, label: Label, skipped: frozenset[str]):
        self.path, self.label, self.skipped = path, label, skipped
        self.open: list[tuple[str, Mapping[str, str], int, list[str]]] = []
        self.ended: list[Element] = []
        self.within_skipped = self.bytes = self.held = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, chunk: bytes, last: bool) -> list[Element]:
        """Return the elements that end in the next chunk of the file."""
        self.ended = []
        self.bytes += len(chunk)
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self._syntax_error(error) from error
        except (LookupError, ValueError) as error:
            raise self._error("is in an unknown encoding", "save it as UTF-8") from error
        if not last and self.bytes - self.parser.CurrentByteIndex > LONGEST:
            raise self._error("has a tag without end", FOREIGN)
        return self.ended

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.within_skipped or tag in self.skipped:
            self.within_skipped += 1
            self.parser.CharacterDataHandler = None
            return
        if len(self.open) > DEEPEST:
            raise self._error("nests elements without end", FOREIGN)
        name = self.label(tag, attributes)
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
            raise self._error("has an element without end", FOREIGN)

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
        raise self._error("declares a document type, which no such file does", FOREIGN)

    def _syntax_error(self, error: expat.ExpatError) -> InputError:
        """Return Expat's error in the words of a user."""
        if error.code in TRUNCATED:
            what = "ends in the middle: the run was stopped, or the file is truncated"
            remedy = "finish the run, or copy the complete file"
            return InputError(what, remedy, self.path, error.lineno)
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
    """Yield the file in chunks."""
    with opened(path) as file:
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"is larger than {LARGEST // 1_000_000} MB",
                "write it without projections and densities of states",
                path,
            )
        while chunk := file.read(CHUNK):
            yield chunk

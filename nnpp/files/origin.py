"""The file and line of each entry of a configuration, for errors that are found later."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nnpp.errors import InputError

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1."""

    path: Path
    line: int | None = None


@dataclass(frozen=True)
class Origin:
    """The places of all entries. All origins compare equal: a place does not change a fit.

    Attributes:
        path: the file of the configuration.
        places: the place of each entry, by the keys that lead to it.
    """

    path: Path | None = field(default=None, compare=False)
    places: Mapping[Keys, Place] = field(default_factory=dict, compare=False)

    def place(self, *keys: str | int) -> Place | None:
        """Return the place of the entry, or of the nearest enclosing entry that has one."""
        for depth in range(len(keys), -1, -1):
            if keys[:depth] in self.places:
                return self.places[keys[:depth]]
        return None if self.path is None else Place(self.path)

    def error(self, what: str, remedy: str, *keys: str | int) -> InputError:
        """Return an error at the line of the entry."""
        place = self.place(*keys)
        return InputError(what, remedy, place and place.path, place and place.line)

    @contextmanager
    def error_context(self, *keys: str | int) -> Iterator[None]:
        """Add the place of the entry to every InputError in the block that has no place."""
        try:
            yield
        except InputError as error:
            place = self.place(*keys)
            raise (error.at(place.path, place.line) if place else error) from error

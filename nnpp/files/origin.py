"""Where each entry of a configuration was written, for a later stage to cite the line."""

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
    """The places of all entries; origins are equal, as where it stands changes no fit.

    Attributes:
        path: the file that the configuration comes from.
        places: for the keys that lead to an entry, its place.
    """

    path: Path | None = field(default=None, compare=False)
    places: Mapping[Keys, Place] = field(default_factory=dict, compare=False)

    def place(self, *keys: str | int) -> Place | None:
        """The place of the entry, or of the nearest enclosing one that has a place."""
        for depth in range(len(keys), -1, -1):
            if keys[:depth] in self.places:
                return self.places[keys[:depth]]
        return None if self.path is None else Place(self.path)

    def error(self, what: str, remedy: str, *keys: str | int) -> InputError:
        """An error told of the line where the entry stands."""
        place = self.place(*keys)
        return InputError(what, remedy, place and place.path, place and place.line)

    @contextmanager
    def error_context(self, *keys: str | int) -> Iterator[None]:
        """Whatever error has no place of its own is told of this entry's."""
        try:
            yield
        except InputError as error:
            place = self.place(*keys)
            raise (error.at(place.path, place.line) if place else error) from error

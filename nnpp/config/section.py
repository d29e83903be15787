"""Sections of fit.yaml, mappings that refuse unknown keys, and the types of their values."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from nnpp.errors import suggest

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; text and booleans are refused."""

Positive = Annotated[Real, Field(gt=0)]
NotNegative = Annotated[Real, Field(ge=0)]
Share = Annotated[Real, Field(ge=0, lt=1)]

Whole = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""An integer from 0."""

Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
"""An integer from 1."""

Vector = tuple[Real, Real, Real]


def problem(what: str, remedy: str, *keys: str | int) -> PydanticCustomError:
    """Return an error for a validator; `keys` lead from its section to the wrong entry."""
    context = {"what": what, "remedy": remedy, "keys": keys}
    return PydanticCustomError("input", "{what}", context)


def either(kind: Callable[[Any], str | None], what: str, remedy: str) -> Discriminator:
    """Return a choice among tagged forms; `kind` returns the tag of a value."""
    return Discriminator(
        kind,
        custom_error_type="input",
        custom_error_message=what,
        custom_error_context={"remedy": remedy},
    )


class Section(BaseModel):
    """A mapping in fit.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def keys(cls) -> list[str]:
        """Return its keys as they are written in the file."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        """Raise an error at an unknown key that names the nearest known one."""
        known = cls.keys()
        for key in data if isinstance(data, dict) else ():
            if key not in known:
                raise problem(f"unknown key {key!r:.60}", suggest(str(key), known), key)
        return data


def same_length(
    a: Sequence[Any] | None, b: Sequence[Any] | None, names: str, *keys: str
) -> None:
    """Raise an error if two lists are given and differ in length."""
    if a is not None and b is not None and len(a) != len(b):
        raise problem(
            f"{names}: {len(a)} and {len(b)} entries", "give both the same length", *keys
        )


# `info` is pydantic's ValidationInfo or SerializationInfo, which beartype cannot check.


def _absolute(value: object, info: Any) -> object:
    """Return a file name, resolved from the folder of the file that contains it."""
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise problem(f"{value!r:.60} is not a file name", "write the name of a file")
    folder = (info.context or {}).get("folder")
    try:
        return Path(value) if folder is None else (Path(folder) / value).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise problem(f"{value!s:.60} cannot be resolved", "correct the name") from error


def _relative(path: Path, info: Any) -> str:
    """Return the file name relative to the folder of the file that is written."""
    folder = (info.context or {}).get("folder")
    return str(path) if folder is None else os.path.relpath(path, Path(folder).resolve())


FileName = Annotated[
    Path,
    BeforeValidator(_absolute),
    PlainSerializer(_relative, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A file name, relative to the file that contains it."""

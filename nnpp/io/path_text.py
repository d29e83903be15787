"""A path through the zone written as text, "L Γ X U|K Γ", as a fit.yaml spells it."""

from pydantic import ValidationError

from nnpp.errors import InputError
from nnpp.io.schema.kpoints import PathPoints

EXAMPLE = "write e.g. 'L Γ X U|K Γ', and 60 points"


def read_path_text(text: str, points: int = 60) -> PathPoints:
    """The path that `text` names, or the recommended one for "auto"."""
    try:
        return PathPoints(path=text, points=points)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        what = first["msg"] if name in first["msg"] else f"{name}: {first['msg']}"
        raise InputError(what, first.get("ctx", {}).get("remedy", EXAMPLE)) from error

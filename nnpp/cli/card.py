"""`nnpp card`."""

from pathlib import Path
from typing import Annotated

import typer

from nnpp.cli import console

Author = Annotated[str | None, typer.Option(help="Who made the potential [as its card says].")]
Licence = Annotated[str | None, typer.Option(help="Of the potential [as its card says].")]


def command(
    runs: Annotated[list[Path], typer.Argument(help="Runs that were fitted.")],
    author: Author = None,
    licence: Licence = None,
) -> None:
    """Write README.md into a run: a card by which a stranger can judge the potential."""
    from nnpp.formats.card import Wishes
    from nnpp.workflows.card.card import run_card

    console.wrote(list(run_card(runs, Wishes(author, licence))))

"""`nnpp schema`."""

import typer


def command() -> None:
    """Print the JSON Schema of fit.yaml, for editors."""
    from nnpp.workflows.schema import run_schema

    typer.echo(run_schema())

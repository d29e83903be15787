"""`nnpp schema`."""

from nnpp.cli import console


def command() -> None:
    """Print the JSON Schema of fit.yaml, for editors."""
    from nnpp.workflows.schema import run_schema

    console.say(run_schema())

"""`nnpp doctor`."""

import typer

from nnpp.cli import console


def command() -> None:
    """Show versions, devices, precision, threads and memory, and what to mend."""
    from nnpp.workflows.doctor import run_doctor

    findings = run_doctor()
    console.rows("nnpp doctor", [(f.what, f.found) for f in findings])
    for finding in findings:
        if finding.remedy:
            console.note(f"{finding.what}: {finding.remedy}")
    if not any(f.remedy for f in findings):
        typer.echo("all is well")

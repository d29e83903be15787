"""`nnpp doctor`."""

import typer

from nnpp.cli import console


def command() -> None:
    """Show versions, devices, precision, threads and memory, and what to mend."""
    from nnpp.workflows.doctor import run_doctor

    findings = run_doctor()
    console.rows("nnpp doctor", [(f.what, f.found) for f in findings])
    ill = [finding for finding in findings if finding.remedy]
    for finding in ill:
        console.note(f"{finding.what}: {finding.remedy}")
    if ill:
        raise typer.Exit(1)
    console.say("all is well")

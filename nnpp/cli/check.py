"""`nnpp check`, `doctor`, `schema`: what was read, the installation, the keys of fit.yaml."""

import json

from nnpp.cli import console
from nnpp.cli.header import begin
from nnpp.cli.options import INPUTS, Inputs


def check(inputs: Inputs = None) -> None:
    """Show what was read, its cost and warnings; compute nothing."""
    from nnpp.workflows.fits.read import read_fits

    fits = read_fits(inputs or [INPUTS])
    begin("check", fits)
    from nnpp.workflows.check import run_check  # imports JAX: input errors come before

    for report in console.progress(run_check(fits), "reading", len(fits)):
        console.rows(f"{report.name} ({report.source})", report.rows)
        for text in report.notes:
            console.note(text)
        for system in report.systems:
            console.rows(f"{report.name}/{system.name}", system.rows)
            for text in system.notes:
                console.note(f"{system.name}: {text}")


def doctor() -> None:
    """Show versions, devices and memory, and how to fix problems."""
    console.begin("doctor: versions, devices, and two small computations")
    from nnpp.workflows.doctor import run_doctor

    findings = run_doctor()
    problems = [(f.what, f.remedy) for f in findings if f.remedy]
    console.findings("nnpp doctor", [(f.what, f.found) for f in findings], problems)


def schema() -> None:
    """Print the JSON Schema of fit.yaml, for editors."""
    from nnpp.config.fit_yaml import json_schema

    console.say(json.dumps(json_schema(), indent=2, ensure_ascii=False))

"""report.csv: gaps, masses and deformation potentials of every crystal, for programs."""

from nnpp.observables.reports import Report


def report_csv(reports: tuple[Report, ...]) -> str:
    """system, quantity, unit, nnpp, reference, experiment; empty where there is no number."""
    lines = ["system,quantity,unit,nnpp,reference,experiment"]
    for report in reports:
        for row in report.rows:
            numbers = (row.here, row.reference, row.measured)
            cells = ["" if x is None else f"{x:.6g}" for x in numbers]
            lines.append(",".join([report.name, f'"{row.name}"', row.unit, *cells]))
    return "\n".join(lines) + "\n"

"""Reports as a page for people: one HTML file, without a script."""

from html import escape

from nnpp.observables.reports import Report
from nnpp.plotting.page import HEAD

PAGE = (
    HEAD
    + """\
body {{ margin: 0 auto; padding: 12px; max-width: 760px; background: white; color: #222;
       font: 15px/1.45 system-ui, sans-serif; }}
h1 {{ font-size: 1.3rem; }}
h2 {{ font-size: 1.1rem; margin: 20px 0 4px; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 3px 18px 3px 0; text-align: right; border-bottom: 1px solid #ddd;
         font-weight: normal; }}
th:first-child, td:first-child {{ text-align: left; }}
th {{ color: #555; }}
p {{ color: #555; margin: 4px 0; }}
</style>
</head>
<body>
<h1>{title}</h1>
{tables}
</body>
</html>
"""
)


def report_page(title: str, reports: tuple[Report, ...]) -> str:
    """One HTML page, without a script."""
    return PAGE.format(title=escape(title), tables="\n".join(map(_table, reports)))


def _table(report: Report) -> str:
    """One crystal."""
    source = f"experiment ({escape(report.source)})" if report.source else "experiment"
    head = "".join(f"<th>{x}</th>" for x in ("", "", "nnpp", "reference", source))
    rows = [
        "".join(f"<td>{escape(x)}</td>" for x in (row.name, row.unit, *row.words))
        for row in report.rows
    ]
    body = "\n".join(f"<tr>{x}</tr>" for x in (head, *rows))
    notes = "".join(f"\n<p>{escape(note)}</p>" for note in report.notes)
    return f"<h2>{escape(report.name)}</h2>\n<table>\n{body}\n</table>{notes}"

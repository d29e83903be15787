"""One look for every figure of a page: plotly layouts and traces as plain dictionaries."""

from typing import Any

Plot = dict[str, Any]
"""A figure, an axis or a trace, in the words of plotly."""
SMALL = "<sub>{}</sub>"
"""How a subscript is written."""
AXIS: Plot = {
    "showgrid": False,
    "zeroline": False,
    "showline": True,
    "mirror": True,
    "ticks": "inside",
    "linecolor": "#333333",
}
LAYOUT: Plot = {
    "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#222222"},
    "paper_bgcolor": "white",
    "plot_bgcolor": "white",
    "hovermode": "closest",
    "margin": {"l": 58, "r": 14, "t": 32, "b": 92},
    "legend": {"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.17, "yanchor": "top"},
}
SCREEN: Plot = {
    "responsive": True,
    "displaylogo": False,
    "showSendToCloud": False,  # plotly.js 4 offers by default to upload what is drawn
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "svg"},
}

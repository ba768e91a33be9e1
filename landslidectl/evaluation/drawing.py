"""Figures by matplotlib's objects, never through its global state: same data, same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from landslidectl.files.atomic import atomic_path

DOTS_PER_INCH = 150
PADDING_INCHES = 0.08
INK = "#222222"
MUTED = "#8a8a8a"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#7a6a00")
"""Okabe and Ito's, which the colour-blind can tell apart."""
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "legend.frameon": False,
}


@contextmanager
def drawn(path: Path, size_inches: tuple[float, float]) -> Iterator[Any]:
    """Give an empty figure and write it as a PNG when the block ends well."""
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    layout = ConstrainedLayoutEngine(w_pad=PADDING_INCHES, h_pad=PADDING_INCHES)
    with rc_context(STYLE):
        figure = Figure(figsize=size_inches, dpi=DOTS_PER_INCH, layout=layout)
        FigureCanvasAgg(figure)
        yield figure
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format="png", metadata={"Software": None})

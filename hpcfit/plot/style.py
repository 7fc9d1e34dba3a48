"""How all pictures look: sizes for the columns of a journal, colours that everybody and grey paper can tell.

Colours are those of Okabe and Ito (Color Universal Design, 2008), in an order in which neighbours differ in
brightness too; every series has a marker and a line of its own besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

#: width of one column and of two, inches
COLUMN, PAGE = 3.5, 7.0
BLUE, ORANGE, GREEN, RED, SKY, PINK, BLACK = COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#000000",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: tuple[Any, ...] = (
    "-",
    (0, (5, 2)),
    (0, (1, 1.2)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
INK, PALE, BAND = "#222222", "#8c8c8c", "#d4d4d4"
#: entries that a legend may have
_LEGEND = 16

#: for `matplotlib.rc_context`
RULES: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": True,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "hatch.linewidth": 0.5,
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.05,
    "image.composite_image": False,
    # The same picture is the same file, on every day and machine.
    "svg.hashsalt": "hpcfit",
    "svg.fonttype": "path",
}


def panels(
    rows: int, columns: int, width: float, height: float, **options: Any
) -> tuple[Figure, Sequence[Sequence[Axes]]]:
    """A figure of width x height inches with rows x columns panels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(w_pad=0.06, h_pad=0.06)  # type: ignore[call-arg]
    return figure, figure.subplots(rows, columns, squeeze=False, **options).tolist()


def whole_numbers(axis: Axis) -> None:
    """Ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))


def some(count: int, most: int) -> slice:
    """Every so many of `count` points, so that about `most` are drawn; all where there are no more."""
    return slice(None, None, max(1, -(-count // most)))


def series(k: int) -> dict[str, Any]:
    """Colour and marker of the k-th series of points; no two of 49 are alike."""
    return {"color": COLOURS[k % 7], "marker": MARKERS[(k + k // 7) % 7]}


def log_where_wide(axis: Axis, values: Sequence[float]) -> None:
    """A logarithmic axis for positive values over a decade or more; others stay linear."""
    from matplotlib.ticker import NullFormatter

    if min(values) > 0.0 and max(values) >= 10.0 * min(values):
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined]
        axis.set_minor_formatter(NullFormatter())


def note(figure: Figure, text: str) -> None:
    """A remark below the panels, such as what of more there is was drawn."""
    figure.supxlabel(text, fontsize=7, color=PALE)


def legend(place: Axes | Figure, entries: Sequence[Artist], **options: Any) -> None:
    """A legend of what is given, of the first entries only where they are many; none of nothing."""
    from matplotlib.lines import Line2D

    shown = list(entries)
    if len(shown) > _LEGEND:
        left = len(shown) - _LEGEND + 1
        shown = [*shown[: _LEGEND - 1], Line2D([], [], linestyle="none", label=f"and {left} more")]
    if shown:
        place.legend(handles=shown, **options)

"""A matrix of numbers between -1 and 1 as squares: area for the size, dark filled for plus, light for minus.

It can be read in grey and by everybody, where colours of two signs would look alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.style import BLUE, INK, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: the side of the square of 1, of the side of its cell
_SIDE = 0.86
_LIGHT = "#ffe2ad"


def draw_squares(
    axes: Axes,
    matrix: NDArray[np.float64],
    shown: NDArray[np.bool_] | None = None,
    aspect: Literal["equal", "auto"] = "equal",
) -> None:
    """Draw `matrix` (rows, columns), the first row on top; only where `shown`."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    rows, columns = matrix.shape
    for positive, face, edge in ((True, BLUE, BLUE), (False, _LIGHT, ORANGE)):
        patches = []
        for i, j in np.argwhere((matrix >= 0.0) == positive).tolist():
            side = _SIDE * float(np.sqrt(min(abs(matrix[i, j]), 1.0)))
            if (shown is None or shown[i, j]) and side > 0.0:
                patches.append(Rectangle((j - side / 2, i - side / 2), side, side))
        axes.add_collection(PatchCollection(patches, facecolor=face, edgecolor=edge, linewidth=0.7))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_aspect(aspect)
    axes.tick_params(length=0)
    for side_name in ("left", "bottom"):
        axes.spines[side_name].set_visible(False)
    _grid(axes, rows, columns)


def explain_signs(axes: Axes, what: str) -> None:
    """Two entries of a legend above the matrix: what dark and light squares are."""
    from matplotlib.patches import Patch

    axes.legend(
        handles=[
            Patch(facecolor=BLUE, edgecolor=BLUE, label=f"{what} > 0"),
            Patch(facecolor=_LIGHT, edgecolor=ORANGE, label=f"{what} < 0"),
        ],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2,
        borderaxespad=0.2,
        handlelength=1.0,
        handleheight=1.0,
        columnspacing=1.2,
    )


def _grid(axes: Axes, rows: int, columns: int) -> None:
    for k in range(rows + 1):
        axes.axhline(k - 0.5, color=INK, linewidth=0.3, alpha=0.35)
    for k in range(columns + 1):
        axes.axvline(k - 0.5, color=INK, linewidth=0.3, alpha=0.35)

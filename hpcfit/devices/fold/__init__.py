"""Folding on a device: rows of [J | r] where they lie in the predictions, to a triangle for each chunk.

rows                which predictions enter, with weights and references, cut into spans
folding             what all ways have in common
sums_source         its kernels
householder         blocked Householder reflections in shared memory, the usual way
householder_source  its kernels
block_shape         how many threads and how much shared memory these take
cholesky            CholeskyQR2, with a check of the conditioning
library             the QR of the device's own library, for many columns
pieces              a chunk of many columns, a piece of its rows after the other
choice              which way is used
"""

from hpcfit.devices.fold.choice import folding_for
from hpcfit.devices.fold.folding import Folding
from hpcfit.devices.fold.pieces import FoldedPieces
from hpcfit.devices.fold.rows import PlacedRows

__all__ = ["FoldedPieces", "Folding", "PlacedRows", "folding_for"]

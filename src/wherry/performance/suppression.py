"""Which cells of a table to withhold so that nobody can work out, from what is shown, how many few people there were.

A cell is sensitive in a layer (those counted, those not counted) where its count lies between nothing and the
threshold. A withheld cell is protected when the sums that are shown also allow it to be the threshold or more. What
protects it is shown to exist, not hoped for: in a line, others withheld that could give it the difference; in a table,
the hypercube method (Giessing and Repsilber, Tools and strategies to protect multiple tables with the GHQUAR cell
suppression engine, 2002): a rectangle of withheld cells round which the difference can be passed with every sum
unchanged. Every shown figure may be known exactly: rounding only adds to the protection.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_SLACK = 1e-9


def small(counts: Counts, threshold: float) -> Mask:
    """Counts above nothing and under the threshold. Missing ones (NaN) are not."""
    found: Mask = (counts > _SLACK) & (counts < threshold - _SLACK)
    return found


def sensitive(layers: Sequence[Counts], threshold: float) -> Mask:
    """Cells that are small in any layer."""
    found: Mask = np.any([small(layer, threshold) for layer in layers], axis=0)
    return found


def hide_line(layers: Sequence[Counts], threshold: float) -> Mask | None:
    """Which of some parts to withhold where their sum is shown; None where only withholding the sum too would do.

    `layers` are arrays [part], of which NaN is not there. The sum itself must not be small.

    >>> hide_line([np.array([3.0, 20.0, 9.0])], 5)
    array([ True, False,  True])
    >>> hide_line([np.array([1.0, 1.0, 1.0, 20.0])], 5)
    array([ True,  True,  True,  True])
    >>> hide_line([np.array([3.0, 0.0])], 5) is None
    True
    """
    known = [np.nan_to_num(layer) for layer in layers]
    here = ~np.isnan(layers[0])
    hidden = sensitive(layers, threshold)
    needy = [(layer, at) for layer in known for at in np.flatnonzero(small(layer, threshold))]
    for layer, at in needy:
        lacking = threshold - layer[at] - (layer[hidden].sum() - layer[at])
        while lacking > _SLACK:
            others = np.flatnonzero(here & ~hidden & (layer > _SLACK))
            if not len(others):
                return None
            enough = others[layer[others] >= lacking - _SLACK]
            more = enough[np.argmin(layer[enough])] if len(enough) else others[np.argmax(layer[others])]
            hidden[more] = True
            lacking -= layer[more]
    return hidden


def hide_table(
    layers: Sequence[Counts], threshold: float, *, margin: bool = False, underived: Mask | None = None
) -> Mask | None:
    """Which cells of a table to withhold where every row's sum is shown; None where only withholding them all would do.

    `layers` are arrays [row, column]. With `margin` the last row is the sum of the others and is a row of cells like
    them; without it the columns' sums are shown too, beside the table. `underived` are cells that are never shown, but
    that a reader could derive: they are protected like all others, and cost nothing to withhold.

    >>> hide_table([np.array([[3.0, 30, 40], [20, 9, 50], [60, 70, 80]])], 5)
    array([[ True,  True, False],
           [ True,  True, False],
           [False, False, False]])
    """
    known = [np.nan_to_num(layer) for layer in layers]
    hidden = sensitive(known, threshold)
    if underived is not None:
        hidden = hidden | underived
    weight = _weights(known, margin)
    for layer in known:
        for row, column in np.argwhere(small(layer, threshold)):
            found = _rectangle(layer, row, column, threshold - layer[row, column], hidden, weight, margin)
            if found is None:
                return None
            other_row, other_column = found
            hidden[np.ix_([row, other_row], [column, other_column])] = True
    return hidden


def _weights(layers: Sequence[Counts], margin: bool) -> Counts:
    """What it costs to withhold a cell: one, more for one that is large in its row, and more again for everybody's."""
    size = np.sum(layers, axis=0)
    weight: Counts = 1.0 + 10.0 * size / np.maximum(1.0, size.max(axis=1, keepdims=True))
    if margin:
        weight[-1] *= 3.0
    return weight


def _rectangle(
    layer: Counts, row: int, column: int, lacking: float, hidden: Mask, weight: Counts, margin: bool
) -> tuple[int, int] | None:
    """The other row and column of the cheapest rectangle that can pass `lacking` to a cell; None where none can.

    Round a rectangle of two rows and two columns, what one corner gains its two neighbours lose and the opposite
    corner gains. With the margin as one of the rows, both rows gain in one column and lose in the other.
    """
    last = len(layer) - 1
    gives = layer >= lacking - _SLACK
    if margin and row == last:
        able = gives.copy()  # each other row gives from another column to this one
    else:
        able = gives[row][None, :] & gives[:, column][:, None]
        if margin:
            able[last] = gives[row]
    able[row] = False
    able[:, column] = False
    if not able.any():
        return None
    price = np.where(hidden, 0.0, weight)
    cost = np.where(able, price[row][None, :] + price[:, column][:, None] + price, np.inf)
    at = int(np.argmin(cost))
    return at // layer.shape[1], at % layer.shape[1]

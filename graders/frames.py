"""pandas on the channel: frames, series and indexes as columns of arrays or of scalars.

Part of graders.codec, whose Writer and Reader are passed in. Columns of numpy's types travel as
arrays; those of pandas' own as scalars with the dtype's name, missing ones as None.

Categories and the labels of a MultiIndex are hashed by pandas, which has no secret to hash with: so
that colliding ones cost little, there may be few.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from graders.errors import Tampered

if TYPE_CHECKING:
    from graders.codec import Reader, Writer

MAX_ROWS = 500_000  # where no column has them
MAX_CATEGORIES = 1_000
MAX_MULTI_ROWS = 10_000
_DTYPES = frozenset(
    {"object", "str", "string", "boolean", "Float32", "Float64"}
    | {"Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"}
)


class NotAFrame(Exception):
    """Something of pandas that cannot be copied, or holds what cannot, and so becomes a reference."""


def write(writer: Writer, value: Any) -> list[Any]:
    """The node of a DataFrame, Series or Index. Raises NotAFrame, TooLarge."""
    pandas = sys.modules["pandas"]
    kind = type(value)
    if kind is pandas.DataFrame:
        columns = [_column(writer, value.iloc[:, position]) for position in range(value.shape[1])]
        index = _index(writer, pandas, value.index, bare=not columns)
        return ["df", _index(writer, pandas, value.columns), index, columns]
    if kind is pandas.Series:
        column = _column(writer, value)
        return ["se", column, _index(writer, pandas, value.index, bare=False), _label(writer, value.name)]
    if issubclass(kind, pandas.Index):
        return ["ix", _index(writer, pandas, value)]
    raise NotAFrame


def _column(writer: Writer, values: Any) -> list[Any]:
    from graders.codec import dtype_name

    dtype = values.dtype
    if str(dtype) == "category":
        categories = values.array
        labels = categories.categories
        if len(labels) > MAX_CATEGORIES:
            raise NotAFrame
        codes = writer.array(categories.codes.astype("i4"))
        return ["k", codes, [_label(writer, label) for label in labels], bool(categories.ordered)]
    if isinstance(dtype, np.dtype) and dtype_name(dtype):
        return writer.array(values.to_numpy())
    if str(dtype) not in _DTYPES:
        raise NotAFrame
    return ["o", str(dtype), [_label(writer, item) for item in values.astype(object)]]


def _index(writer: Writer, pandas: Any, index: Any, *, bare: bool = True) -> list[Any]:
    names = [_label(writer, name) for name in index.names]
    if type(index) is pandas.RangeIndex:
        if bare and len(index) > MAX_ROWS:
            raise NotAFrame
        return ["r", [index.start, index.stop, index.step], names]
    if type(index) is pandas.MultiIndex:
        if len(index) > MAX_MULTI_ROWS:
            raise NotAFrame
        return ["m", [[_label(writer, part) for part in row] for row in index], names]
    if type(index) in (pandas.Index, pandas.CategoricalIndex, pandas.DatetimeIndex, pandas.TimedeltaIndex):
        return ["v", _column(writer, index), names]
    raise NotAFrame


def _label(writer: Writer, value: Any) -> Any:
    from graders.codec import is_key

    if isinstance(value, np.generic):
        value = value.item()
    if value is sys.modules["pandas"].NA:
        value = None
    if not is_key(value):
        raise NotAFrame
    return writer.key(value)


def read_frame(reader: Reader, node: Any) -> Any:
    """The DataFrame of `["df", columns, index, values]`."""
    import pandas

    _, columns, index, values = node
    # Their bytes come in the order they were written: the columns' values before the labels.
    read = [read_column(reader, column) for column in values]
    rows = read_index(reader, index, len(read[0]) if read else None)
    labels = read_index(reader, columns)
    frame = pandas.DataFrame(dict(enumerate(read)), index=rows)
    frame.columns = labels
    return frame


def read_series(reader: Reader, node: Any) -> Any:
    """The Series of `["se", values, index, name]`."""
    import pandas

    _, values, index, name = node
    column = read_column(reader, values)
    return pandas.Series(column, index=read_index(reader, index, len(column)), name=reader.key(name))


def read_column(reader: Reader, node: Any) -> Any:
    """A column's values: an array of numpy's, or of pandas'."""
    import pandas

    if node[0] == "a":
        array = reader.array(node)
        _expect(array.ndim == 1)
        return array
    if node[0] == "k":
        _, codes, labels, ordered = node
        _expect(type(labels) is list and len(labels) <= MAX_CATEGORIES and type(ordered) is bool)
        places = reader.array(codes)
        _expect(places.dtype == "i4" and places.ndim == 1)
        return pandas.Categorical.from_codes(places, [reader.key(label) for label in labels], ordered=ordered)
    tag, dtype, items = node
    _expect(tag == "o" and dtype in _DTYPES and type(items) is list)
    return pandas.array([reader.key(item) for item in items], dtype=dtype)


def read_index(reader: Reader, node: Any, rows: int | None = None) -> Any:
    """An Index; of `rows` labels, when that is known."""
    import pandas

    tag, values, names = node
    names = [reader.key(name) for name in names]
    if tag == "r":
        _expect(len(values) == 3 and all(type(part) is int for part in values))
        index = pandas.RangeIndex(*values, name=names[0])
        _expect(len(index) == rows if rows is not None else len(index) <= MAX_ROWS)
        return index
    if tag == "m":
        _expect(type(values) is list and len(values) <= MAX_MULTI_ROWS)
        return pandas.MultiIndex.from_tuples(
            [tuple(reader.key(part) for part in row) for row in values], names=names
        )
    _expect(tag == "v")
    return pandas.Index(read_column(reader, values), name=names[0])


def _expect(holds: bool) -> None:
    if not holds:
        raise Tampered("a node of unknown form")

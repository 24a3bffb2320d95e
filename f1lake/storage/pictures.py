"""Small plots and previews of tables, as Markdown for the Dagster UI.

Plots are SVG within the text: a few kilobytes, and no figure library to load in every run
(docs/decisions/0008-plots-as-svg-text.md). The file of a table decides what it shows.
"""

import base64
from collections.abc import Callable, Iterable
from html import escape

import polars as pl

WIDTH, HEIGHT, LEFT, RIGHT, LINE = 680, 240, 44, 190, 18
"""Size of a plot, its margins (the right one is for the labels), and the height of a line of text, in pixels."""
COLORS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#8c564b", "#17becf", "#7f7f7f")
ROWS, COLUMNS, LETTERS = 8, 10, 40


def lines(frame: pl.DataFrame, x: str, y: str, of: str) -> str:
    """Draws a line per value of column `of`, with points ordered by `x`, labelled at the right with its last value.

    `x` and `y` are numbers; nulls are left out. Nothing for a frame without points.
    """
    points = frame.select(of, x, y).drop_nulls().sort(x)
    if points.is_empty():
        return ""
    x_low, x_high, y_low, y_high = points.select(
        low=pl.col(x).min(), high=pl.col(x).max(), bottom=pl.min_horizontal(0, pl.col(y).min()),
        top=pl.max_horizontal(0, pl.col(y).max()),
    ).row(0)
    across, up = _scale(x_low, x_high, LEFT, WIDTH - RIGHT), _scale(y_low, y_high, HEIGHT - 2 * LINE, LINE)
    marks = [_line(LEFT, up(value), WIDTH - RIGHT, up(value), "#ddd") for value in {y_low, 0, y_high}]
    marks += [_text(LEFT - 6, up(value) + 4, _number(value), "end") for value in {y_low, 0, y_high}]
    marks += [_text(across(value), HEIGHT - LINE / 2, f"{x} {_number(value)}", "middle") for value in {x_low, x_high}]
    latest = points.group_by(of).agg(pl.col(y).last()).sort(y, of, descending=[True, False]).head(len(COLORS))
    for place, ((name, value), color) in enumerate(zip(latest.iter_rows(), COLORS, strict=False)):
        own = points.filter(pl.col(of) == name).select(x, y).iter_rows()
        path = " ".join(f"{across(at):.1f},{up(height):.1f}" for at, height in own)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        marks.append(_text(WIDTH - RIGHT + 12, 2 * LINE + LINE * place, f"{name} {_number(value)}", color=color))
    return _picture(f"{y} by {x}", marks, HEIGHT)


def bars(frame: pl.DataFrame, label: str, value: str) -> str:
    """Draws a bar per row for a non-negative number, in the order of the frame, between its label and the number.

    Nulls are left out. Empty for a frame without rows.
    """
    rows = frame.select(label, value).drop_nulls()
    if rows.is_empty():
        return ""
    along = _scale(0, max(1, *rows[value]), 0, WIDTH - 2 * RIGHT)
    marks = []
    for place, (name, number) in enumerate(rows.iter_rows()):
        top = 1.5 * LINE + LINE * place
        marks.append(_text(RIGHT - 8, top + LINE - 5, str(name), "end"))
        size = f'width="{along(number):.1f}" height="{LINE - 4}"'
        marks.append(f'<rect x="{RIGHT}" y="{top}" {size} fill="{COLORS[0]}"/>')
        marks.append(_text(RIGHT + along(number) + 6, top + LINE - 5, _number(number)))
    return _picture(value, marks, 2 * LINE + LINE * rows.height)


def most_of(frame: pl.DataFrame, label: str, value: str) -> str:
    """The rows with the highest values: bars of the first ones, and their rows."""
    most = frame.sort(value, label, descending=[True, False]).head(2 * ROWS)
    return bars(most, label, value) + preview(most)


def preview(frame: pl.DataFrame) -> str:
    """The first rows and columns of a frame as a table."""
    with pl.Config(
        tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_rows=ROWS,
        tbl_cols=COLUMNS, fmt_str_lengths=LETTERS, tbl_width_chars=1000,
    ):
        return f"\n\n{frame.head(ROWS)}\n"


def _picture(title: str, marks: Iterable[str], height: float) -> str:
    """The drawing with a title, as a Markdown image that contains its own data."""
    drawing = "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>',
        _text(WIDTH / 2, LINE - 5, title, "middle"), *marks, "</svg>",
    ])
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()})"


def _scale(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    """Maps `low` to `high` onto the pixels `first` to `last`."""
    return lambda value: first + (last - first) * (value - low) / ((high - low) or 1)


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", color: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:g}"

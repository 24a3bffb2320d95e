"""Numbers and durations as the API writes them.

What does not belong here: which of them an answer has (`answers.py`).
"""

import polars as pl


def text(column: str) -> pl.Expr:
    """A number, a day or a text as it is."""
    return pl.col(column).cast(pl.String)


def decimal_text(column: str) -> pl.Expr:
    """`25` for 25.0, else the number as it is."""
    return pl.col(column).cast(pl.String).str.strip_suffix(".0")


def time_text(column: str) -> pl.Expr:
    """Milliseconds as `1:32:28.105`, `1:20.122` or `59.300`."""
    ms = pl.col(column)
    hours, minutes, rest = ms // 3_600_000, ms // 60_000 % 60, _seconds(ms)
    return (
        pl.when(hours > 0)
        .then(pl.format("{}:{}:{}", hours, _two_digits(minutes), rest))
        .when(minutes > 0)
        .then(pl.format("{}:{}", minutes, rest))
        .otherwise(rest.str.strip_prefix("0"))
    )


def winners_time_text(column: str) -> pl.Expr:
    """A winner's time as the API has it: without its seconds if they are whole."""
    whole = time_text(column)
    return pl.when(pl.col(column) % 1000 == 0).then(whole.str.head(-len(":00.000"))).otherwise(whole)


def gap_text(ms: pl.Expr) -> pl.Expr:
    """A gap as `+5.123` or `+1:05.123`; hours without minutes lack these, as in the API."""
    hours, minutes, rest = ms // 3_600_000, ms // 60_000 % 60, _seconds(ms)
    with_minutes = pl.when(minutes > 0).then(pl.format("{}:{}", _two_digits(minutes), rest)).otherwise(rest)
    with_hours = (
        pl.when(hours > 0).then(pl.format("{}:{}", _two_digits(hours), with_minutes)).otherwise(with_minutes)
    )
    return pl.format("+{}", with_hours.str.strip_prefix("0"))


def cut_millis_text(column: str) -> pl.Expr:
    """Milliseconds as the API makes them of a float of seconds: some are one too small."""
    return (pl.col(column) / 1000 * 1000).floor().cast(pl.Int64).cast(pl.String)


def _seconds(ms: pl.Expr) -> pl.Expr:
    return pl.format("{}.{}", _two_digits(ms // 1000 % 60), (ms % 1000).cast(pl.String).str.zfill(3))


def _two_digits(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(2)

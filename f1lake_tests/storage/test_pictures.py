"""Plots and previews: what is in the picture, and to which materialization it is attached."""

import base64
import re
from xml.etree import ElementTree

import dagster as dg
import polars as pl
import pytest

from f1lake.partitions import SEASONS
from f1lake.storage.contract import enforced, table
from f1lake.storage.pictures import bars, lines, preview
from f1lake_tests.storage.tables import IO_MANAGERS, QUIET, Points, new_table


def drawn(markdown: str) -> ElementTree.Element:
    """The drawing in an image of Markdown."""
    data = re.search(r"data:image/svg\+xml;base64,([^)]+)\)", markdown)
    assert data, markdown
    return ElementTree.fromstring(base64.b64decode(data[1]))


def words(markdown: str) -> list[str]:
    return [text.text or "" for text in drawn(markdown).iter("{http://www.w3.org/2000/svg}text")]


def test_a_line_rises_with_its_points_and_is_named_with_the_last_one() -> None:
    frame = pl.DataFrame({"who": ["a", "a", "b", "b"], "round": [2, 1, 1, 2], "points": [10, 5, 3, None]})
    drawing = lines(frame, "round", "points", "who")
    first, second = drawn(drawing).iter("{http://www.w3.org/2000/svg}polyline")
    (x1, y1), (x2, y2) = [map(float, point.split(",")) for point in first.attrib["points"].split()]
    assert x1 < x2
    assert y1 > y2, "pixels count from the top"
    assert len(second.attrib["points"].split()) == 1
    assert {"a 10", "b 3", "round 1", "round 2", "0", "10"} <= set(words(drawing))


def test_bars_are_as_long_as_their_numbers_and_names_are_escaped() -> None:
    drawing = bars(pl.DataFrame({"who": ["A&B", "c"], "wins": [40, 10]}), "who", "wins")
    widths = [float(bar.attrib["width"]) for bar in list(drawn(drawing).iter("{http://www.w3.org/2000/svg}rect"))[1:]]
    assert widths[0] == pytest.approx(4 * widths[1])
    assert {"A&B", "40"} <= set(words(drawing))


def test_a_preview_is_a_table_of_markdown() -> None:
    head, rule, row = preview(pl.DataFrame({"driver_id": ["senna"], "wins": [41]})).strip().splitlines()
    assert head.split() == ["|", "driver_id", "|", "wins", "|"]
    assert row.split() == ["|", "senna", "|", "41", "|"]
    assert set(rule) <= {"|", "-"}


def test_only_the_newest_season_of_a_run_has_rows_shares_of_nulls_and_a_picture(lake) -> None:
    name = new_table("gold", Points)

    @dg.asset(**table(name, Points), partitions_def=SEASONS)
    @enforced(Points, shown=lambda frame: bars(frame, "driver", "points") + preview(frame))
    def made() -> pl.DataFrame:
        return pl.DataFrame(
            {"season": [2024, 2025, 2025], "driver": ["a", "a", "b"], "points": [1.0, None, 2.0],
             "kind": ["sum", "sum", "sum"]}, schema=Points.create_empty().schema
        )  # fmt: skip

    tags = {"dagster/asset_partition_range_start": "2024", "dagster/asset_partition_range_end": "2025"}
    result = dg.materialize([made], resources=IO_MANAGERS, tags=tags, run_config=QUIET)
    events = [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]
    by_season = {event.partition: event.metadata for event in events}
    assert set(by_season) == {"2024", "2025"}
    assert "picture" not in by_season["2024"]
    assert "a" in words(by_season["2025"]["picture"].value)
    assert by_season["2025"]["nulls"].value == {"points": "33 %"}
    assert "dagster/row_count" not in by_season["2024"], "the rows of the run are not those of this season"
    assert by_season["2025"]["dagster/row_count"].value == 2

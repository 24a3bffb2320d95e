"""A lake holds one world: real rows and invented ones are never mixed."""

import polars as pl
import pytest

from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.world import FIRST_TABLE, MixedWorldsError, is_invented, require_same_world


def from_(*sources: str) -> list[pl.DataFrame]:
    return [pl.DataFrame({"season": [2026], "source": [source]}) for source in sources]


@pytest.mark.parametrize(
    ("held", "new"),
    [("jolpica", "invented (seed 7)"), ("invented (seed 7)", "recorded"), ("invented (seed 7)", "invented (seed 8)")],
)
def test_a_lake_refuses_rows_of_another_world(lake: str, held: str, new: str) -> None:
    require_same_world("raw/laps", from_(new))
    RawIOManager().write(FIRST_TABLE, "2026", *from_(held))
    with pytest.raises(MixedWorldsError, match=r"raw/laps: .*never mixed"):
        require_same_world("raw/laps", from_(new))
    require_same_world("raw/laps", from_(held))
    assert is_invented() == held.startswith("invented")


def test_real_rows_from_several_sources_are_of_one_world_and_no_rows_of_any(lake: str) -> None:
    assert not is_invented()
    RawIOManager().write(FIRST_TABLE, "2026", *from_("recorded"))
    require_same_world("raw/laps", [*from_("jolpica"), pl.DataFrame({"season": [], "source": []})])
    with pytest.raises(MixedWorldsError):
        require_same_world("raw/laps", from_("jolpica", "invented (seed 7)"))

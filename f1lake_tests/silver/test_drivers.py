"""silver/drivers: names."""

from collections.abc import Callable

import polars as pl

from f1lake.silver.drivers import drivers
from f1lake_tests.silver.small import car, results


def test_one_row_a_driver_and_season_named_as_in_the_last_session(made: Callable[..., pl.DataFrame]) -> None:
    rows = pl.concat(
        [
            results(2025, 2, car("antonelli", 4, givenName="Kimi", familyName="Antonelli")),
            results(
                2025,
                1,
                car("antonelli", 4, givenName="Andrea Kimi", familyName="Antonelli"),
                car("norris", 1),
            ),
            results(2026, 1, car("norris", 1)),
        ]
    )
    made_of_it = made(drivers, rows).sort("season", "driver_id")
    assert made_of_it.select("season", "driver_id", "given_name").rows() == [
        (2025, "antonelli", "Kimi"),
        (2025, "norris", "Norris"),
        (2026, "norris", "Norris"),
    ]


def test_a_driver_who_only_qualified_has_a_name_too(made: Callable[..., pl.DataFrame]) -> None:
    rows = results(1994, 1, car("gounon", 27), session="Qualifying")
    assert made(drivers, rows)["driver_id"].to_list() == ["gounon"]

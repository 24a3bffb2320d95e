"""The season by season tables of drivers and teams, against their careers in gold."""

import polars as pl

from f1lake.app.live import Snapshot
from f1lake.app.queries import careers


def test_a_team_counts_races_and_not_cars(snapshot: Snapshot):
    seasons = careers.team_seasons(snapshot.tables, "mercedes")
    assert seasons.select("season", "races", "wins", "podiums").rows() == [(2026, 2, 2, 4)]


def test_a_driver_has_a_row_a_season_with_place_and_points(snapshot: Snapshot):
    seasons = careers.driver_seasons(snapshot.tables, "michael")
    found = seasons.select("season", "races", "wins", "position", "points", "is_over").rows()
    assert found == [(2006, 2, 1, 1, 20.0, True)]


def test_the_form_is_the_latest_sessions_first_sprints_included(snapshot: Snapshot):
    found = careers.form(snapshot.tables, "bottas").select("event_name", "session", "position", "status_class").rows()
    assert found == [
        ("Chinese Grand Prix", "Race", 4, "retired"), ("Chinese Grand Prix", "Sprint", 3, "classified"),
        ("Australian Grand Prix", "Race", 4, "retired"),
    ]


def test_a_pair_of_team_mates_is_shown_once(snapshot: Snapshot):
    duel = snapshot.tables["gold/teammate_duels"]
    other = duel.with_columns(driver_id=pl.lit("russell"), team_mate_id=pl.lit("antonelli"))
    both = {**snapshot.tables, "gold/teammate_duels": pl.concat([duel, other])}
    assert careers.team_duels(both, "mercedes", 2026).height == 1

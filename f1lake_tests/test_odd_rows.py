"""A season with everything odd at once that the services really sent in 2026: the rest is stored and right."""

import gzip
import json
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from f1lake import runs
from f1lake.automation.due.suspects import renamed_ids
from f1lake.home import dagster_home
from f1lake.settings import settings
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream import budget
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.whole_lake import contents

Json = dict[str, Any]
SEASON = 2024
KEYS = {"Race": "results", "Sprint": "sprint", "Qualifying": "qualifying"}


def the_season(recording: Path) -> list[Json]:
    """The races of the season as recorded, with laps of one race."""
    races = json.loads(gzip.decompress((recording / f"{SEASON}.json.gz").read_bytes()))["races"]
    return [race if race["round"] == "6" else {k: v for k, v in race.items() if k != "laps"} for race in races]


def written(folder: Path, recording: Path, races: list[Json]) -> Path:
    """The recording, with these races of the one season."""
    folder.mkdir()
    for file in recording.iterdir():
        (folder / file.name).symlink_to(file)
    changed = folder / f"{SEASON}.json.gz"
    changed.unlink()
    changed.write_bytes(gzip.compress(json.dumps({"season": str(SEASON), "races": races}).encode()))
    return folder


def of(race: Json, driver: str, session: str = "results") -> Json:
    return next(row for row in race[session] if row["Driver"]["driverId"] == driver)


def odd(races: list[Json]) -> None:
    """What the services sent, one kind a race; races 1 to 3 and 15 on stay as they are."""
    fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth, thirteenth, fourteenth = races[3:14]
    for name in ("grid", "laps", "number"):
        of(fourth, "albon")[name] = None
    of(fourth, "albon")["position"] = of(fourth, "albon")["positionText"] = None
    of(fourth, "sargeant")["points"] = None
    for name in ("grid", "position", "laps", "number"):
        of(fourth, "sargeant").pop(name)
    of(fourth, "norris")["FastestLap"] = None
    of(fourth, "piastri")["FastestLap"] |= {"rank": None, "lap": None, "Time": None}
    del of(fourth, "alonso")["FastestLap"]["rank"]
    fifth["Circuit"]["Location"] = None  # China, whose sprint the schedule lacks beside
    del fifth["Sprint"]
    races[13:13] = [_of_calendar(thirteenth) | {"raceName": "Grand Prix of Elsewhere"}, _of_calendar(fourteenth)]
    del sixth["Circuit"]["Location"]["country"]
    sixth["laps"][0]["Timings"][1].pop("position")
    for timing in sixth["laps"][1]["Timings"]:
        timing.pop("position")
    sixth["laps"][2]["Timings"][0]["position"] = None
    sixth["pitstops"][0].pop("lap")
    sixth["pitstops"][1]["lap"] = None
    of(seventh, "norris")["positionText"] = "?"
    eighth["results"].insert(3, dict(eighth["results"][2]))
    ninth["results"].append(of(ninth, "gasly") | {"points": "25", "number": "99"})
    first, second = of(tenth, tenth["results"][0]["Driver"]["driverId"]), tenth["results"][1]
    second["Time"] = {"millis": str(int(first["Time"]["millis"]) - 1000), "time": ""}
    of(eleventh, "sainz")["number"] = "None"
    twelfth["qualifying"][4]["position"] = None
    races.append(_of_calendar(races[-1]) | {
        "round": str(int(races[-1]["round"]) + 1), "raceName": "Grand Prix of Nowhere",
        "Circuit": {"circuitId": "nowhere", "circuitName": "Nowhere"},
    })
    for name in ("date", "time", "FirstPractice", "SecondPractice", "ThirdPractice", "Qualifying", "Sprint",
                 "SprintQualifying", "url"):
        races[-1].pop(name, None)


def _of_calendar(race: Json) -> Json:
    """What the calendar says of a race."""
    return {key: value for key, value in race.items() if not isinstance(value, list)}


@pytest.fixture
def lake_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`lake_of(races, "name")` is everything of the lake that a recording of these races gives."""

    def build(recording: Path, races: list[Json], name: str) -> dict[str, pl.DataFrame]:
        monkeypatch.setenv("F1LAKE_UPSTREAM", str(written(tmp_path / f"{name}-recording", recording, races)))
        monkeypatch.setenv("F1LAKE_NOW", f"{SEASON}-12-31T12:00:00Z")
        monkeypatch.setenv("F1LAKE_FROM_SEASON", str(SEASON))
        monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / name))
        collect()
        return built()

    return build


def collect() -> None:
    """Collect what is due of all seasons of the settings' lake, laps included."""
    dagster_home()
    with dg.DagsterInstance.get() as instance:
        runs.collect_due(instance, laps_from=settings().from_season)


def built() -> dict[str, pl.DataFrame]:
    """Everything of that lake, made of what was collected."""
    first = settings().from_season
    with dg.DagsterInstance.get() as instance:
        runs.run("build", instance, (str(first), str(first)))
    return contents()


def told_of_calendar() -> dict[str, object]:
    """What the run that collected the calendar says of it."""
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["raw", "event_schedule"]))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: told.value for name, told in event.asset_materialization.metadata.items()}


def test_all_that_is_odd_at_once_keeps_nothing_else_out(recording: Path, lake_of) -> None:
    whole = lake_of(recording, the_season(recording), "whole")
    races = the_season(recording)
    odd(races)
    found = lake_of(recording, races, "odd")

    raw = RawIOManager().read("raw/session_results").collect()
    bronze, silver = found["bronze/session_results"], found["silver/session_results"]
    for name, table in found.items():
        if name.startswith(("bronze/", "silver/")):
            texts = table.select(pl.selectors.string())
            assert not any((texts[column] == "None").any() for column in texts.columns), name
    assert not any((bronze[column] == -1).any() for column in bronze.select(pl.selectors.integer()).columns)
    assert not any((found["bronze/laps"][c] == -1).any() for c in ("position", "time_ms"))

    refused = {7, 9, 13}
    held = set(silver.filter(session="Race")["round"])
    assert held == set(range(1, 25)) - refused, "these alone are refused"
    assert set(silver.filter(session="Sprint")["round"]) == {5, 6, 11, 19, 21, 23}, "China's counts, though unscheduled"
    assert raw.filter(session="Race", round=8).height == 20
    told = told_of_calendar()
    assert told["refused"] == "schedule of season 2024, round 13: Hungarian Grand Prix: 2 rows, with other raceName"
    assert told["odd"] == (
        "schedule of season 2024, round 14: Belgian Grand Prix stood there twice, taken once; schedule of season 2024, "
        "round 5: it has no sprint, but FastF1's format has; taken as of the day before the race"
    )
    assert len(found["bronze/driver_standings"]) == len(whole["bronze/driver_standings"])

    edited = pl.col("round").is_in([4, 7, 9, 10, 11, 12, 13])
    assert silver.filter(~edited).equals(whole["silver/session_results"].filter(~edited))
    albon = silver.filter(round=4, session="Race", driver_id="albon").row(0, named=True)
    assert [albon[name] for name in ("grid", "position", "laps", "number", "status_class")] == [None] * 5

    reports = {row["round"]: row for row in found["gold/race_report"].to_dicts()}
    assert set(reports) == held
    assert reports[10]["winning_margin_ms"] is None
    standings = found["gold/driver_standings"].filter(round=24)
    assert standings.height == 24
    laps = found["bronze/laps"].filter(round=6)
    assert laps.height == whole["bronze/laps"].filter(round=6).height
    assert found["bronze/pit_stops"].filter(round=6)["lap"].null_count() == 2
    events = {row["round"]: row for row in found["silver/events"].to_dicts()}
    assert (events[25]["event_date"], events[24]["rounds_remaining"]) == (None, 1)
    assert (events[5]["locality"], events[6]["country"]) == (None, None)
    assert events[5]["is_sprint_weekend"]
    tables = ("session_results", "driver_standings", "constructor_standings")
    assert renamed_ids(*(RawIOManager().read(f"raw/{name}", [SEASON]).collect() for name in tables)) == []


OF_TODAY = {
    (2, "Race", "albon"): {"grid": None, "laps": None, "number": None, "status": None},
    (2, "Race", "russell"): {"FastestLap": None, "Time": None},
    (2, "Sprint", "leclerc"): {"grid": None, "FastestLap": {"rank": None}},
    (2, "Qualifying", "hamilton"): {"position": None, "Q3": None},
    (3, "Race", "piastri"): {"positionText": "?"},
}
"""What rows of 2026 say instead; the laps of its first race have no position anyhow."""


def test_what_is_odd_at_the_api_of_today_keeps_nothing_else_out(
    upstream_of_today: UpstreamServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", upstream_of_today.address)
    monkeypatch.setenv("F1LAKE_NOW", "2026-03-30T12:00:00Z")
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "2026")
    monkeypatch.setenv("F1LAKE_REQUESTS_PER_HOUR", "100000")
    monkeypatch.setattr(budget, "INTERVAL_S", 0)
    upstream_of_today.clock("2026-03-30")

    def lake(name: str) -> None:
        monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / name))

    lake("whole")
    collect()
    whole = built()
    for (round_, session, driver), changed in OF_TODAY.items():
        row = {"season": 2026, "round": round_, "session": KEYS[session], "driverId": driver}
        upstream_of_today.amend(row | {"set": changed})
    upstream_of_today.faults([{"status": 403, "match": "/2026/2/pitstops", "times": 1}])
    lake("odd")
    with pytest.raises(runs.RunFailedError, match=r"round 2: too much is asked of the service \(status 403\)"):
        collect()
    collect()
    found = built()

    results, of_row = found["silver/session_results"], ["round", "session", "driver_id"]
    edited = pl.DataFrame(list(OF_TODAY), schema=results.select(of_row).schema, orient="row")
    refused = (pl.col("round") == 3) & (pl.col("session") == "Race")
    was = whole["silver/session_results"].filter(~refused)
    assert results.join(edited, on=of_row, how="anti").equals(was.join(edited, on=of_row, how="anti"))
    assert results.select(of_row).equals(was.select(of_row)), "the one race alone is refused"
    assert results.filter(round=2, session="Race", driver_id="albon").select("grid", "laps", "number").rows() == [
        (None, None, None)
    ]
    for name in ("bronze/driver_standings", "bronze/constructor_standings", "silver/events"):
        assert found[name].equals(whole[name]), name
    for name in ("bronze/laps", "bronze/pit_stops"):
        assert found[name].equals(whole[name].filter(pl.col("round") < 3)), name
    laps = found["bronze/laps"].filter(round=1)
    assert laps.height == laps["position"].null_count() == 1003

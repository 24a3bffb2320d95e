"""An invented world is the same for the same seed, plausible, says that it is invented, and moves on by weekends."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from f1lake.invent.recording import advance, invent
from f1lake_tests.recorded_upstream import Told

Names = set[tuple[str, str]]


@pytest.fixture
def copy(invented: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(invented, tmp_path / "world"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def drivers(told: Told) -> dict[str, tuple[str, str]]:
    rows = [row["Driver"] for s in told.seasons for race in told.races(s) for row in race.get("results", [])]
    return {row["driverId"]: (row["givenName"], row["familyName"]) for row in rows}


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        invent(tmp_path / name, 3, seed)
    assert contents(tmp_path / "one") == contents(tmp_path / "again")
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one.keys() == other.keys()
    assert not [name for name in one if one[name] == other[name]]


def test_the_last_season_is_half_run_and_the_others_are_whole(invented: Path) -> None:
    told = Told(invented)
    assert (told.seasons[0], told.seasons[-1], len(told.seasons)) == (2005, 2026, 22)
    assert told.about["first_season"] == 2005
    for season in told.seasons:
        known = ["results" in race for race in told.races(season)]
        assert known == [race["date"] <= told.about["as_of"][:10] for race in told.races(season)]
        assert all(known) == (season < 2026)
    assert 0.4 < sum(known) / len(known) < 0.6


def test_everything_says_that_it_is_invented(invented: Path) -> None:
    told = Told(invented)
    assert told.about["source"].startswith("invented")
    for race in told.races(2010) + told.races(2026):
        ids = {race["Circuit"]["circuitId"]}
        for row in race.get("results", []):
            ids |= {row["Driver"]["driverId"], row["Constructor"]["constructorId"]}
        assert not [id_ for id_ in ids if not id_.startswith("inv_")]


def test_nobody_in_it_has_the_name_of_a_real_driver(invented: Path, recording: Path) -> None:
    made, real = drivers(Told(invented)), drivers(Told(recording))
    assert len(set(made.values())) == len(made) > 60
    assert not {family for _, family in made.values()} & {family for _, family in real.values()}
    assert not set(made) & set(real)


def test_a_weekend_later_exactly_that_weekend_is_known_as_well(copy: Path, invented: Path) -> None:
    before, files = Told(invented), contents(copy)
    as_of = advance(copy)
    after = Told(copy)
    known = [race for race in after.races(2026) if "results" in race]
    assert as_of == after.about["as_of"] == f"{known[-1]['date']}T23:59:59Z" > before.about["as_of"]
    assert known[:-1] == [race for race in before.races(2026) if "results" in race]
    assert {"driverStandings", "constructorStandings", "qualifying", "pitstops", "laps"} <= known[-1].keys()
    changed = {name for name, content in contents(copy).items() if content != files[name]}
    assert changed == {"recording.json", "2026.json.gz"} | ({"schedule_2026.json.gz"} & changed)


def test_at_the_end_of_its_last_season_a_world_ends(tmp_path: Path) -> None:
    invent(tmp_path, 2, 1)
    left = sum("results" not in race for race in Told(tmp_path).races(2026))
    instants = [advance(tmp_path) for _ in range(left)]
    assert instants == sorted(set(instants))
    assert all("results" in race for race in Told(tmp_path).races(2026))
    with pytest.raises(ValueError, match="season 2026 is over"):
        advance(tmp_path)


def test_no_other_recording_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "recording.json").write_text(json.dumps({"format": 1, "as_of": "2026-07-05T23:59:59Z"}))
    for write in (lambda: invent(tmp_path, 3, 1), lambda: advance(tmp_path)):
        with pytest.raises(ValueError, match="not invented: choose another folder"):
            write()
    with pytest.raises(ValueError, match="no invented world"):
        advance(tmp_path / "none")
    with pytest.raises(ValueError, match="2 to 36"):
        invent(tmp_path / "long", 77, 1)


def test_results_are_drawn_of_the_truth_beside_them(invented: Path) -> None:
    told, truth = Told(invented), json.loads(gzip.decompress((invented / "truth.json.gz").read_bytes()))
    best, grids, failed, starts = [], [], 0.0, 0
    for season in truth["seasons"]:
        for round_, race in zip(season["rounds"], told.races(season["season"]), strict=True):
            entries = sorted(round_["entries"], key=lambda entry: entry["car_pace_pct"] + entry["driver_pace_pct"])
            if "results" in race:
                best.append(race["qualifying"][0]["Driver"]["driverId"] in {e["driver_id"] for e in entries[:3]})
                grids.append(race["results"][0]["grid"] == "1")
                failed += sum(1 - (1 - e["failure_rate"]) * (1 - e["accident_rate"]) for e in entries)
                starts += len(entries)
                out = sum(not row["positionText"].isdigit() for row in race["results"])
                failed -= out
    assert 0.6 < sum(best) / len(best) < 0.95, "the pole goes to one of the three that are truly fastest"
    assert 0.4 < sum(grids) / len(grids) < 0.65, "won from pole"
    assert abs(failed) / starts < 0.02, "as many do not finish as the rates say"


def test_points_are_those_of_the_years_rules(invented: Path) -> None:
    told = Told(invented)
    given = {season: {float(race["results"][0]["points"]) for race in told.races(season) if "results" in race}
             for season in told.seasons}  # fmt: skip
    assert given[2009] == {5.0, 10.0}, "round 2 gave half points"
    assert given[2010] == {25.0}
    assert given[2014] == {25.0, 50.0}, "round 19 gave double points"
    assert given[2020] == {25.0, 26.0}, "the fastest lap gave a point"
    sprints = [sum("Sprint" in race for race in told.races(season)) for season in (2020, 2021, 2023, 2026)]
    assert sprints == [0, 3, 6, 6]

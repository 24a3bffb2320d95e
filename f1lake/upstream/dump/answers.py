"""The rows of a dump as the API tells them: its objects, its texts, its order.

How the API makes an answer of its tables was read off its source and compared with its answers, row by row: all of
its texts, also where they say less than the table (a winner's whole seconds are cut), because raw is what the API
says whichever way it came. What does not belong here: reading the tables (`tables.py`), and files (`conversion.py`).
"""

import polars as pl

from f1lake.upstream.dump.tables import Tables
from f1lake.upstream.dump.texts import cut_millis_text, decimal_text, gap_text, text, time_text, winners_time_text

ROUND = "round_id"
"""The first column of every frame here; the others are the fields of the API's object, null where it has none."""

SESSIONS = {
    "FP1": "FirstPractice", "FP2": "SecondPractice", "FP3": "ThirdPractice", "Q1": "Qualifying", "SR": "Sprint",
    "SQ1": "SprintQualifying",
}
"""The API's object of a session by the type whose day and time it has."""
SHOOTOUT = 2023
"""In this season sprint qualifying was called a shootout."""
NOT_CLASSIFIED = {20: "D", 30: "W", 40: "F", 41: "F"}
"""The letter of an unclassified driver by status; R for any other."""
EXCLUDED = {101: "D", 102: "E"}
"""The letter of a championship from which somebody was disqualified or excluded."""


def events(tables: Tables) -> pl.DataFrame:
    """The schedule of all seasons: the rounds that were not cancelled, in order."""
    place = pl.struct(lat="latitude", long="longitude", locality="locality", country="country")
    circuits = tables["circuit"].select(
        "id", Circuit=pl.struct(circuitId="reference", url="wikipedia", circuitName="name", Location=place)
    )
    rounds = (
        tables["round"]
        .filter(~pl.col("is_cancelled"))
        .join(tables["season"], left_on="season_id", right_on="id")
        .join(circuits.filter(pl.col("Circuit").struct["circuitId"].is_not_null()), left_on="circuit_id", right_on="id")
    )
    schedule = rounds.select(
        pl.col("id").alias(ROUND), text("year").alias("season"), text("number").alias("round"), url="wikipedia",
        raceName="name", Circuit="Circuit", of_round="date",
    )
    races, names = _starts(tables, "R"), []
    schedule = schedule.join(races, on=ROUND, how="left").with_columns(
        date=pl.coalesce(pl.col("start").struct["date"], text("of_round")), time=pl.col("start").struct["time"]
    ).drop("start", "of_round")
    for kind, name in SESSIONS.items():
        schedule = schedule.join(_starts(tables, kind).rename({"start": name}), on=ROUND, how="left")
        names.append(name)
    was_shootout = pl.col("season") == str(SHOOTOUT)
    return schedule.with_columns(
        SprintQualifying=pl.when(~was_shootout).then("SprintQualifying"),
        SprintShootout=pl.when(was_shootout).then("SprintQualifying"),
    ).sort(pl.col("season", "round").cast(pl.Int32))


def sessions(tables: Tables) -> pl.DataFrame:
    """The sessions that have rows: [season, round, session, circuitId, raceDate]."""
    rows = {"Race": results(tables, "R"), "Sprint": results(tables, "SR"), "Qualifying": qualifying(tables)}
    held = pl.concat(of.select(ROUND, session=pl.lit(name)).unique() for name, of in rows.items())
    return events(tables).join(held, on=ROUND).select(
        pl.col("season", "round").cast(pl.Int32), "session", circuitId=pl.col("Circuit").struct["circuitId"],
        raceDate=pl.col("date").str.to_date(),
    )


def results(tables: Tables, kind: str) -> pl.DataFrame:
    """The results of the sessions of one type: `R` races, `SR` sprints."""
    entries = _entries(tables, kind).join(_fastest_laps(tables), on="id", how="left")
    winner_ms = pl.col("time").filter(pl.col("position") == 1).first().over("session_id")
    finish = (
        pl.when(pl.col("time") == winner_ms)
        .then(winners_time_text("time"))
        .when(pl.col("time") > winner_ms)
        .then(gap_text(pl.col("time") - winner_ms))
        .otherwise(pl.lit(""))
    )
    letter = pl.col("status").replace_strict(NOT_CLASSIFIED, default="R", return_dtype=pl.String)
    is_timed = pl.col("is_classified") & pl.col("time").is_not_null()
    fastest = pl.struct(
        rank=text("fastest_lap_rank"), lap=text("lap_number"), Time=pl.struct(time=time_text("lap_ms")),
        AverageSpeed=pl.when(pl.col("average_speed").is_not_null()).then(
            pl.struct(units=pl.lit("kph"), speed=text("average_speed").str.pad_end(7, "0"))
        ),
    )
    return entries.sort("session_id", "position", "id", nulls_last=True).select(
        ROUND,
        number=text("car_number").fill_null("None"),
        position=text("position"),
        positionText=pl.when("is_classified").then(text("position")).otherwise(letter),
        points=decimal_text("points"),
        Driver="Driver",
        Constructor="Constructor",
        grid=text("grid"),
        laps=text("laps_completed"),
        status="detail",
        Time=pl.when(is_timed).then(pl.struct(millis=cut_millis_text("time"), time=finish)),
        FastestLap=pl.when(pl.col("lap_ms").is_not_null()).then(fastest),
    )


def qualifying(tables: Tables) -> pl.DataFrame:
    """The qualifyings: a driver's time in each part, `""` for a part without one, nothing for one not entered.

    Of the older forms the first and the second session are the first and the second part.
    """
    order = pl.col("session_number").fill_null(pl.col("session_number").max() + 1)
    parts = (
        pl.concat([_entries(tables, kind) for kind in ("Q1", "Q2", "Q3", "QB", "QO", "QA")])
        .join(_fastest_laps(tables), on="id", how="left")
        .with_columns(order=order)
        .with_columns(nth=pl.col("order").rank("dense").over(ROUND))
        .with_columns(part=pl.when(pl.col("type").str.contains(r"\d")).then("type").otherwise(pl.format("Q{}", "nth")))
        .sort(ROUND, "order", "session_id")
    )
    results = parts.group_by(ROUND, "round_entry_id", maintain_order=True).agg(
        pl.col("car_number", "Driver", "Constructor").first(),
        pl.col("position").drop_nulls().last(),
        *(
            pl.when(pl.col("part") == part).then(time_text("lap_ms").fill_null("")).drop_nulls().first().alias(part)
            for part in ("Q1", "Q2", "Q3")
        ),
    )
    return results.sort(ROUND, "position", "round_entry_id", nulls_last=True).select(
        ROUND, "Driver", "Constructor", "Q1", "Q2", "Q3",
        number=text("car_number").fill_null("None"), position=text("position"),
    )


def laps(tables: Tables) -> pl.DataFrame:
    """The laps of races, one row each, `number` beside the timing's own fields; a place that is not known is "None"."""
    entries = _entries(tables, "R").select(
        ROUND, session_entry_id="id", driverId=pl.col("Driver").struct["driverId"]
    )
    return (
        tables["lap"]
        .filter(pl.col("number").is_not_null())
        .join(entries, on="session_entry_id")
        .filter(pl.col("time").is_not_null() | pl.col("position").is_not_null())
        .sort(ROUND, "number", "position", "id", nulls_last=True)
    ).select(
        ROUND, "driverId", number=text("number"), position=text("position").fill_null("None"),
        time=time_text("time").fill_null(""),
    )


def pit_stops(tables: Tables) -> pl.DataFrame:
    """The pit stops of races; a duration that is not known, or has whole seconds, is empty."""
    entries = _entries(tables, "R").select(ROUND, session_entry_id="id", driverId=pl.col("Driver").struct["driverId"])
    lap = tables["lap"].select(lap_id="id", lap="number")
    is_told = pl.col("duration") % 1000 != 0
    return (
        tables["pitstop"]
        .join(entries, on="session_entry_id")
        .join(lap, on="lap_id", how="left")
        .sort(ROUND, "lap", "local_timestamp", "id", nulls_last=True)
        .select(
            ROUND, "driverId", lap=text("lap"), stop=text("number"), time="local_timestamp",
            duration=pl.when(is_told).then(time_text("duration")).otherwise(pl.lit("")),
        )
    )


def driver_standings(tables: Tables) -> pl.DataFrame:
    """The drivers' standings after each round, with the constructors a driver was entered by until then."""
    rounds = tables["round"].select("season_id", round_id="id", round_number="number")
    entries = (
        tables["roundentry"]
        .join(tables["teamdriver"], left_on="team_driver_id", right_on="id")
        .join(rounds, on=ROUND)
        .drop_nulls("round_number")
        .sort("round_number", "id")
        .unique(["season_id", "driver_id", "team_id"], keep="first", maintain_order=True)
        .select("season_id", "driver_id", "team_id", first_round="round_number", first_entry="id")
    )
    rows = tables["driverchampionship"].drop_nulls(ROUND)
    constructors = (
        rows.select("id", ROUND, "driver_id")
        .join(rounds, on=ROUND)
        .join(entries, on=["season_id", "driver_id"])
        .filter(pl.col("first_round") <= pl.col("round_number"))
        .join(_constructors(tables), on="team_id")
        .sort("first_round", "first_entry")
        .group_by("id", maintain_order=True)
        .agg(Constructors="Constructor")
    )
    standings = rows.join(_drivers(tables), on="driver_id").join(constructors, on="id", how="left")
    return _standings(standings, "Driver", "Constructors")


def constructor_standings(tables: Tables) -> pl.DataFrame:
    """The constructors' standings after each round."""
    rows = tables["teamchampionship"].drop_nulls(ROUND).join(_constructors(tables), on="team_id")
    return _standings(rows, "Constructor")


def _standings(rows: pl.DataFrame, *fields: str) -> pl.DataFrame:
    letter = pl.col("adjustment_type").replace_strict(EXCLUDED, default=None, return_dtype=pl.String)
    ranked = pl.when("is_eligible").then(text("position"))
    return rows.sort(ROUND, "position", "id", nulls_last=True).select(
        ROUND, position=text("position"), positionText=pl.coalesce(letter, ranked, pl.lit("-")),
        points=decimal_text("points"), wins=text("win_count"), **{field: pl.col(field) for field in fields},
    )


def _entries(tables: Tables, kind: str) -> pl.DataFrame:
    """The entries of the sessions of one type, with who drove what."""
    held = tables["round"].filter(~pl.col("is_cancelled")).select(round_id="id")
    sessions = tables["session"].filter(type=kind).join(held, on=ROUND, how="semi")
    cars = tables["roundentry"].select("team_driver_id", "car_number", round_entry_id="id")
    return (
        tables["sessionentry"]
        .join(sessions.select(ROUND, "type", session_id="id", session_number="number"), on="session_id")
        .join(cars, on="round_entry_id")
        .join(tables["teamdriver"].rename({"id": "team_driver_id"}), on="team_driver_id")
        .join(_drivers(tables), on="driver_id")
        .join(_constructors(tables), on="team_id")
    )


def _fastest_laps(tables: Tables) -> pl.DataFrame:
    """The fastest lap of each session entry: [id, lap_number, lap_ms, average_speed]."""
    laps = tables["lap"].filter(pl.col("is_entry_fastest_lap") & ~pl.col("is_deleted")).drop_nulls("time")
    return laps.sort("time").unique("session_entry_id", keep="first").select(
        "average_speed", id="session_entry_id", lap_number="number", lap_ms="time"
    )


def _drivers(tables: Tables) -> pl.DataFrame:
    return tables["driver"].drop_nulls("reference").select(
        driver_id="id",
        Driver=pl.struct(
            driverId="reference", permanentNumber=text("permanent_car_number"), code="abbreviation", url="wikipedia",
            givenName="forename", familyName="surname", dateOfBirth=text("date_of_birth"), nationality="nationality",
        ),
    )


def _constructors(tables: Tables) -> pl.DataFrame:
    return tables["team"].drop_nulls("reference").select(
        team_id="id",
        Constructor=pl.struct(constructorId="reference", url="wikipedia", name="name", nationality="nationality"),
    )


def _starts(tables: Tables, kind: str) -> pl.DataFrame:
    """The day and, where it is known, the time of the rounds' session of one type: [round_id, start]."""
    sessions = tables["session"].filter(type=kind).drop_nulls("timestamp").unique(ROUND, keep="first")
    at = pl.col("timestamp").dt
    start = pl.struct(
        date=at.to_string("%Y-%m-%d"), time=pl.when("has_time_data").then(at.to_string("%H:%M:%SZ"))
    )
    return sessions.select(ROUND, start=start)

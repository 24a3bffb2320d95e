"""silver/departures: drivers who could not race any more in a running season, and from which day on.

The table below holds knowledge that the results lack: they simply stop. To extend it, add a line. Drivers who only
changed or lost a seat are not in it, because they may find another.
"""

import datetime as dt

import dagster as dg
import dataframely as dy
import polars as pl

from f1lake.partitions import SEASONS
from f1lake.storage.contract import enforced, table

REASONS = ["died", "injured", "retired"]
F1DB = "day of death in F1DB"
"""Contains data from F1DB (https://github.com/f1db/f1db), CC BY 4.0."""

DEPARTURES = [
    # season, driver, from which day on, why, what happened or who says so
    (1950, "fry", dt.date(1950, 7, 29), "died", F1DB),
    (1951, "walt_brown", dt.date(1951, 7, 29), "died", F1DB),
    (1951, "mackey", dt.date(1951, 7, 29), "died", F1DB),
    (1951, "green", dt.date(1951, 7, 29), "died", F1DB),
    (1952, "mcdowell", dt.date(1952, 6, 8), "died", F1DB),
    (1952, "rigsby", dt.date(1952, 8, 31), "died", F1DB),
    (1953, "scarborough", dt.date(1953, 5, 30), "died", F1DB),
    (1954, "bob_scott", dt.date(1954, 7, 5), "died", F1DB),
    (1954, "marimon", dt.date(1954, 7, 31), "died", F1DB),
    (1955, "ascari", dt.date(1955, 5, 26), "died", F1DB),
    (1955, "vukovich", dt.date(1955, 5, 30), "died", F1DB),
    (1955, "hoyt", dt.date(1955, 7, 10), "died", F1DB),
    (1956, "sweikert", dt.date(1956, 6, 17), "died", F1DB),
    (1957, "castellotti", dt.date(1957, 3, 14), "died", F1DB),
    (1957, "portago", dt.date(1957, 5, 12), "died", F1DB),
    (1957, "mackay-fraser", dt.date(1957, 7, 14), "died", F1DB),
    (1958, "connor", dt.date(1958, 5, 30), "died", F1DB),
    (1958, "musso", dt.date(1958, 7, 6), "died", F1DB),
    (1958, "bisch", dt.date(1958, 7, 6), "died", F1DB),
    (1958, "collins", dt.date(1958, 8, 3), "died", F1DB),
    (1958, "reece", dt.date(1958, 9, 28), "died", F1DB),
    (1959, "behra", dt.date(1959, 8, 1), "died", F1DB),
    (1959, "bueb", dt.date(1959, 8, 1), "died", F1DB),
    (1960, "chimeri", dt.date(1960, 2, 27), "died", F1DB),
    (1960, "schell", dt.date(1960, 5, 13), "died", F1DB),
    (1960, "herman", dt.date(1960, 6, 18), "died", F1DB),
    (1960, "stacey", dt.date(1960, 6, 19), "died", F1DB),
    (1960, "bristow", dt.date(1960, 6, 19), "died", F1DB),
    (1960, "bryan", dt.date(1960, 6, 19), "died", F1DB),
    (1960, "thomson", dt.date(1960, 9, 24), "died", F1DB),
    (1961, "trips", dt.date(1961, 9, 10), "died", F1DB),
    (1962, "ricardo_rodriguez", dt.date(1962, 11, 1), "died", F1DB),
    (1964, "beaufort", dt.date(1964, 8, 2), "died", F1DB),
    (1966, "taylor", dt.date(1966, 9, 8), "died", F1DB),
    (1967, "bandini", dt.date(1967, 5, 10), "died", F1DB),
    (1967, "parkes", dt.date(1967, 6, 18), "injured", "both legs broken in the race at Spa"),
    (1967, "anderson", dt.date(1967, 8, 14), "died", F1DB),
    (1968, "clark", dt.date(1968, 4, 7), "died", F1DB),
    (1968, "spence", dt.date(1968, 5, 7), "died", F1DB),
    (1968, "scarfiotti", dt.date(1968, 6, 8), "died", F1DB),
    (1968, "jo_schlesser", dt.date(1968, 7, 7), "died", F1DB),
    (1969, "mitter", dt.date(1969, 8, 1), "died", F1DB),
    (1969, "hill", dt.date(1969, 10, 5), "injured", "both legs broken in the race at Watkins Glen"),
    (1970, "mclaren", dt.date(1970, 6, 2), "died", F1DB),
    (1970, "courage", dt.date(1970, 6, 21), "died", F1DB),
    (1970, "rindt", dt.date(1970, 9, 5), "died", F1DB),
    (1971, "rodriguez", dt.date(1971, 7, 11), "died", F1DB),
    (1973, "williamson", dt.date(1973, 7, 29), "died", F1DB),
    (1973, "cevert", dt.date(1973, 10, 6), "died", F1DB),
    (1973, "stewart", dt.date(1973, 10, 6), "retired", "Tyrrell withdrew from the last race after Cevert's death"),
    (1974, "revson", dt.date(1974, 3, 22), "died", F1DB),
    (1974, "koinigg", dt.date(1974, 10, 6), "died", F1DB),
    (1975, "donohue", dt.date(1975, 8, 19), "died", F1DB),
    (1977, "pryce", dt.date(1977, 3, 5), "died", F1DB),
    (1977, "pace", dt.date(1977, 3, 18), "died", F1DB),
    (1977, "mcguire", dt.date(1977, 8, 29), "died", F1DB),
    (1978, "peterson", dt.date(1978, 9, 11), "died", F1DB),
    (1979, "depailler", dt.date(1979, 6, 3), "injured", "both legs broken in a hang-gliding accident"),
    (1979, "hunt", dt.date(1979, 6, 8), "retired", "announced by him on 8 June 1979"),
    (1979, "lauda", dt.date(1979, 9, 28), "retired", "left the first practice in Montreal"),
    (1980, "regazzoni", dt.date(1980, 3, 30), "injured", "paralysed by the accident at Long Beach"),
    (1980, "depailler", dt.date(1980, 8, 1), "died", F1DB),
    (1980, "jabouille", dt.date(1980, 9, 28), "injured", "a leg broken in the race in Montreal"),
    (1982, "gilles_villeneuve", dt.date(1982, 5, 8), "died", F1DB),
    (1982, "paletti", dt.date(1982, 6, 13), "died", F1DB),
    (1982, "pironi", dt.date(1982, 8, 7), "injured", "both legs broken in practice at Hockenheim"),
    (1985, "manfred_winkelhock", dt.date(1985, 8, 12), "died", F1DB),
    (1985, "bellof", dt.date(1985, 9, 1), "died", F1DB),
    (1986, "angelis", dt.date(1986, 5, 15), "died", F1DB),
    (1986, "surer", dt.date(1986, 5, 31), "injured", "burned in the Hessen rally, where his co-driver died"),
    (1986, "laffite", dt.date(1986, 7, 13), "injured", "both legs broken at the start of Brands Hatch"),
    (1990, "donnelly", dt.date(1990, 9, 28), "injured", "both legs broken in practice at Jerez"),
    (1990, "nannini", dt.date(1990, 10, 12), "injured", "his right hand severed in a helicopter accident"),
    (1994, "ratzenberger", dt.date(1994, 4, 30), "died", F1DB),
    (1994, "senna", dt.date(1994, 5, 1), "died", F1DB),
    (2006, "montoya", dt.date(2006, 7, 11), "retired", "McLaren, 11 July 2006: he races for the team no more"),
    (2014, "jules_bianchi", dt.date(2014, 10, 5), "injured", "brain injury in the race at Suzuka"),
]  # fmt: skip
"""Drivers with a race in the season who were certainly out of it: deaths, and injuries and retirements that left no
doubt on that day."""


class Departures(dy.Schema):
    """The drivers of each season who could not race any more before its end.

    They keep their points and win nothing more. Nothing computed for a day before `out_from` knows of it.
    """

    season = dy.Int32(primary_key=True, min=1950, description="year of the championship")
    driver_id = dy.String(primary_key=True, description="the source's id of the driver")
    out_from = dy.Date(description="the day from whose evening on it was known that the driver would not race")
    reason = dy.Enum(REASONS, description="died, was injured for the rest of the season, or retired from racing")
    source = dy.String(description="what happened, or where it is written")


@dg.asset(**table("silver/departures", Departures), partitions_def=SEASONS)
@enforced(Departures)
def departures() -> pl.DataFrame:
    """The table above."""
    return pl.DataFrame(DEPARTURES, schema=Departures.create_empty().schema, orient="row").sort("season", "driver_id")

"""What each tab says."""

import datetime as dt
import functools
import re
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from f1lake.app import texts
from f1lake.app.live import Snapshot
from f1lake.app.queries import races
from f1lake.app.views.title import why
from f1lake_tests.app.conftest import seen
from f1lake_tests.app.rendered import shown, words
from f1lake_tests.app.small import tables

pytestmark = pytest.mark.usefixtures("simulated")


def test_who_is_second_on_equal_points_is_not_zero_points_behind():
    visitor = SimpleNamespace(language="pt", say=functools.partial(texts.text, "pt"))
    second = {"is_out": False, "probability": 0.6, "points_gap": 0.0, "rounds_remaining": 1, "round": 21, "position": 2,
              "strongest_car_since": None}  # fmt: skip
    assert why(visitor, second) == "divide a liderança em pontos com uma corrida pela frente."
    assert why(visitor, second | {"points_gap": 8.0}) == "está 8 pontos atrás com uma corrida pela frente."


def test_the_page_says_who_leads_what_happened_last_and_why(snapshot: Snapshot):
    now = words(shown(snapshot, "?"))
    assert "After the Chinese Grand Prix · 15 March 2026" in now
    assert "Mercedes · 50.5 pts 55% to win the 2026 title" in now
    assert "Chinese Grand Prix: Antonelli +30 percentage points. Won by Antonelli." in now
    assert "Antonelli is 0.5 points behind with 2 races to go." in now


def test_the_same_in_portuguese(snapshot: Snapshot):
    now = words(shown(snapshot, "?", "pt"))
    assert "Depois do GP da China · 15 de março de 2026" in now
    assert "GP da China: Antonelli +30 pontos percentuais. Vitória de Antonelli." in now
    assert "Antonelli está 0,5 ponto atrás com 2 corridas pela frente." in now


def test_who_died_is_no_retirement_nor_whose_odds_moved_most():
    """Antonelli, who leads the odds by 30 points more than before, dies in the race and is not classified."""
    frames = tables()
    is_his = pl.col("driver_id") == "antonelli"
    out = {"season": 2026, "driver_id": "antonelli", "out_from": dt.date(2026, 3, 15), "reason": "died", "source": "?"}
    results = frames["silver/session_results"]
    in_race = is_his & (pl.col("session") == "Race") & (pl.col("round") == 2)
    frames |= {
        "silver/departures": pl.DataFrame([out]).with_columns(pl.col("season").cast(pl.Int32)),
        "odds/title_odds": frames["odds/title_odds"].with_columns(
            is_out=is_his & (pl.col("as_of") == dt.date(2026, 3, 15))
        ),
        "silver/session_results": results.with_columns(
            status_class=pl.when(in_race).then(pl.lit("retired")).otherwise("status_class")
        ),
    }
    page = words(shown(seen(frames), "?"))
    assert "Andrea Kimi Antonelli died on 15 March 2026. Won by Antonelli." in page
    assert "percentage points." not in page, "what that did to the odds is no headline"
    assert "Antonelli can add no points; with 2 races to go, the chance is that nobody passes the total." in page
    assert "Andrea Kimi Antonelli morreu em 15 de março de 2026." in words(shown(seen(frames), "?", "pt"))
    assert "acidente" in words(shown(seen(frames), "?tab=driver&who=antonelli", "pt"))
    assert "abandono" not in words(shown(seen(frames), "?tab=driver&who=antonelli", "pt"))


def test_a_sprint_before_the_season_and_a_decided_title_have_words_of_their_own():
    def now(until: dt.date) -> str:
        frames = tables()
        odds = frames["odds/title_odds"].filter(pl.col("as_of") <= until)
        return words(shown(seen(frames | {"odds/title_odds": odds}), "?"))

    assert "Chinese Grand Prix, sprint: Russell +5 percentage points" in now(dt.date(2026, 3, 14))
    assert "No race has been run yet" in now(dt.date(2026, 1, 1))
    assert "100% Decided 2006 champion" in now(dt.date(2006, 12, 31))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_table_has_the_values_of_the_odds(snapshot: Snapshot, race_2026: pl.DataFrame, language: str):
    cells = re.findall(r'data-id="(\w+)" data-share="([\d.e-]+)"', shown(snapshot, "?", language))
    odds = race_2026.filter(pl.col("id").is_in(["antonelli", "russell", "stroll"]))
    assert {(who, float(share)) for who, share in cells} == set(odds.select("id", "probability").rows())
    assert len(cells) == 3 * 4


def test_season_and_drivers_can_be_chosen(snapshot: Snapshot):
    assert "data-name=\"Bottas\"" in shown(snapshot, "?show=bottas")
    assert "M. Schumacher" in shown(snapshot, "?season=2006")


def test_what_was_published_is_told_apart_from_what_was_computed_later(snapshot: Snapshot):
    page = words(shown(snapshot, "?tab=record"))
    assert "Since 13 March 2026 every chance is written down" in page
    assert "One decision has been judged so far." in page
    assert "Chinese 2026 Andrea Kimi Antonelli 50% – 30%* Australian 2026 George Russell 13%* – –" in page
    assert "The biggest surprises 13% George Russell Australian Grand Prix 2026 30%" in page
    assert "Winner: Before qualifying as published 1 0.69 – 1.39 0.050" in page


def test_standings_and_results_of_a_round(snapshot: Snapshot):
    page = words(shown(snapshot, "?tab=standings&season=2026&round=2"))
    assert "After the Chinese Grand Prix, round 2 of 2026 · 15 March 2026" in page
    assert "1 Russell Mercedes 51 – – 101 2 Antonelli Mercedes 50.5 −0.5 – 101" in page
    assert "3 Stroll Aston Martin 35 −16 – out of the fight" in page
    assert "1 Antonelli Mercedes 4 +3 57 – 1 1:30.000 – 2 Russell Mercedes 3 +1 57 +1.500 s 0" in page
    assert "The sprint # Driver" in page
    assert "+1,500 s" in words(shown(snapshot, "?tab=standings&season=2026&round=2", "pt"))


def test_a_race_that_is_over_without_results_is_waited_for(snapshot: Snapshot):
    starts = dt.datetime(2026, 3, 22, 14, tzinfo=dt.UTC)
    frames = tables()
    later, before = (races.awaited(frames, starts + dt.timedelta(hours=hours)) for hours in (4, 3))
    assert before is None
    assert later["event_name"] == "Japanese Grand Prix"
    page = words(shown(replace(snapshot, awaited=later), "?"))
    assert "The Japanese Grand Prix (22 March 2026) is over. Its results are not here yet" in page
    assert "is over" not in words(shown(replace(snapshot, awaited=later), "?tab=model"))


def test_the_next_race_is_the_first_without_results(snapshot: Snapshot):
    page = words(shown(snapshot, "?tab=race"))
    assert "Next race Japanese Grand Prix" in page
    assert "first race here" in page
    held = words(shown(snapshot, "?tab=race&season=2026&round=2"))
    assert "Round 2 of 2026 Chinese Grand Prix" in held
    assert "Before qualifying After qualifying With the grid" in held


def test_times_of_the_weekend_are_instants_for_the_browser_to_localise(snapshot: Snapshot):
    assert 'datetime="2026-03-22T14:00:00Z"' in shown(snapshot, "?tab=race")


def test_a_what_if_shows_its_odds_and_the_published_ones(snapshot: Snapshot):
    html = shown(snapshot, "?tab=what-if&wins=3.bottas")
    assert 'data-id="bottas" data-share="1.0"' in html
    assert re.search(r'value="bottas" selected', html)
    assert "Share this scenario" in html
    assert "Share this scenario" not in shown(snapshot, "?tab=what-if")


def test_a_what_if_that_cannot_happen_says_so(snapshot: Snapshot):
    assert "This cannot happen" in shown(snapshot, "?tab=what-if&wins=3.bottas&out=3.bottas")


def test_the_archive_knows_nothing_later_than_its_day(snapshot: Snapshot):
    before = shown(snapshot, "?tab=archive&season=2006&day=2006-03-12")
    assert "90%" in words(before)
    assert "<details open" not in before.replace("<details>", "")
    assert "Decided" not in words(before).partition("How it ended")[0]
    after = words(shown(snapshot, "?tab=archive&season=2006&day=2006-03-19"))
    assert "Michael Schumacher became champion, 10 points ahead of Ralf Schumacher." in after


def test_the_numbers_name_the_model_the_hour_and_the_tables(snapshot: Snapshot):
    page = words(shown(snapshot, "?tab=model"))
    assert "version 1" in page
    assert "15 March 2026, 18:04 UTC" in page
    assert "odds/title_odds" in page
    assert 'href="download/gold/driver_career.csv"' in shown(snapshot, "?tab=model")


def test_a_season_that_is_over_has_no_what_if(snapshot: Snapshot):
    frames = tables()
    over = frames["silver/events"].filter(pl.col("round") <= 2)
    assert "There is no race to come" in words(shown(seen(frames | {"silver/events": over}), "?tab=what-if"))


@pytest.mark.parametrize(
    ("stage", "lang", "hint", "column"),
    [
        ("qualifying", "en", "With the order of qualifying known", "Qualified"),
        ("qualifying", "pt", "Com a ordem do treino classificatório conhecida", "Classif."),
        ("grid", "pt", "punições incluídas", "Grid"),
    ],
)
def test_each_stage_of_a_race_says_what_is_known(snapshot: Snapshot, stage: str, lang: str, hint: str, column: str):
    page = words(shown(snapshot, f"?tab=race&season=2026&round=2&stage={stage}", lang))
    assert hint in page
    assert f" {column} " in page


def test_friends_stand_beside_the_model_on_their_races(snapshot: Snapshot):
    page = words(shown(snapshot, "?tab=game", "pt"))
    assert "Ana 1 0,36 ★ melhor que o modelo antes do treino classificatório 0,69 0,51 1,39" in page
    assert "China 2026 Antonelli 50% 70% –" in page
    assert "Japão 2026 por vir Antonelli 50% – Antonelli 50%" in page
    assert "Bia &amp; Co" in shown(snapshot, "?tab=game")


def test_the_game_is_in_the_navigation_where_it_is_played():
    assert 'href="?tab=game"' in shown(seen(tables()), "?").partition('id="content"')[0]
    without = seen({name: frame for name, frame in tables().items() if name != "odds/game_scores"})
    assert 'href="?tab=game"' not in shown(without, "?")
    assert "palpites dos amigos" in shown(without, "?tab=game", "pt")


def test_the_facts_of_a_circuit_are_by_layout_where_it_has_had_several():
    """Japan's race is driven where Australia's and China's were: Australia's on another layout."""
    frames = tables()
    here = {"circuit_id": "japanese", "length_km": 5.807, "turns": 18, "direction": "FIGURE_8", "circuit_type": "RACE"}
    layouts = [
        {"season": 2026, "round": round_, "layout_id": f"suzuka-{layout}", **here}
        for round_, layout in ((1, 1), (2, 2), (3, 2))
    ]
    page = words(shown(seen(frames | {"silver/circuit_layouts": pl.DataFrame(layouts)}), "?tab=race&round=3", "pt"))
    assert "O traçado 5,807 km 18 curvas, em forma de oito" in page
    on_it = page.partition("Neste traçado")[2]
    assert "Corridas 1 desde 2026 Mais vitórias 1 Andrea Kimi Antonelli" in on_it
    assert "1:30.000 Andrea Kimi Antonelli, 2026" in on_it
    assert "1:30.983" not in page, "the fastest lap of another layout says nothing of this one"
    only = [{**row, "layout_id": "suzuka-2"} for row in layouts]
    page = words(shown(seen(frames | {"silver/circuit_layouts": pl.DataFrame(only)}), "?tab=race", "en"))
    assert "On this layout" not in page
    assert "1:30.983" in page
    new = [{**row, "layout_id": f"suzuka-{row['round']}"} for row in layouts]
    page = words(shown(seen(frames | {"silver/circuit_layouts": pl.DataFrame(new)}), "?tab=race", "en"))
    assert "The first race on this layout." in page


def with_second_source(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same lake with F1DB: of the race in China, and of the first practice in Japan."""
    event = {"season": 2026, "round": 2, "session": "Race", "driver_id": "russell"}
    practice = {"season": 2026, "round": 3, "session": "Practice 1", "laps": 20}
    return frames | {
        "silver/retirements": pl.DataFrame([event | {"reason": "Gearbox", "reason_class": "car"}]),
        "silver/grid_penalties": pl.DataFrame([event | {"places": 5, "is_to_back": False}]),
        "silver/time_penalties": pl.DataFrame([event | {"penalty_ms": 10_000}]),
        "gold/source_differences": pl.DataFrame([
            event | {"what": "place", "silver": "2", "f1db": "3", "taken": "jolpica", "reason": "a rule"},
            event | {"what": "grid", "silver": "2", "f1db": "3", "taken": "jolpica", "reason": "a rule"},
            event | {"what": "classified", "silver": "yes", "f1db": "no", "taken": "jolpica", "reason": "a rule"},
        ]),
        "silver/practice_results": pl.DataFrame([
            practice | {"f1db_driver_id": "george-russell", "driver_id": "russell", "best_ms": 80_000},
            practice | {"f1db_driver_id": "a-test-driver", "driver_id": None, "best_ms": 81_000},
        ]),
    }  # fmt: skip


def test_the_second_source_adds_reasons_penalties_a_mark_and_practice():
    frames = with_second_source(tables())
    page = words(shown(seen(frames), "?tab=standings&season=2026&round=2"))
    assert "car: Gearbox penalty: 5 places on the grid penalty: 10 s ≠ place in F1DB: 3 ≠ classified in" in page
    assert page.count("≠") == 2, "where a car stood on the grid is no difference of the result"
    page = words(shown(seen(frames), "?tab=standings&season=2026&round=2", "pt"))
    assert "carro: câmbio punição: 5 posições no grid" in page
    assert "≠ classificado no F1DB: não" in page
    other_car = pl.col("reason").replace("Gearbox", "Car seized by police"), pl.lit("not_raced").alias("reason_class")
    frames["silver/retirements"] = frames["silver/retirements"].with_columns(*other_car)
    page = words(shown(seen(frames), "?tab=standings&season=2026&round=2"))
    assert "police" not in page, "who finished in one car is not told why the other did not race"
    teams = pl.col("constructor_id")
    made = frames["silver/constructors"].with_columns(
        engines=pl.when(teams == "mercedes").then(pl.lit(["mercedes"])), tyres=pl.lit(["pirelli"])
    )
    driver = words(shown(seen(frames | {"silver/constructors": made}), "?tab=driver&who=russell"))
    assert "Mercedes · Pirelli" in driver
    assert "Mercedes · Pirelli" in words(shown(seen(frames | {"silver/constructors": made}), "?tab=team&who=mercedes"))
    assert "Engines and tyres" not in words(shown(seen(frames), "?tab=team&who=mercedes"))
    race = words(shown(seen(frames), "?tab=race"))
    assert "Free practice Driver FP1 Laps" in race
    assert "A Test Driver 1:21.000 20" in race
    assert "Free practice" not in words(shown(seen(tables()), "?tab=race"))

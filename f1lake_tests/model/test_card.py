from pathlib import Path

from f1lake.card import _log

LOG = Path(__file__).parents[2] / "docs" / "scores-log.csv"


def test_the_card_shows_every_time_that_later_seasons_were_scored():
    logged = LOG.read_text().splitlines()
    _, _, *rows = _log(LOG).splitlines()
    shown = [row for row in rows if not row.startswith("| ---")]
    assert len(shown) == len(logged)
    assert {row.count(" | ") for row in shown} == {logged[0].count(";")}

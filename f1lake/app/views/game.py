"""Beat the model: predictions of friends beside the model's, on the same races."""

import polars as pl

from f1lake.app.queries import game
from f1lake.app.views.visit import View, Visit
from f1lake.odds.game_scores import FRIEND, MODEL_NAME, compared


def game_view(visit: Visit) -> View:
    """The table of the players, and what each said race by race."""
    if not visit.has("odds/game_scores"):
        return visit.lacking() if visit.address.unseen else visit.notice("game_none")
    scores = visit.tables["odds/game_scores"]
    table = compared(scores)
    friends = scores.filter(pl.col("side").cast(pl.String) == FRIEND)["player"].unique().sort().to_list()
    order = [*table["player"].to_list(), *(name for name in friends if name not in table["player"].to_list())]
    html = visit.render(
        "game.html", table=table.to_dicts(), players=[MODEL_NAME, *order], races=game.by_race(visit.tables),
    )
    return View(visit.say("tab_game"), html)

"""Every word of the page, in English and Portuguese, and how each writes numbers, dates and races.

What does not belong here: which of it is shown, and where.
"""

import datetime as dt
import re
from collections.abc import Mapping

LANGUAGES = {"en": "English", "pt": "Português"}
DEFAULT_LANGUAGE = "en"

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "language": "Language",
        "tagline": "Who wins the Formula 1 title?",
        "invented": "An invented championship: no such driver, team or race has ever been.",
        "season": "Season",
        "drivers": "Drivers in the chart",
        "drivers_hint": "clear the list to see the contenders again",
        "title_odds": "Title odds {season}",
        "after": "After the {event} · {date}",
        "after_sprint": "After the sprint of the {event} · {date}",
        "before_season": "Before the season",
        "pre_season": "Pre-season",
        "odds_on": "As of {date}",
        "to_win_title": "to win the {season} title",
        "is_champion": "{season} champion",
        "likely_range": "90% range {low}–{high}",
        "moved": "{event}: {driver} {points} points of probability",
        "moved_one": "{event}: {driver} {points} point of probability",
        "unmoved": "{event}: the odds hardly moved",
        "first_odds": "No race has been run yet: these are the odds going in",
        "won_by": "Won by {winner}",
        "sprint_won_by": "Sprint won by {winner}",
        "points": "{points} pts",
        "up": "up {points} points of probability since the last race or sprint",
        "down": "down {points} points of probability since the last race or sprint",
        "unchanged": "unchanged since the last race or sprint",
        "others": "The other {count} drivers together: {probability}",
        "chart": "The season, race by race",
        "chart_hint": (
            "Probability of winning the title after each race and sprint; the colour is the team's, a "
            "dashed line is a team mate."
        ),
        "chart_alt": (
            "Line chart: title odds of the {season} season for {drivers}. The table below holds its values."
        ),
        "sprint_of": "{event}, sprint",
        "table": "The numbers behind it",
        "race": "Race",
        "winner": "Winner",
        "model": "Model",
        "model_version": "version {version}",
        "computed": "Computed",
        "knows_up_to": "Knows every race up to",
        "updates": "New odds appear here by themselves.",
        "unofficial": (
            "f1lake is an unofficial project and is not associated in any way with the Formula 1 "
            "companies. F1, FORMULA ONE, FORMULA 1, FIA FORMULA ONE WORLD CHAMPIONSHIP, GRAND PRIX and "
            "related marks are trade marks of Formula One Licensing B.V. Results: Jolpica-F1. Odds are a "
            "model's estimate, not advice to bet."
        ),
        "no_odds": "There are no odds yet",
        "no_odds_help": (
            "Run `make demo`, or for your own lake `f1lake collect`, `f1lake build`, `f1lake train` and "
            "`f1lake odds`. They appear here by themselves, no restart needed."
        ),
        "unreadable": "The odds cannot be read right now",
        "unreadable_help": (
            "This page tries again by itself. Whoever runs it finds the reason in its log, or with `f1lake "
            "doctor`."
        ),
        "failed": "Something went wrong on our side",
        "failed_help": "Please load the page again.",
    },
    "pt": {
        "language": "Idioma",
        "tagline": "Quem ganha o título da Fórmula 1?",
        "invented": "Um campeonato inventado: não existe piloto, equipe ou corrida igual.",
        "season": "Temporada",
        "drivers": "Pilotos no gráfico",
        "drivers_hint": "limpe a lista para voltar aos favoritos",
        "title_odds": "Chances de título {season}",
        "after": "Depois do {event} · {date}",
        "after_sprint": "Depois da sprint do {event} · {date}",
        "before_season": "Antes da temporada",
        "pre_season": "Pré-temporada",
        "odds_on": "Em {date}",
        "to_win_title": "de chance de ser campeão em {season}",
        "is_champion": "campeão de {season}",
        "likely_range": "faixa de 90%: {low}–{high}",
        "moved": "{event}: {driver} {points} pontos de probabilidade",
        "moved_one": "{event}: {driver} {points} ponto de probabilidade",
        "unmoved": "{event}: as chances quase não mudaram",
        "first_odds": "Ainda não houve corrida: estas são as chances antes da largada",
        "won_by": "Vitória de {winner}",
        "sprint_won_by": "Sprint vencida por {winner}",
        "points": "{points} pts",
        "up": "subiu {points} pontos de probabilidade desde a última corrida ou sprint",
        "down": "caiu {points} pontos de probabilidade desde a última corrida ou sprint",
        "unchanged": "sem mudança desde a última corrida ou sprint",
        "others": "Os outros {count} pilotos juntos: {probability}",
        "chart": "A temporada, corrida a corrida",
        "chart_hint": (
            "Probabilidade de ser campeão depois de cada corrida e sprint; a cor é a da equipe, a linha "
            "tracejada é o companheiro de equipe."
        ),
        "chart_alt": (
            "Gráfico de linhas: chances de título na temporada {season} de {drivers}. A tabela abaixo traz "
            "os valores."
        ),
        "sprint_of": "{event}, sprint",
        "table": "Os números por trás",
        "race": "Corrida",
        "winner": "Vencedor",
        "model": "Modelo",
        "model_version": "versão {version}",
        "computed": "Calculado em",
        "knows_up_to": "Conhece todas as corridas até",
        "updates": "Novas chances aparecem aqui sozinhas.",
        "unofficial": (
            "f1lake é um projeto não oficial, sem qualquer ligação com as empresas da Fórmula 1. F1, "
            "FORMULA ONE, FORMULA 1, FIA FORMULA ONE WORLD CHAMPIONSHIP, GRAND PRIX e marcas relacionadas "
            "são marcas da Formula One Licensing B.V. Resultados: Jolpica-F1. As chances são a estimativa "
            "de um modelo, não um conselho de aposta."
        ),
        "no_odds": "Ainda não há chances calculadas",
        "no_odds_help": (
            "Rode `make demo` ou, para o seu próprio lake, `f1lake collect`, `f1lake build`, `f1lake "
            "train` e `f1lake odds`. Elas aparecem aqui sozinhas, sem reiniciar nada."
        ),
        "unreadable": "As chances não podem ser lidas agora",
        "unreadable_help": (
            "Esta página tenta de novo sozinha. Quem a mantém encontra o motivo no log, ou com `f1lake "
            "doctor`."
        ),
        "failed": "Algo deu errado do nosso lado",
        "failed_help": "Por favor, carregue a página de novo.",
    },
}

EVENTS_PT: Mapping[str, str] = {
    "70th Anniversary Grand Prix": "GP dos 70 Anos",
    "Abu Dhabi Grand Prix": "GP de Abu Dhabi",
    "Argentine Grand Prix": "GP da Argentina",
    "Australian Grand Prix": "GP da Austrália",
    "Austrian Grand Prix": "GP da Áustria",
    "Azerbaijan Grand Prix": "GP do Azerbaijão",
    "Bahrain Grand Prix": "GP do Bahrein",
    "Barcelona Grand Prix": "GP de Barcelona",
    "Belgian Grand Prix": "GP da Bélgica",
    "Brazilian Grand Prix": "GP do Brasil",
    "British Grand Prix": "GP da Grã-Bretanha",
    "Caesars Palace Grand Prix": "GP de Caesars Palace",
    "Canadian Grand Prix": "GP do Canadá",
    "Chinese Grand Prix": "GP da China",
    "Dallas Grand Prix": "GP de Dallas",
    "Detroit Grand Prix": "GP de Detroit",
    "Dutch Grand Prix": "GP da Holanda",
    "Eifel Grand Prix": "GP de Eifel",
    "Emilia Romagna Grand Prix": "GP da Emília-Romanha",
    "European Grand Prix": "GP da Europa",
    "French Grand Prix": "GP da França",
    "German Grand Prix": "GP da Alemanha",
    "Hungarian Grand Prix": "GP da Hungria",
    "Indian Grand Prix": "GP da Índia",
    "Indianapolis 500": "500 Milhas de Indianápolis",
    "Italian Grand Prix": "GP da Itália",
    "Japanese Grand Prix": "GP do Japão",
    "Korean Grand Prix": "GP da Coreia do Sul",
    "Las Vegas Grand Prix": "GP de Las Vegas",
    "Luxembourg Grand Prix": "GP de Luxemburgo",
    "Malaysian Grand Prix": "GP da Malásia",
    "Mexican Grand Prix": "GP do México",
    "Mexico City Grand Prix": "GP da Cidade do México",
    "Miami Grand Prix": "GP de Miami",
    "Monaco Grand Prix": "GP de Mônaco",
    "Moroccan Grand Prix": "GP do Marrocos",
    "Pacific Grand Prix": "GP do Pacífico",
    "Pescara Grand Prix": "GP de Pescara",
    "Portuguese Grand Prix": "GP de Portugal",
    "Qatar Grand Prix": "GP do Catar",
    "Russian Grand Prix": "GP da Rússia",
    "Sakhir Grand Prix": "GP de Sakhir",
    "San Marino Grand Prix": "GP de San Marino",
    "Saudi Arabian Grand Prix": "GP da Arábia Saudita",
    "Singapore Grand Prix": "GP de Singapura",
    "South African Grand Prix": "GP da África do Sul",
    "Spanish Grand Prix": "GP da Espanha",
    "Styrian Grand Prix": "GP da Estíria",
    "Swedish Grand Prix": "GP da Suécia",
    "Swiss Grand Prix": "GP da Suíça",
    "São Paulo Grand Prix": "GP de São Paulo",
    "Turkish Grand Prix": "GP da Turquia",
    "Tuscan Grand Prix": "GP da Toscana",
    "United States Grand Prix": "GP dos Estados Unidos",
    "United States Grand Prix West": "GP dos Estados Unidos-Oeste",
}
"""The events under the names that Brazilian fans use; one that is new keeps its English name."""

MONTHS = {
    "en": [
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ],
    "pt": [
        "janeiro", "fevereiro", "março", "abril", "maio", "junho",
        "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
    ],
}


def text(language: str, key: str, **values: object) -> str:
    """One text, its places filled in. Raises `KeyError` for a key that does not exist."""
    return TEXTS[language][key].format(**values)


def language_for(asked: str | None, accept_language: str | None) -> str:
    """The language asked for in the address, else the browser's first that the page speaks, else English."""
    by_weight = sorted((accept_language or "").split(","), key=_weight, reverse=True)
    for wanted in [asked or "", *by_weight]:
        if (language := wanted.strip()[:2].lower()) in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def event(language: str, name: str) -> str:
    """The name of an event: `British Grand Prix`, `GP da Grã-Bretanha`."""
    return EVENTS_PT.get(name, name) if language == "pt" else name


def short_event(language: str, name: str) -> str:
    """The name of an event for a narrow place: `British`, `Grã-Bretanha`."""
    return re.sub(r"^GP (d[aeo]s? )?| Grand Prix$", "", event(language, name))


def percent(language: str, share: float, decimals: int = 0) -> str:
    """`71%`, with decimals `71.3%` or `71,3%`; nothing that is possible reads 0 %, nothing open 100 %."""
    smallest = 10 ** -(decimals + 2)
    rounded = round(share, decimals + 2)
    if share > 0 and rounded == 0:
        return "<" + _number(language, 100 * smallest, decimals) + "%"
    if share < 1 and rounded == 1:
        return ">" + _number(language, 100 - 100 * smallest, decimals) + "%"
    return _number(language, 100 * share, decimals) + "%"


def signed_points(change: float) -> str:
    """A change of probability in whole points: `+6`, `−2`, `0`."""
    points = round(100 * change)
    return f"{points:+d}".replace("-", "−") if points else "0"


def points(language: str, value: float) -> str:
    """Championship points, halves kept: `196`, `87.5`, `87,5`."""
    return _decimal_sign(language, f"{value:g}")


def date(language: str, day: dt.date) -> str:
    """`5 July 2026`, `5 de julho de 2026`."""
    month = MONTHS[language][day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "pt" else f"{day.day} {month} {day.year}"


def instant(language: str, when: dt.datetime) -> str:
    """A day with its time in UTC: `5 July 2026, 18:04 UTC`."""
    return f"{date(language, when)}, {when:%H:%M} UTC"


def _weight(item: str) -> float:
    weight = re.search(r";\s*q=([\d.]+)", item)
    return float(weight[1]) if weight else 1.0


def _number(language: str, value: float, decimals: int) -> str:
    return _decimal_sign(language, f"{value:.{decimals}f}")


def _decimal_sign(language: str, number: str) -> str:
    return number.replace(".", ",") if language == "pt" else number

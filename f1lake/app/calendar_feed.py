"""The present season as a calendar feed (iCalendar), which calendars of phones subscribe to."""

import datetime as dt
from dataclasses import replace
from urllib.parse import quote

import icalendar

from f1lake import clock
from f1lake.app import texts
from f1lake.app.address import Address
from f1lake.app.queries import races
from f1lake.app.views.summary import LONGEST_LINE, summary
from f1lake.app.views.visit import Visit

LASTS = {"race_start": dt.timedelta(hours=2), "sprint_start": dt.timedelta(hours=1)}
AN_HOUR = dt.timedelta(hours=1)


def calendar_of(visit: Visit) -> bytes:
    """The present season as iCalendar: each session in UTC, a race with the chances of its favourites once known.

    An event keeps its identity by its name, so that a moved one moves and a cancelled one is gone.
    """
    language, tables = visit.language, visit.tables
    coming, events = races.to_come(tables), races.calendar(tables)
    season = int((coming if coming.height else events.filter("is_held").tail(1))["season"][0])
    feed = icalendar.Calendar()
    feed.add("prodid", "-//f1lake//calendar//")
    feed.add("version", "2.0")
    feed.add("x-wr-calname", f"f1lake {season}")
    known = races.rounds_with_odds(tables, season) if visit.has("odds/race_odds") else []
    for event in events.filter(season=season).to_dicts():
        sessions = [name for name in races.SESSIONS if event.get(name) is not None] or ["event_date"]
        for session in sessions:
            entry = icalendar.Event()
            name = texts.event(language, event["event_name"])
            what = visit.say("race_start" if session == "event_date" else session)
            entry.add("uid", f"{season}-{quote(event['event_name'])}-{session}@f1lake")
            entry.add("summary", f"{name}: {what}")
            entry.add("dtstart", event[session])
            if session != "event_date":
                entry.add("dtend", event[session] + LASTS.get(session, AN_HOUR))
            entry.add("dtstamp", clock.now())
            entry.add("location", ", ".join(filter(None, [event["circuit_name"], event["locality"]])))
            if session in ("race_start", "event_date") and event["round"] in known:
                address = Address(tab="race", season=season, round=event["round"])
                entry.add("description", summary(replace(visit, address=address)).line(LONGEST_LINE))
            feed.add_component(entry)
    return feed.to_ical()

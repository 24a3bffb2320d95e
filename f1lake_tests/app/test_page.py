from f1lake.app.live import LiveTitleRace
from f1lake.app.page import build


def test_the_page_builds_without_analytics_and_offers_no_endpoint_of_its_own():
    page = build(LiveTitleRace())
    assert page.analytics_enabled is False
    assert {function.api_visibility for function in page.fns.values()} == {"private"}

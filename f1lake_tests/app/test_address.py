import datetime as dt

import pytest

from f1lake.app.address import LONGEST, Address, parse

ADDRESSES = [
    Address(),
    Address(lang="pt", season=2008, show=("massa", "hamilton")),
    Address(kind="constructors", season=1999),
    Address(tab="race", season=2026, round=9, stage="grid"),
    Address(tab="driver", who="de_la-Rosa"),
    Address(tab="archive", season=2008, day=dt.date(2008, 10, 19), lang="en"),
    Address(tab="what-if", wins=((10, "russell"), (11, "max_verstappen")), out=((10, "antonelli"),)),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_comes_back_from_its_own_query(address: Address):
    assert parse(address.to()) == address


def test_an_address_says_only_what_is_not_the_default():
    assert Address().to() == "?"
    scenario = Address(tab="what-if", wins=((10, "russell"), (11, "hamilton")))
    assert scenario.to() == "?tab=what-if&wins=10.russell,11.hamilton"
    assert Address(lang="pt", season=2008).of("driver", who="massa") == "?tab=driver&lang=pt&who=massa"


@pytest.mark.parametrize(
    "query",
    [
        "", "?", "?tab=nothing", "?season=20260", "?season=-1", "?season=2026; DROP", "?day=2008-13-40", "?lang=de",
        "?who=../../etc/passwd", "?show=<script>", "?wins=10", "?wins=x.y,100.z", "?stage=none", "?kind[]=x",
        "&".join(["a=1"] * 1000), "?round=٣",
    ],
)
def test_what_cannot_be_meant_is_the_default(query: str):
    assert parse(query) == Address()


def test_long_addresses_are_cut_and_lists_bounded():
    assert len(parse("?show=" + ",".join(f"driver{n}" for n in range(10_000))).show) <= 40
    assert parse("x" * LONGEST * 10) == Address()


def test_a_round_has_one_winner():
    assert parse("?wins=10.russell,10.norris").wins == ((10, "norris"),)

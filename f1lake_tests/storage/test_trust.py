"""Whether an S3 may hold a lake: Ceph may, moto may not, and what is wrong is said in words without a secret."""

from collections.abc import Iterator

import pytest

from f1lake.cli import doctor
from f1lake.storage import files, trust
from f1lake.storage.place import uri
from f1lake_tests.storage.ceph import Gateway


@pytest.fixture(autouse=True)
def clients_of_the_test() -> Iterator[None]:
    """No client stays that was made with a wrong secret."""
    files._client_of.cache_clear()
    yield
    files._client_of.cache_clear()


def test_ceph_has_one_winner_each_time_and_nothing_is_left_of_the_race(s3_lake: str) -> None:
    assert trust.problem() is None
    assert files.below(uri(trust.FOLDER), "") == []


def test_doctor_says_no_to_a_server_with_two_winners(moto_lake: str) -> None:
    finding, = doctor.findings()
    assert "writers win one conditional put" in finding.state
    assert "no lake is safe there" in finding.advice


@pytest.mark.parametrize(
    ("variable", "value", "said", "advice"),
    [
        ("AWS_ACCESS_KEY_ID", "PLANTED-KEY", "does not know the access key", "AWS_ACCESS_KEY_ID"),
        ("AWS_SECRET_ACCESS_KEY", "planted-secret", "refuses the secret", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "does not answer", "AWS_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL", "no address", "cannot be used", "AWS_ENDPOINT_URL"),
        ("F1LAKE_LAKE", "s3://another-bucket/f1", "there is no bucket another-bucket", "F1LAKE_LAKE"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    s3_lake: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str, advice: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    finding, = doctor.findings()
    assert said in finding.state
    assert advice in finding.advice
    assert "planted" not in f"{finding}".lower()


def test_keys_that_may_do_nothing_are_said(s3_lake: str, ceph: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = ceph.user("stranger")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    finding, = doctor.findings()
    assert "does not let these keys list" in finding.state
    assert secret not in f"{finding}"

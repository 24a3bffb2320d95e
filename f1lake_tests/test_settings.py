"""Settings come from the environment, are validated once, and say what is wrong with them."""

from pathlib import Path

import pytest

from f1lake.settings import FIRST_SEASON, SettingsError, settings


def test_without_settings_there_is_a_lake_in_this_folder_and_the_live_services(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("F1LAKE_LAKE")
    monkeypatch.chdir(tmp_path)
    assert settings().lake == str(tmp_path / "lake")
    assert settings().home == tmp_path / ".f1lake" / "lake"
    assert settings().mlflow_uri == f"sqlite:///{tmp_path}/.f1lake/lake/mlflow/mlflow.db"
    assert (settings().upstream, settings().recording, settings().now) == (None, None, None)
    assert settings().from_season == FIRST_SEASON


def test_an_empty_variable_is_as_good_as_none(set_to) -> None:
    set_to(UPSTREAM="", NOW="", FROM_SEASON="")
    assert (settings().upstream, settings().now, settings().from_season) == (None, None, FIRST_SEASON)


def test_a_lake_on_s3_has_its_home_in_this_folder(set_to, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    set_to(LAKE="s3://bucket/some/prefix/")
    assert settings().lake == "s3://bucket/some/prefix"
    assert settings().home == tmp_path / ".f1lake" / "bucket-some-prefix"


def test_two_lakes_have_two_homes(set_to, tmp_path) -> None:
    set_to(LAKE=str(tmp_path / "one"))
    first = settings().home
    set_to(LAKE=str(tmp_path / "two"))
    assert settings().home != first


def test_settings_are_those_of_the_environment_and_validated_once(set_to) -> None:
    set_to(FROM_SEASON="2010")
    assert settings() is settings()
    set_to(FROM_SEASON="2020")
    assert settings().from_season == 2020


def test_the_home_follows_its_variable_and_the_lake_its_folder(monkeypatch, tmp_path) -> None:
    assert settings().home.parent == tmp_path / ".f1lake"
    monkeypatch.setenv("F1LAKE_HOME", str(tmp_path / "homes"))
    assert settings().home.parent == tmp_path / "homes"
    monkeypatch.delenv("F1LAKE_LAKE")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert settings().lake == str(tmp_path / name / "lake")


def test_an_upstream_is_an_address_or_a_recording(set_to, tmp_path) -> None:
    set_to(UPSTREAM="http://127.0.0.1:8899/")
    assert (settings().upstream, settings().recording) == ("http://127.0.0.1:8899", None)
    (tmp_path / "recording.json").write_text("{}")
    set_to(UPSTREAM=str(tmp_path))
    assert settings().recording == Path(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("LAKE", "gs://bucket/lake", r"F1LAKE_LAKE='gs://bucket/lake'.*other stores.*s3://bucket/prefix"),
        ("LAKE", "s3://", r"F1LAKE_LAKE='s3://'.*bucket.*s3://bucket/prefix"),
        ("LAKE", "/tmp/50%/lake", r"F1LAKE_LAKE='/tmp/50%/lake'.*the path '/tmp/50%/lake' holds '%'"),
        ("LAKE", "/tmp/[f1]", r"F1LAKE_LAKE='/tmp/\[f1\]'.*holds '\['"),
        ("LAKE", "/tmp/what?", r"the path '/tmp/what\?' holds '\?'"),
        ("LAKE", "/tmp/two\nlines", r"holds '\\n'"),
        ("LAKE", "s3://bucket/what?", r"the path 's3://bucket/what\?' holds '\?'"),
        ("LAKE", "s3://bucket/f1#2", r"holds '#'"),
        ("HOME", "/tmp/what?", r"the path '/tmp/what\?' holds '\?'"),
        ("UPSTREAM", "/nowhere", r"F1LAKE_UPSTREAM='/nowhere'.*no recording.json.*address"),
        ("UPSTREAM", "api.jolpi.ca", r"F1LAKE_UPSTREAM='api.jolpi.ca'"),
        ("NOW", "yesterday", r"F1LAKE_NOW='yesterday'.*an ISO instant, or a file that holds one"),
        ("FROM_SEASON", "1949", r"F1LAKE_FROM_SEASON='1949'.*greater than or equal to 1950.*first season"),
        ("FROM_SEASON", "all", r"F1LAKE_FROM_SEASON='all'.*integer"),
        ("MLFLOW", "./mlruns", r"F1LAKE_MLFLOW='./mlruns'.*sqlite:///"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error_that_says_what_to_set(set_to, variable, value, complaint) -> None:
    set_to(**{variable: value})
    with pytest.raises(SettingsError, match=complaint):
        settings()


def test_all_wrong_settings_are_named_at_once(set_to) -> None:
    set_to(FROM_SEASON="1900", MLFLOW="here")
    with pytest.raises(SettingsError, match=r"F1LAKE_FROM_SEASON.*; F1LAKE_MLFLOW"):
        settings()

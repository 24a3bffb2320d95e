"""The settings of f1lake, read from the environment and validated whenever it changes.

Here: every `F1LAKE_` variable. Not here: variables that AWS and FastF1 read themselves, and what is in the
lake.
"""

import datetime as dt
import functools
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from f1lake.failures import UsageError

FIRST_SEASON = 1950
UNUSABLE = r"[][|^%=\\?\x00-\x1f\x7f]"
"""Characters that delta-rs, or SQLite for Dagster and MLflow, interprets in the path of a lake."""


class SettingsError(UsageError):
    """An invalid setting; the message names the variable and what it may hold."""


def first_season(upstream: str | None) -> int:
    """The first season that an upstream knows; a recording may begin later than the championship."""
    if upstream is None or upstream.startswith("http"):
        return FIRST_SEASON
    return json.loads((Path(upstream) / "recording.json").read_text()).get("first_season", FIRST_SEASON)


class Settings(BaseSettings):
    """The settings of a user, each as `F1LAKE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="F1LAKE_", env_ignore_empty=True, frozen=True)

    lake: str = Field("./lake", description="where the tables live: a folder, or s3://bucket/prefix")
    upstream: str | None = Field(
        None,
        description="an address that serves Jolpica under /ergast/f1 (which may stand at its end), or a recording "
        "folder; unset: the live services",
    )
    now: str | None = Field(None, description="an ISO instant, or a file that holds one and is read at each call")
    from_season: int = Field(
        FIRST_SEASON,
        ge=FIRST_SEASON,
        le=2100,
        description="the first season to collect; never before the first of a recording",
    )
    requests_per_hour: int | None = Field(
        None,
        ge=1,
        description="requests that the upstream may be sent in an hour; 199 for the public service, else 499",
    )
    mlflow: str | None = Field(
        None, description="an MLflow server (http…) or store (sqlite:///…); unset: SQLite beside the lake"
    )

    transfers: Path | None = Field(
        None,
        description="a CSV of who drives for whom next season (season,driver_id,constructor_id), for odds in winter; "
        "unset: everybody stays",
    )
    repository: str | None = Field(
        None,
        description="where the files of this repository can be read (https://github.com/you/f1lake/blob/main): the "
        "Dagster UI links there; unset: to the files of this machine",
    )

    alerts: SecretStr | None = Field(
        None,
        description="where failures are told: a webhook (https://…), slack:#channel, or "
        "smtps://user:password@host/to@example.org; unset: in the Dagster UI only",
    )
    backups: str | None = Field(
        None, description="a folder, or s3://bucket/prefix, for a backup each week; unset: none is made"
    )
    dagster_port: int = Field(3000, ge=1, le=65535, description="the port of the Dagster UI under `make up`")
    mlflow_port: int = Field(5050, ge=1, le=65535, description="the port of MLflow under `make up`")
    app_port: int = Field(7860, ge=1, le=65535, description="the port of the app under `make up`")
    ui: str | None = Field(
        None,
        description="where people reach the Dagster UI, for the links of alerts; unset: on this machine, at "
        "F1LAKE_DAGSTER_PORT",
    )
    home_folder: Path | None = Field(
        None,
        alias="F1LAKE_HOME",
        description="the folder for the homes of lakes (Dagster, MLflow, caches); unset: `.f1lake` beside a lake on "
        "disk, in the working directory for one on S3",
    )

    @field_validator("upstream", "mlflow", "ui", "repository")
    @classmethod
    def _address_holds_no_password(cls, value: str | None, field: ValidationInfo) -> str | None:
        """Addresses appear in logs, errors and the UI, and so would a password in one."""
        if value and value.startswith("http") and "@" in urlsplit(value).netloc:
            elsewhere = {
                "upstream": "requests reads them from ~/.netrc",
                "mlflow": "MLflow reads them from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            }.get(field.field_name or "", "the address is shown to people")
            raise ValueError(f"no user and password in an address: {elsewhere}")
        return value

    @field_validator("lake")
    @classmethod
    def _lake_is_a_place(cls, value: str) -> str:
        if value.startswith("s3://"):
            if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/.+?)?/?", value):
                raise ValueError("no name of a bucket")
            return _usable(value.rstrip("/"), "#")
        if "://" in value:
            raise ValueError("other stores are not supported")
        return _usable(str(Path(value).expanduser().resolve()))

    @field_validator("home_folder")
    @classmethod
    def _home_is_usable(cls, value: Path | None) -> Path | None:
        return value and Path(_usable(str(value.expanduser().resolve())))

    @field_validator("upstream")
    @classmethod
    def _upstream_answers(cls, value: str | None) -> str | None:
        if value is None or value.startswith(("http://", "https://")):
            return value and value.rstrip("/").removesuffix("/ergast/f1")
        folder = Path(value).expanduser().resolve()
        if not (folder / "recording.json").is_file():
            raise ValueError(f"{folder} has no recording.json")
        return str(folder)

    @field_validator("from_season")
    @classmethod
    def _from_season_is_known(cls, value: int, others: ValidationInfo) -> int:
        return max(value, first_season(others.data.get("upstream")))

    @field_validator("now")
    @classmethod
    def _now_is_an_instant(cls, value: str | None) -> str | None:
        if value is None or not Path(value).expanduser().is_file():
            return value and dt.datetime.fromisoformat(value).isoformat()
        return str(Path(value).expanduser().resolve())

    @field_validator("alerts")
    @classmethod
    def _alerts_arrive(cls, value: SecretStr | None) -> SecretStr | None:
        address = value.get_secret_value() if value else "slack:"
        if address.startswith(("smtp://", "smtps://")) and "@" not in address.rpartition("/")[2]:
            raise ValueError("no e-mail address at the end")
        if not address.startswith(("http://", "https://", "slack:", "smtp://", "smtps://")):
            raise ValueError("no such kind of destination")
        return value

    @field_validator("repository", "ui")
    @classmethod
    def _is_a_page(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("no address of a page")
        return value and value.rstrip("/")

    @field_validator("mlflow")
    @classmethod
    def _mlflow_keeps_runs(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://", "sqlite:///")):
            raise ValueError("MLflow's other stores are not supported")
        return value

    @property
    def recording(self) -> Path | None:
        """The recording folder that replaces the services, if the upstream is one."""
        return Path(self.upstream) if self.upstream and not self.upstream.startswith("http") else None

    @property
    def first_season(self) -> int:
        """The first season that the upstream knows."""
        return first_season(self.upstream)

    @property
    def home(self) -> Path:
        """The lake's own folder for Dagster and MLflow, `<name of the lake>` below `F1LAKE_HOME`."""
        if self.lake.startswith("s3://"):
            name, beside = self.lake.removeprefix("s3://").replace("/", "-"), Path(".f1lake").resolve()
        else:
            name, beside = Path(self.lake).name, Path(self.lake).parent / ".f1lake"
        return (self.home_folder.expanduser().resolve() if self.home_folder else beside) / name

    @property
    def ui_address(self) -> str:
        """The address of the Dagster UI for people."""
        return self.ui or f"http://127.0.0.1:{self.dagster_port}"

    @property
    def mlflow_uri(self) -> str:
        """Where MLflow stores runs and models."""
        return self.mlflow or f"sqlite:///{self.home / 'mlflow' / 'mlflow.db'}"


def settings() -> Settings:
    """The settings of the environment, validated whenever it changes.

    Without `F1LAKE_UPSTREAM`, a lake that a demo built uses the upstream and clock of that demo (`source_note`). Raises
    `SettingsError`, which names every invalid setting.
    """
    return settings_of(Path.cwd(), tuple(map(os.environ.get, VARIABLES)))


@functools.lru_cache(maxsize=1)
def settings_of(folder: Path, values: tuple[str | None, ...]) -> Settings:
    """As `settings`, while this is the working directory and the environment has these values of `VARIABLES`."""
    known = _read()
    upstream, _, now = source_note().read_text().partition("\n") if source_note().is_file() else ("", "", "")
    if known.upstream or not upstream:
        return known
    try:
        return _read(upstream=upstream, **({"now": now} if now and not known.now else {}))
    except SettingsError as error:
        raise SettingsError(
            f"{error}; {source_note()} says that this lake was built from it: set F1LAKE_UPSTREAM, or delete that file "
            "to go on with the live services"
        ) from None


def source_note() -> Path:
    """The file in the lake's home that records what a demo built it from: the upstream, and the clock in a second line.
    """
    return _read().home / "upstream"


def _read(**remembered: str) -> Settings:
    try:
        return Settings(**remembered)  # pyright: ignore[reportCallIssue, reportArgumentType]  # and the environment
    except ValidationError as error:
        meant = {field.alias or _variable(name): field for name, field in Settings.model_fields.items()}
        wrong = {name: each for each in error.errors() for name in map(_variable, each["loc"])}
        raise SettingsError(
            "; ".join(
                f"{name}={_shown(meant[name], each['input'])}: {each['msg']} (it is {meant[name].description})"
                for name, each in wrong.items()
            )
        ) from None


def _variable(name: int | str) -> str:
    """The environment variable of a field, from its name or alias."""
    return f"F1LAKE_{str(name).removeprefix('F1LAKE_').upper()}"


VARIABLES = [field.alias or _variable(name) for name, field in Settings.model_fields.items()]


def _usable(path: str, more: str = "") -> str:
    """A lake path that every library accepts. Raises `ValueError` naming the character that is not allowed."""
    unusable = re.search(UNUSABLE + (f"|[{more}]" if more else ""), path)
    if unusable:
        raise ValueError(f"the path {path!r} holds {unusable[0]!r}, which delta-rs or SQLite reads as something else")
    return path


def _shown(field: FieldInfo, value: Any) -> str:
    """An invalid value as an error may show it: without webhooks, users and passwords."""
    if field.annotation == SecretStr | None:
        return "(not shown)"
    return re.sub(r"//[^/@]*@", "//(not shown)@", repr(value))

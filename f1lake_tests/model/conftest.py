import shutil
import uuid
from pathlib import Path

import pytest

from f1lake.model import registry
from f1lake.settings import settings


@pytest.fixture(scope="session")
def store_template(tmp_path_factory) -> Path:
    """An MLflow store with nothing in it: making its tables takes seconds, copying the file does not."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("F1LAKE_LAKE", str(folder / "lake"))
        settings.cache_clear()
        registry.versions("title")
        template = settings().home / "mlflow" / "mlflow.db"
    settings.cache_clear()
    return template


@pytest.fixture
def empty_store(store_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty MLflow store at the home of the test's lake.

    Where no store was before: MLflow keeps connections by path, and pytest gives the folder of a test that passed to
    the next of the same name.
    """
    monkeypatch.setenv("F1LAKE_LAKE", str(tmp_path / uuid.uuid4().hex / "lake"))
    settings.cache_clear()
    (settings().home / "mlflow").mkdir(parents=True)
    shutil.copy(store_template, settings().home / "mlflow")

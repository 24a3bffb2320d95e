"""The invented world of a demo where no source answers."""

from pathlib import Path

FOLDER, SEASONS, SEED = Path("invented"), 30, 7

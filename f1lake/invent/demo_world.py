"""The invented world of a demo without any other source."""

from pathlib import Path

FOLDER, SEASONS, SEED = Path("invented"), 30, 7

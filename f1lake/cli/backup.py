"""The commands `f1lake backup` and `f1lake restore`; the work is done in `storage/backup.py`."""

from typing import Annotated

import typer
from rich.markup import escape

from f1lake.cli.screen import console, say


def make_backup(to: Annotated[str, typer.Option(help="the folder to write the archive to, on disk or s3://")]) -> None:
    """Pack what cannot be computed again: raw, bronze, the published odds, MLflow's store (docs/operations.md)."""
    from f1lake.cli.lakes import require_lake
    from f1lake.storage import backup

    require_lake()
    console.print(escape(backup.back_up(to)))


def bring_back(archive: Annotated[str, typer.Argument(help="an archive of `f1lake backup`, on disk or s3://")]) -> None:
    """Restore a backup into an empty lake; then run `f1lake build`, `f1lake train` and `f1lake odds`."""
    from f1lake.settings import settings
    from f1lake.storage import backup

    count = backup.restore(archive)
    say("{count} files in {lake}, home {home}", count=count, lake=settings().lake, home=settings().home)

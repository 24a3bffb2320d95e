"""What a lake on S3 costs in requests, and in time where each takes 40 ms: Ceph's gateway behind a counting proxy.

    python -m benchmarks.s3_requests

An invented world is built on disk, with the rough models of the tests, and copied to S3, so that both are one lake.
Then a race weekend passes, and each does the same in a process of its own. Targets: an idle evaluation of all sensors
5 requests or fewer, a refresh after a race 300 or fewer and at most twice the disk's time, an idle app 6 a minute or
fewer.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
import dagster as dg

from f1lake.app.live import LOOK_EVERY_S, Live
from f1lake.home import dagster_home
from f1lake.invent.recording import advance, invent
from f1lake.runs import definitions
from f1lake_tests.storage.ceph import gateway
from f1lake_tests.storage.s3_proxy import Proxy, proxy_of

ROOT = Path(__file__).parents[1]
SEASONS, YEAR = 13, "2026"
DELAY_S = 0.04
FILL = "import sys; from f1lake_tests.whole_lake import fill; fill(int(sys.argv[1]), int(sys.argv[2]))"
RUN = """
import sys
import dagster as dg
from f1lake import runs
from f1lake.home import dagster_home
from f1lake_tests.whole_lake import roughly
dagster_home()
with dg.DagsterInstance.get() as instance, roughly():
    runs.run(sys.argv[1], instance, (sys.argv[2], sys.argv[2]))
"""
COLLECT = "import sys; from f1lake.cli.main import app; app(['collect'])"


def done(lake: str, home: Path, script: str, *arguments: str) -> float:
    """Do something with a lake in a process of its own; the seconds that it takes."""
    environment = os.environ | {"F1LAKE_LAKE": lake, "F1LAKE_HOME": str(home)}
    environment.pop("DAGSTER_HOME", None)
    began = time.monotonic()
    result = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, env=environment, capture_output=True)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return time.monotonic() - began


def look_at(lake: str, home: Path) -> None:
    """Let this process be about a lake."""
    os.environ |= {"F1LAKE_LAKE": lake, "F1LAKE_HOME": str(home)}
    dagster_home()


def of_idle_sensors(proxy: Proxy) -> dict[str, int]:
    """The requests of an evaluation of all sensors, the second one."""
    repository, cursors = definitions().get_repository_def(), dict[str, str | None]()
    with dg.DagsterInstance.get() as instance:
        for _ in range(2):
            proxy.counted()
            for sensor in repository.sensor_defs:
                before = cursors.get(sensor.name)
                with dg.build_sensor_context(instance, before, repository_def=repository) as context:
                    cursors[sensor.name] = sensor.evaluate_tick(context).cursor
    return proxy.counted()


def of_idle_app(proxy: Proxy) -> float:
    """The requests of an idle app in a minute."""
    live = Live()
    live.refresh()
    proxy.counted()
    live.refresh()
    return sum(proxy.counted().values()) * 60 / LOOK_EVERY_S


def main() -> None:
    """Build, copy, and measure."""
    with tempfile.TemporaryDirectory(prefix="f1lake-") as own, gateway() as ceph, proxy_of(ceph.address) as proxy:
        folder = Path(own)
        world, disk, s3 = folder / "world", str(folder / "lake"), "s3://lake/f1"
        invent(world, SEASONS, seed=7)
        os.environ |= {
            "F1LAKE_UPSTREAM": str(world), "AWS_ENDPOINT_URL": proxy.address, "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ceph.key, "AWS_SECRET_ACCESS_KEY": ceph.secret,
        }  # fmt: skip
        home_of = {disk: folder / "home", s3: folder / "home-s3"}
        filled_s = done(disk, home_of[disk], FILL, str(2027 - SEASONS), YEAR)
        print(f"{SEASONS} seasons on disk: {filled_s:.0f} s", flush=True)
        client = boto3.Session().client("s3")
        client.create_bucket(Bucket="lake")
        for path in (path for path in Path(disk).rglob("*") if path.is_file()):
            client.upload_file(str(path), "lake", f"f1/{path.relative_to(disk).as_posix()}")
        shutil.copytree(home_of[disk] / "lake", home_of[s3] / "lake-f1")

        def measure(what: str, script: str, *arguments: str) -> None:
            proxy.counted()
            seconds = {lake: done(lake, home_of[lake], script, *arguments) for lake in (disk, s3)}
            sent = proxy.counted()
            proportion = seconds[s3] / seconds[disk]
            print(f"{what}: {sum(sent.values())} requests {dict(sent)}; disk {seconds[disk]:.1f} s, "
                  f"S3 {seconds[s3]:.1f} s, {proportion:.2f} times", flush=True)  # fmt: skip

        proxy.delay(DELAY_S)
        measure("the first build on a new machine", RUN, "build", YEAR)
        measure("build, nothing changed", RUN, "build", YEAR)
        measure("odds, nothing changed", RUN, "odds", YEAR)
        advance(world)
        measure("collect after a race", COLLECT)
        measure("refresh after a race", RUN, "refresh", YEAR)
        look_at(s3, home_of[s3])
        print(f"an idle evaluation of all sensors: {of_idle_sensors(proxy)}")
        print(f"an idle app: {of_idle_app(proxy):.0f} a minute")


if __name__ == "__main__":
    main()

"""The sensor of race weekends without a daemon: what it asks for is run at once, in this process."""

import dagster as dg

from f1lake import runs
from f1lake.automation.sensors import race_weekend_sensor


def tick(instance: dg.DagsterInstance) -> list[tuple[str, bool]]:
    """One evaluation of the sensor, and the runs that it asks for: of each the job, and whether it ended well."""
    with dg.build_sensor_context(instance=instance) as context:
        result = race_weekend_sensor(context)
    assert isinstance(result, dg.SensorResult)
    for begun in result.dynamic_partitions_requests or []:
        instance.add_dynamic_partitions(begun.partitions_def_name, list(begun.partition_keys))
    return [(str(request.job_name), _run(instance, request)) for request in result.run_requests or []]


def _run(instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
    job = runs.definitions().resolve_job_def(str(request.job_name))
    return job.execute_in_process(
        instance=instance, tags=dict(request.tags), run_config=runs.QUIET, asset_selection=request.asset_selection,
        raise_on_error=False,
    ).success

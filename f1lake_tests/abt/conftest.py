"""The recorded history, as the tests of silver have it."""

from f1lake_tests.silver.conftest import recorded_bronze, recorded_champions, recorded_results

__all__ = ["recorded_bronze", "recorded_champions", "recorded_results"]

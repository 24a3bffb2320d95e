"""The same upstreams as the tests of `upstream/` have."""

from f1lake_tests.upstream.conftest import recorded, server

__all__ = ["recorded", "server"]

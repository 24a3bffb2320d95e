from f1lake_tests.model.conftest import empty_store, store_template

__all__ = ["empty_store", "store_template"]

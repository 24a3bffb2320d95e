"""The contracts of all tables. They are declared beside the assets, so importing the layers declares them."""

import importlib
import pkgutil
from collections.abc import Mapping

import dataframely as dy

from f1lake import abt, bronze, gold, model, odds, raw, silver
from f1lake.storage.schemas import CONTRACTS

LAYERS = (raw, bronze, silver, gold, abt, model, odds)


def declared() -> Mapping[str, type[dy.Schema]]:
    """Contract by table name (`silver/events`), layer by layer; tables that are not of this package are left out."""
    for layer in LAYERS:
        for module in pkgutil.iter_modules(layer.__path__, f"{layer.__name__}."):
            importlib.import_module(module.name)
    own = tuple(f"{layer.__name__}." for layer in LAYERS)
    return {name: contract for name, contract in CONTRACTS.items() if contract.__module__.startswith(own)}

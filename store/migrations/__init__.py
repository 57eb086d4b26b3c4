"""Changes of shape: dated, repeatable, each applied once and remembered.

A migration is a module `mYYYYMMDD_what.py` with `apply(db, settings)`, and a docstring that says
what it changes and why.
"""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules

from config.settings import Settings
from store import indexes, mongo

# An index over a million contacts takes longer than any one operation of a web server may.
_PATIENCE_S = 6 * 3600.0


def names() -> list[str]:
    """Every migration, in the order it is applied."""
    return sorted(module.name for module in iter_modules(__path__) if module.name.startswith("m2"))


def pending(db: mongo.Db) -> list[str]:
    """Those this database has not seen. Index: _id."""
    seen = {row["_id"] for row in db.migrations.find({}, {"_id": 1})}
    return [name for name in names() if name not in seen]


def migrate(db: mongo.Db, settings: Settings, now: datetime) -> list[str]:
    """Apply what is pending, then make the indexes stand; name what was done. Safe to repeat.

    A migration that is stopped half-way is applied again from its start: each must bear that.
    """
    done = []
    with mongo.patience(_PATIENCE_S):
        for name in pending(db):
            apply: Callable[[mongo.Db, Settings], None] = import_module(f"{__name__}.{name}").apply
            apply(db, settings)
            db.migrations.update_one({"_id": name}, {"$set": {"applied_at": now}}, upsert=True)
            done.append(name)
        return done + indexes.ensure(db, indexes.keeping_of(settings))

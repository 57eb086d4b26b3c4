"""What keeps us from working, asked of the stores."""

from runtime import Runtime
from store import migrations, mongo, redis, rule_versions
from store.mongo import StoreError
from store.redis import RedisDownError


def lacking(rt: Runtime) -> list[str]:
    """A sentence for each thing that is missing; none where all is well."""
    problems = []
    try:
        mongo.ping(rt.db)
        if migrations.pending(rt.db):
            problems.append("The database is not migrated: run `flask db migrate`.")
        if rule_versions.latest_number(rt.db) is None:
            problems.append("No rules are published: run `flask rules publish`.")
    except StoreError:
        problems.append("MongoDB does not answer.")
    try:
        redis.ping(rt.redis)
    except RedisDownError:
        problems.append("Redis does not answer.")
    return problems

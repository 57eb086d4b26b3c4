"""MongoDB and Redis: a module a collection, a function a query; indexes, migrations, the queue."""

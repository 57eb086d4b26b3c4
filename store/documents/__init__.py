"""What MongoDB holds, typed: one module a collection."""

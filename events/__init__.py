"""What happened, handled: one shard at a time, in order, each event decided once by the rules."""

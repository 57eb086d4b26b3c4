"""Rule files: what people write, what an event means, and which rules hold for it."""

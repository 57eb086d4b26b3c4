"""What we owe people: the gate, the send, and what became of it."""

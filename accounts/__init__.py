"""Who may do what: people by their roles, other systems by the scopes of their tokens."""

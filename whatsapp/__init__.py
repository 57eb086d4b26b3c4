"""Meta's Cloud API, both directions: payloads, signature, errors, client."""

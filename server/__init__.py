"""How gunicorn serves everything: an event loop for Meta's webhooks, threads for Flask."""

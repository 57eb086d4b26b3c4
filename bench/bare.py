"""The baseline: a Flask route that does nothing, served by gunicorn with our own settings."""

from flask import Flask


def create_app() -> Flask:
    """An application with one route that answers 200."""
    app = Flask("bare")

    @app.post("/webhooks/whatsapp")
    def receive() -> str:
        return ""

    @app.get("/healthz")
    def healthz() -> str:
        return "alive"

    return app

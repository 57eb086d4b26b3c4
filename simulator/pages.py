"""The phone page: one HTML file, one stylesheet, one script, all our own."""

from flask import Blueprint, Response, render_template

from simulator.graph import machine

pages = Blueprint("pages", __name__)


@pages.get("/")
def phone() -> str:
    return render_template("phone.html", business=machine().config.verified_name)


@pages.after_request
def guard(response: Response) -> Response:
    """Only this page's own script runs, whatever a message may contain."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

"""The description is read without a token, and asks the browser for nothing foreign."""

import re

from flask import Flask

from api.routing import ROUTES


def test_every_operation_is_on_the_page(app: Flask) -> None:
    page = app.test_client().get("/api/v1/docs")

    assert page.status_code == 200
    assert {route.name for route in ROUTES} <= set(re.findall(r'<details id="(\w+)"', page.text))
    assert not re.search(r"<script|<style|\sstyle=|https?://", page.text)
    named = set(re.findall(r'href="#([\w-]+)"', page.text))
    assert named <= set(re.findall(r'id="([\w-]+)"', page.text))

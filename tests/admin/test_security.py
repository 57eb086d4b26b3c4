"""Browsers are told what to refuse, and pages ask for nothing that is refused."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from store import mongo
from tests.reports import rows


def test_every_answer_of_the_app_carries_the_headers(app: Flask, stranger: FlaskClient) -> None:
    app.add_url_rule("/elsewhere", view_func=lambda: "of another blueprint")
    for path in ("/", "/login", "/nowhere", "/assets/admin.css", "/elsewhere"):
        headers = stranger.get(path).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_stay_in_no_cache_and_files_may(asha: FlaskClient) -> None:
    assert asha.get("/").headers["Cache-Control"] == "no-store"
    assert asha.get("/login").headers["Cache-Control"] == "no-store"
    assert asha.get("/assets/admin.css").headers["Cache-Control"] != "no-store"


@pytest.mark.parametrize("path", ["/", "/password", "/campaigns/diwali_offer", "/nowhere"])
def test_no_page_has_inline_scripts_or_styles_or_foreign_files(
    asha: FlaskClient, db: mongo.Db, path: str
) -> None:
    rows.campaign(db)
    rows.run(db)

    text = asha.get(path).text

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_what_people_wrote_is_shown_and_not_run(asha: FlaskClient, db: mongo.Db) -> None:
    rows.campaign(db, message={"text": "<script>alert(1)</script>"})

    text = asha.get("/campaigns/diwali_offer").text

    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text

"""`flask tokens` makes a token that is printed once, lists and ends them."""

from flask import Flask

from accounts import tokens
from store import mongo
from tests.clock import NOW


def test_a_token_is_printed_listed_and_ended(app: Flask, db: mongo.Db) -> None:
    run = app.test_cli_runner().invoke

    made = run(args=["tokens", "add", "shop", "--scope", "events:write"])
    assert made.exit_code == 0
    assert tokens.find(db, made.stdout.strip(), NOW) is not None

    listed = run(args=["tokens", "list"]).stdout
    assert "shop: events:write (last used" in listed
    assert made.stdout.strip() not in listed

    assert run(args=["tokens", "revoke", "shop"]).exit_code == 0
    assert run(args=["tokens", "revoke", "shop"]).exit_code == 1
    assert "revoked" in run(args=["tokens", "list"]).stdout
    assert run(args=["tokens", "add", "shop", "--scope", "events:write"]).exit_code == 1

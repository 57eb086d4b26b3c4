"""`flask rules` on a terminal, through the real application."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app import create_app
from config.settings import Settings
from rules import schema
from store import attributes, mongo, rule_versions
from store.documents.attribute import AttributeKind
from tests.clock import NOW
from tests.makers import many
from tests.rules.people import one_rule


@pytest.fixture
def runner(settings: Settings, db: mongo.Db, tmp_path: Path) -> FlaskCliRunner:
    changed = settings.model_copy(update={"rules_dir": tmp_path})
    return create_app(changed).test_cli_runner()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def test_good_files_are_summed_up(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    result = runner.invoke(args=["rules", "check"])

    assert result.exit_code == 0
    assert result.stdout.startswith("1 files are good: 2 intents, 1 rules (")


def test_problems_go_to_standard_error_and_end_in_1(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: prize}")))

    result = runner.invoke(args=["rules", "check", str(tmp_path)])

    assert result.exit_code == 1
    assert not result.stdout
    assert result.stderr == ("it.yaml:7:31: no intent is called 'prize'; did you mean 'price'?\n")


def test_a_folder_that_is_not_there_is_said(runner: FlaskCliRunner) -> None:
    assert runner.invoke(args=["rules", "check", "/nowhere"]).exit_code == 2


def test_an_explanation_needs_no_published_version(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    result = runner.invoke(args=["rules", "explain", "price"])

    assert result.exit_code == 0
    assert "not published" in result.stderr
    assert "price" in result.stdout


def test_what_is_published_is_numbered_and_listed(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: price}")))

    first = runner.invoke(args=["rules", "publish", "--note", "the first"])
    again = runner.invoke(args=["rules", "publish"])
    history = runner.invoke(args=["rules", "history"])

    assert first.stdout.splitlines() == [
        "published version 1",
        "  rules: +it; intents: +greeting +price; 1 file, +7 -0 lines",
    ]
    assert again.stdout == "nothing changed; still version 1\n"
    assert "the first" in history.stdout


def test_bad_files_are_not_published(runner: FlaskCliRunner, tmp_path: Path) -> None:
    write(tmp_path, dict(one_rule("{intent: prize}")))

    result = runner.invoke(args=["rules", "publish"])

    assert result.exit_code == 1
    assert "did you mean 'price'?" in result.stderr


def publish(runner: FlaskCliRunner, folder: Path, when: str, *more: str) -> str:
    write(folder, dict(one_rule(when)))
    result = runner.invoke(args=["rules", "publish", *more])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_folder_that_is_named_is_published(runner: FlaskCliRunner, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write(other, dict(one_rule("{intent: greeting}")))

    assert runner.invoke(args=["rules", "publish", str(other)]).exit_code == 0


def test_a_rollback_is_one_command_and_says_so(
    runner: FlaskCliRunner, db: mongo.Db, tmp_path: Path
) -> None:
    publish(runner, tmp_path, "{intent: price}")
    publish(runner, tmp_path, "{intent: greeting}")

    result = runner.invoke(args=["rules", "rollback", "1", "-m", "greeted too much"])

    assert result.stdout == "published version 3, with the files of version 1\n"
    latest = rule_versions.latest(db)
    assert latest is not None
    assert (latest["note"], latest["restores"]) == ("greeted too much", 1)
    again = runner.invoke(args=["rules", "rollback", "1"])
    assert again.stdout == "nothing changed: version 3 decides with these very files\n"
    unknown = runner.invoke(args=["rules", "rollback", "9"])
    assert (unknown.exit_code, "no version 9" in unknown.stderr) == (1, True)


def test_what_is_not_good_any_more_is_not_rolled_back_to(
    runner: FlaskCliRunner, db: mongo.Db, tmp_path: Path
) -> None:
    publish(runner, tmp_path, "{intent: price}")
    publish(runner, tmp_path, "{intent: greeting}")
    bad = sorted(one_rule("{intent: prize}").items())
    mongo.rule_versions(db).update_one({"_id": 1}, {"$set": {"files": bad}})

    result = runner.invoke(args=["rules", "rollback", "1"])

    assert result.exit_code == 1
    assert "it.yaml:7:" in result.stderr
    assert rule_versions.latest_number(db) == 2


def test_the_history_tells_what_each_version_changed(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    publish(runner, tmp_path, "{intent: price}", "-m", "first")
    publish(runner, tmp_path, "{intent: greeting}")

    listed = runner.invoke(args=["rules", "history"]).stdout
    first = runner.invoke(args=["rules", "history", "--diff", "1"]).stdout
    second = runner.invoke(args=["rules", "history", "--diff", "2"]).stdout

    assert "rules: ~it; 1 file, +1 -1 lines" in listed
    assert first.startswith("--- /dev/null\n+++ it.yaml\tversion 1\n")
    assert second.startswith("--- it.yaml\tversion 1\n+++ it.yaml\tversion 2\n")


def test_versions_and_the_folder_can_be_compared(runner: FlaskCliRunner, tmp_path: Path) -> None:
    publish(runner, tmp_path, "{intent: price}")
    publish(runner, tmp_path, "{intent: greeting}")

    def diff(*numbers: str) -> str:
        result = runner.invoke(args=["rules", "diff", *numbers])
        assert result.exit_code == 0, result.stderr
        return result.stdout

    assert diff() == "version 2 and RULES_DIR are the same\n"
    assert "+++ it.yaml\tRULES_DIR" in diff("1")
    assert "+++ it.yaml\tversion 1" in diff("2", "1")
    assert runner.invoke(args=["rules", "diff", "1", "7"]).exit_code == 1


def test_the_schema_is_printed_for_editors(runner: FlaskCliRunner) -> None:
    printed = json.loads(runner.invoke(args=["rules", "schema"]).stdout)

    assert printed == schema.schema()


def test_names_are_held_against_the_database_where_it_answers(
    runner: FlaskCliRunner, tmp_path: Path, db: mongo.Db
) -> None:
    attributes.define(db, "city", AttributeKind.TEXT, "import", NOW)
    write(tmp_path, dict(one_rule("{intent: price, contact.attributes.ctiy: Pune}")))

    result = runner.invoke(args=["rules", "check"])

    assert result.exit_code == 1
    assert "warning: nobody has an attribute 'ctiy'; did you mean 'city'?" in result.stderr
    assert "files are good" in result.stdout
    assert runner.invoke(args=["rules", "publish"]).exit_code == 0, "a warning keeps nothing back"


def test_without_a_database_the_files_are_checked_all_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    nowhere = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"
    changed = settings.model_copy(update={"rules_dir": tmp_path, "mongodb_uri": nowhere})
    write(tmp_path, dict(one_rule("{intent: price, contact.attributes.ctiy: Pune}")))

    result = create_app(changed).test_cli_runner().invoke(args=["rules", "check"])

    assert result.exit_code == 0
    assert "MongoDB does not answer" in result.stderr


def test_a_file_that_cannot_be_read_hides_no_problem_of_the_others(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    write(tmp_path, {"a.yaml": "rulez: []", "b.yaml": "rules:\n\t- rule: x\n"})
    (tmp_path / "c.yaml").symlink_to("/etc/hostname")
    (tmp_path / "d.yaml").write_bytes(b"rules: \xff")

    told = runner.invoke(args=["rules", "check"]).stderr.splitlines()

    assert told == [
        "a.yaml:1:1: 'rulez' is not known here; did you mean 'rules'?",
        "b.yaml:2:1: is no YAML: a tab; YAML is indented with spaces",
        "c.yaml:1:1: is a link that leads out of the folder",
        "d.yaml:1:1: is not UTF-8 text",
    ]


def test_what_would_be_done_is_printed_for_people_and_as_json(
    runner: FlaskCliRunner, tmp_path: Path
) -> None:
    publish(runner, tmp_path, "{event: cart_abandoned, event.properties.total: {gte: 2000}}")
    ask = ["rules", "explain", "--event", "cart_abandoned", "--properties", '{"total": 2400}']

    told = runner.invoke(args=ask)
    written = runner.invoke(args=[*ask, "--json"])

    assert told.exit_code == 0, told.stderr
    assert "✓ event.properties.total ≥ 2000, saw 2400" in told.stdout
    assert "1. it: reply text ok" in told.stdout
    assert "would not be sent (window_closed)" in told.stdout
    assert json.loads(written.stdout)["would"][0]["held_back"] == "window_closed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Say what happens"),
        (["--event", "x", "--properties", "{"], "no JSON"),
        (["--event", "x", "--properties", "[]"], 'not like {"total": 2400}'),
        (["hi", "--contact", "abc"], "abc"),
        (["hi", "--contact", "+919812345670"], "nobody with this number"),
    ],
)
def test_a_question_that_makes_no_sense_says_why(
    runner: FlaskCliRunner, given: list[str], said: str
) -> None:
    result = runner.invoke(args=["rules", "explain", *given])

    assert result.exit_code != 0
    assert said in result.stderr


def test_a_folder_is_tried_on_what_happened(
    runner: FlaskCliRunner, db: mongo.Db, tmp_path: Path
) -> None:
    publish(runner, tmp_path, "{text: hello}")
    many(db, 10)
    write(tmp_path, dict(one_rule("{text: cost}")))

    told = runner.invoke(args=["rules", "replay", "--days", "365"])
    written = runner.invoke(args=["rules", "replay", "--days", "365", "--json", "--most", "4"])

    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("RULES_DIR beside version 1, since ")
    assert "10 events looked at; 10 would be decided otherwise" in told.stdout
    assert "  it: 5 → 5 (+5 −5)" in told.stdout
    assert json.loads(written.stdout)["answered"]["gained"] == 2

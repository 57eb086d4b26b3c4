"""What stands in a log line, and what never does: each seen on a real process's standard error."""

import base64
import json
import subprocess
import sys
import textwrap
from typing import Any

from config import logs
from config.settings import ROOT

NUMBER = "919812345670"
WAMID = "wamid." + base64.b64encode(f"x{NUMBER}y".encode()).decode()


def logged(code: str) -> list[dict[str, Any]]:
    """What a process that runs `code` logs; `log` is its logger, NUMBER and WAMID are at hand."""
    before = (
        f"import logging\nfrom config import logs\nNUMBER, WAMID = {NUMBER!r}, {WAMID!r}\n"
        "logs.configure('DEBUG')\nlog = logs.get('x')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", before + textwrap.dedent(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in ran.stderr.splitlines()]


def test_only_known_keys_are_written() -> None:
    (line,) = logged(
        "log.warning('refused', delivery_id='d1', code=131049, phone=NUMBER, text='', wamid=WAMID)"
    )

    assert line["event"] == "refused"
    assert (line["delivery_id"], line["code"]) == ("d1", 131049)
    assert not {"phone", "text", "wamid"} & line.keys()


def test_a_number_in_free_text_is_masked() -> None:
    (line,) = logged("log.error(f'no answer from +{NUMBER}', error=f'E{NUMBER}', reason=NUMBER)")

    assert NUMBER not in json.dumps(line)
    assert line["event"] == "no answer from [number]"


def test_a_wamid_and_a_number_with_spaces_in_free_text_are_masked() -> None:
    (line,) = logged("log.error(f'{WAMID} to +91 98123-45670', reason=f'no {WAMID}.')")

    assert (line["event"], line["reason"]) == ("[wamid] to [number]", "no [wamid].")


def test_an_exception_that_quotes_another_tells_neithers_words() -> None:
    (line,) = logged(
        """
        try:
            try:
                raise KeyError(NUMBER)
            except KeyError as error:
                raise RuntimeError(f"{WAMID} failed") from error
        except RuntimeError:
            logging.getLogger("rq.worker").exception("job of %s failed", NUMBER)
        """
    )

    written = json.dumps(line)
    assert line["exception"].endswith("RuntimeError")
    assert NUMBER not in written
    assert WAMID not in written


def test_an_exception_is_its_type_and_its_place_but_never_its_words() -> None:
    (line,) = logged(
        """
        def read(message):
            raise ValueError(f"cannot read {message}")
        try:
            read(f"my secret words, from {NUMBER}")
        except ValueError:
            log.exception("an event could not be handled")
        """
    )

    assert line["exception"].endswith("ValueError")
    assert "in read" in line["exception"]
    assert "secret words" not in json.dumps(line)
    assert NUMBER not in json.dumps(line)


def test_the_standard_librarys_lines_look_the_same() -> None:
    (line,) = logged("logging.getLogger('some.library').warning('called %s', NUMBER)")

    assert line["logger"] == "some.library"
    assert line["event"] == "called [number]"


def test_what_a_block_is_about_stands_on_each_of_its_lines() -> None:
    first, second = logged(
        """
        with logs.about(contact_id="c1", job_id="j1"):
            log.info("one")
        log.info("two")
        """
    )

    assert (first["contact_id"], first["job_id"]) == ("c1", "j1")
    assert "contact_id" not in second


def test_an_id_that_carries_a_number_has_a_stand_in() -> None:
    assert logs.short(WAMID) == logs.short(WAMID)
    assert len(logs.short(WAMID)) == 12
    assert logs.short("\ud800")

"""The processes of a stack get what they need, whatever the secrets look like."""

from pathlib import Path

import requests

from demo import servers
from demo.stack import SIMULATOR, Stack


def test_a_secret_may_begin_with_a_dash(tmp_path: Path) -> None:
    secrets = {"WHATSAPP_APP_SECRET": "-secret", "WHATSAPP_ACCESS_TOKEN": "--token"}
    ids = {"WHATSAPP_PHONE_NUMBER_ID": "1", "WHATSAPP_BUSINESS_ACCOUNT_ID": "2"}
    port = servers.free_port()
    stack = Stack(tmp_path, {**secrets, **ids}, web_port=9, simulator_port=port)
    try:
        stack.start(SIMULATOR)
        stack.wait_for(f"{stack.phone_url}/sim/people", "the simulator")
        sent = requests.get(
            f"{stack.phone_url}/v25.0/2", headers={"Authorization": "Bearer --token"}, timeout=10
        )
        assert sent.status_code == requests.codes.ok
    finally:
        stack.stop()

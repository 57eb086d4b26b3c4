"""A file is fetched from Meta alone, a piece at a time, and never more than is wanted."""

import pytest

from runtime import Runtime
from whatsapp.client import GraphError
from whatsapp.media import NoMediaError, is_metas


def test_a_file_comes_back_as_it_was_sent(rt: Runtime) -> None:
    content = bytes(range(256)) * 1024
    media_id = rt.whatsapp.upload(content, "image/jpeg", "a.jpg")

    media = rt.whatsapp.download(media_id, len(content))

    assert (media.media_type, media.size_bytes) == ("image/jpeg", len(content))
    assert b"".join(media.pieces) == content


def test_a_file_that_is_too_large_is_not_fetched(rt: Runtime) -> None:
    media_id = rt.whatsapp.upload(b"x" * 2_000_000, "video/mp4", "a.mp4")

    with pytest.raises(NoMediaError, match="larger than the 1 MB"):
        rt.whatsapp.download(media_id, 2**20)


def test_a_file_that_is_gone_says_so(rt: Runtime) -> None:
    with pytest.raises(GraphError):
        rt.whatsapp.download("4711", 2**20)


@pytest.mark.parametrize(
    ("url", "root", "is_so"),
    [
        ("https://lookaside.fbsbx.com/whatsapp?x=1", "https://graph.facebook.com/v25.0", True),
        ("https://graph.facebook.com/v25.0/1", "https://graph.facebook.com/v25.0", True),
        ("http://127.0.0.1:9/v25.0/media_content/1", "http://127.0.0.1:9/v25.0", True),
        ("http://127.0.0.1:8/v25.0/media_content/1", "http://127.0.0.1:9/v25.0", False),
        ("http://lookaside.fbsbx.com/x", "https://graph.facebook.com/v25.0", False),
        ("https://lookaside.fbsbx.com:8443/x", "https://graph.facebook.com/v25.0", False),
        ("https://fbsbx.com.evil.example/x", "https://graph.facebook.com/v25.0", False),
        ("https://evilfbsbx.com/x", "https://graph.facebook.com/v25.0", False),
        ("https://user@evil.example/.fbsbx.com", "https://graph.facebook.com/v25.0", False),
        ("https://[broken", "https://graph.facebook.com/v25.0", False),
        ("file:///etc/passwd", "https://graph.facebook.com/v25.0", False),
    ],
)
def test_our_token_goes_to_meta_alone(url: str, root: str, is_so: bool) -> None:
    assert is_metas(url, root) is is_so

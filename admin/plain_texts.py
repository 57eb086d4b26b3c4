"""WhatsApp's own marks in a text (*bold*, _italic_, ~struck~, ```typed```), as HTML. Pure."""

import re

from markupsafe import Markup, escape

_MARKS = (
    (re.compile(r"```(.+?)```", re.DOTALL), "code"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "s"),
)


def as_on_a_phone(text: str) -> Markup:
    """The text as a phone shows it; whatever else it holds is text.

    >>> str(as_on_a_phone("*20 %* off <now>, 2*3*4"))
    '<b>20 %</b> off &lt;now&gt;, 2*3*4'
    """
    shown = str(escape(text))
    for mark, tag in _MARKS:
        shown = mark.sub(rf"<{tag}>\1</{tag}>", shown)
    return Markup(shown)  # noqa: S704  # escaped above; only our own four tags were added

"""WhatsApp's marks, as HTML that carries nothing else."""

import pytest

from admin.plain_texts import as_on_a_phone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*20 %* off", "<b>20 %</b> off"),
        ("_now_ and ~then~", "<i>now</i> and <s>then</s>"),
        ("```x = 1```", "<code>x = 1</code>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2*3*4 snake_case_name a * b * c", "2*3*4 snake_case_name a * b * c"),
        ("<i>*x*</i>", "&lt;i&gt;<b>x</b>&lt;/i&gt;"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_marks_are_shown_and_all_else_is_text(text: str, shown: str) -> None:
    assert as_on_a_phone(text) == shown

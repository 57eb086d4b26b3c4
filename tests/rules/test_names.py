"""A rule file's name leads nowhere but below its folder."""

import pytest

from rules import names


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/x.yaml", "/etc/x.yaml", "a/../x.yaml", "a//x.yaml", "./x.yaml", ".x.yaml",
        "a\\..\\x.yaml", "C:x.yaml", "a\n.yaml", "a\x00.yaml", "-x.yaml", "~root/x.yaml", "x.yml",
        "", ".yaml", "a/.yaml", "x.yaml/", "a\u202eb.yaml", "x" * 200 + ".yaml", "x.yaml ",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    assert names.fault(name)


@pytest.mark.parametrize(
    "name", ["a.yaml", "shop/01_prices.yaml", "कीमत.yaml", "a b.yaml", "a.b-c.yaml"]
)
def test_plain_names_may_be(name: str) -> None:
    assert names.fault(name) is None

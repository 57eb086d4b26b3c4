"""Each mistake people make in a rule file, and the sentence they get for it."""

import json
from dataclasses import replace

import pytest

from rules.check import check, load
from rules.known import Known
from tests.rules.people import INTENTS, one_rule


def sentences(files: dict[str, str], known: Known | None = None) -> list[str]:
    return [str(problem) for problem in check(files, known or Known())]


def complaints(text: str, known: Known | None = None) -> str:
    return "\n".join(sentences({"f.yaml": text}, known))


RULE = """
rules:
  - rule: it
    when: {WHEN}
    then: [THEN]
"""


def rule(when: str = "event: message", then: str = "reply: ok") -> str:
    return INTENTS + RULE.replace("WHEN", when).replace("THEN", then)


def test_a_good_file_has_no_problems() -> None:
    assert not complaints(rule("intent: price, contact.attributes.city: {in: [Pune, Mumbai]}"))


def test_a_problem_says_where_it_is_and_what_was_meant() -> None:
    text = (
        "rules:\n  - rule: it\n    prioriti: 5\n    when: {intnet: price}\n    then: [repply: ok]\n"
    )

    assert sentences({"shop/f.yaml": text}) == [
        "shop/f.yaml:3:5: 'prioriti' is not known here; did you mean 'priority'?",
        "shop/f.yaml:4:12: 'intnet' is no fact; did you mean 'intent'?",
        "shop/f.yaml:5:12: 'repply' is not known here; did you mean 'reply'?",
    ]


def test_every_problem_of_every_file_is_told_at_once() -> None:
    found = sentences(
        {
            "a.yaml": "rules:\n  - {rule: a, when: {event: message}, then: []}\n  - {when: {}}\n",
            "b.yaml": "intents: {x: {}}\nrulez: []\n",
            "c.yaml": "rules: ]",
        }
    )

    assert [line.split(": ", 1)[0] for line in found] == [
        "a.yaml:2:45",
        "a.yaml:3:5",
        "a.yaml:3:5",
        "a.yaml:3:12",
        "b.yaml:1:14",
        "b.yaml:2:1",
        "c.yaml:1:8",
    ]


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        ("intent: prize", "no intent is called 'prize'; did you mean 'price'?"),
        ("intent: {in: [price, x1]}", "no intent is called 'x1'"),
        ("contact.attributes.city: Pune", "would hold for whatever happens"),
        ("campaign: diwali", "would hold for whatever happens"),
        ("any: [{event: read}, {campaign: x}]", "one branch names no event"),
        ("any: [{event: order_placed}, {intent: price}]", "one branch names no event"),
        ("event: read, all: [{event: replied}]", "can never hold: read and replied at once"),
        ("event: {ne: read}", "an event is named"),
        ("not: {event: read}", "an event is named"),
        ("event: {exists: true}", "an event is named"),
        ("event: delievered", "no event is called 'delievered'; did you mean 'delivered'?"),
        ("event: not_read", "needs a deadline, such as `after: 48h`"),
        ("event: read, after: 48h", "`after:` goes with not_clicked"),
        ("event: not_read, after: 48", "expected a duration such as 30m, 48h or 7 days, got 48"),
        ("event: not_read, after: soon", "'soon' is not a duration"),
        ("event: not_read, after: 0h", "a duration of nothing"),
        ("intent: price, contact.segmants: {has: vip}", "did you mean 'contact.segments'?"),
        ("intent: price, contact.attributes: 1", "is no fact; did you mean"),
        ("intent: price, contact.attributes.$where: x", "no spaces and no $"),
        ("intent: price, contact.attributes.a b: x", "no spaces and no $"),
        ("intent: price, contact.segments: vip", "holds several: write `has:`"),
        ("campaign: x, event: clicked, link: https://a.in", "holds several: write `has:`"),
        ("link: {has: https://a.in}", "would hold for whatever happens"),
        ("intent: price, contact.attributes.orders: {gt: '2'}", "expected a number, got '2'"),
        ("intent: price, contact.attributes.orders: {gt: true}", "expected a number, got true"),
        ("intent: price, contact.language: {gt: 2}", "is no number, so `gt` never holds"),
        ("intent: {gt: 2}", "is no number, so `gt` never holds"),
        ("event: failed, error_code: many", "error_code is a number"),
        ("intent: price, contact.language: true", "contact.language is a text"),
        ("intent: price, local_hour: 24", "local_hour is a whole number from 0 to 23"),
        ("intent: price, local_hour: {has: 2}", "local_hour is a single value"),
        ("intent: price, local_weekday: monday", "local_weekday is one of mon, tue"),
        ("intent: price, campaign_type: onetime", "did you mean 'one_time'?"),
        ("text: '?!'", "holds no word"),
        ("text: {has: '…'}", "holds no word"),
        ("intent: price, contact.attributes.city: {in: []}", "is empty"),
        ("intent: price, contact.attributes.city: [Pune]", "a list is compared with `in: […]`"),
        ("intent: price, contact.attributes.city: {in: Pune}", "expected a list such as"),
        ("intent: price, contact.attributes.city: {contains: P}", "'contains' is not known here"),
        ("intent: price, contact.attributes.city: {equals: P}", "'equals' is not known here"),
        ("intent: price, contact.attributes.city: {}", "compares with nothing"),
        ("intent: price, contact.attributes.city: ", "`exists: false` asks whether"),
        ("intent: price, contact.attributes.city: {eq: }", "`eq` has no value"),
        ("intent: price, contact.attributes.city: {exists: maybe}", "expected true or false"),
        ("intent: price, contact.attributes.city: {eq: {a: 1}}", "got a group of keys"),
        ("all: []", "is empty"),
        ("any: {intent: price}", "expected a list"),
        ("not: []", "expected conditions such as"),
        ("intent: price, all: [price]", "expected conditions such as"),
        ("", "asks nothing"),
        ("intent: price, contact.attributes.x: '" + "x" * 201 + "'", "longer than 200 characters"),
    ],
)
def test_conditions_that_cannot_be_meant(when: str, complaint: str) -> None:
    assert complaint in complaints(rule(when))


@pytest.mark.parametrize(
    ("then", "complaint"),
    [
        ("start_campaign: [a]", "expected a text, got a list"),
        ("start_campaign: 'two words'", "is no name"),
        ("start_campaign", "'campaign' is missing"),
        ("{start_campaign: a, reply: b}", "exactly one action"),
        ("5", "expected an action such as"),
        ("reply: ''", "is empty"),
        ("reply: {buttons: [{id: a, title: b}]}", "'text' is missing"),
        ("reply: {text: a, buttons: []}", "is empty"),
        (
            "reply: {text: a, buttons: ["
            + ", ".join(f"{{id: {n}, title: {n}}}" for n in "abcd")
            + "]}",
            "has 4 entries, at most 3 fit",
        ),
        (
            "reply: {text: a, buttons: [{id: a, title: " + "x" * 21 + "}]}",
            "has 21 characters, at most 20",
        ),
        ("reply: {text: a, buttons: [{id: " + "x" * 257 + ", title: x}]}", "at most 256"),
        (
            "reply: {text: a, buttons: [{id: a, title: b}, {id: a, title: c}]}",
            "button id 'a' stands twice",
        ),
        (
            "reply: {text: a, buttons: [{id: a, title: b}, {id: c, title: b}]}",
            "button title 'b' stands twice",
        ),
        (
            "reply: {text: " + "x" * 1025 + ", buttons: [{id: a, title: b}]}",
            "at most 1024 characters",
        ),
        ("reply: " + "x" * 4097, "has 4097 characters, at most 4096 fit"),
        ("reply: {text: a, list: {button: b, rows: []}}", "is empty"),
        ("reply: {text: a, list: {rows: [{id: a, title: b}]}}", "'button' is missing"),
        (
            "reply: {text: a, list: {button: " + "x" * 21 + ", rows: [{id: a, title: b}]}}",
            "at most 20",
        ),
        (
            "reply: {text: a, list: {button: b, rows: [{id: " + "x" * 201 + ", title: b}]}}",
            "at most 200",
        ),
        (
            "reply: {text: a, list: {button: b, rows: [{id: a, title: " + "x" * 25 + "}]}}",
            "at most 24",
        ),
        (
            "reply: {text: a, list: {button: b, rows: [{id: a, title: b, description: "
            + "x" * 73
            + "}]}}",
            "at most 72",
        ),
        (
            (
                "reply: {text: a, list: {button: b, sections: "
                "[{rows: [{id: a, title: b}]}, {rows: [{id: c, title: d}]}]}}"
            ),
            "each of several sections needs a title",
        ),
        (
            "reply: {text: a, list: {button: b, sections: ["
            + ", ".join(
                f"{{title: s{s}, rows: ["
                + ", ".join(f"{{id: r{s}{r}, title: t}}" for r in range(6))
                + "]}"
                for s in range(2)
            )
            + "]}}",
            "has 12 rows",
        ),
        (
            (
                "reply: {text: a, buttons: [{id: a, title: b}], "
                "list: {button: b, rows: [{id: a, title: b}]}}"
            ),
            "one or the other",
        ),
        ("reply: 'Hi {{ contact.name'", "is no template"),
        ("reply: 'Hi {{ name }}'", "'name' is unknown here"),
        ("set_attributes: {}", "is empty"),
        ("set_attributes: {a.b: 1}", "no spaces, dots or $"),
        ("set_attributes: {$set: 1}", "no spaces, dots or $"),
        ("set_attributes: {a: {b: 1}}", "expected a text, a number, true, false or a list"),
        ("increment: {orders: x}", "expected a number, got 'x'"),
        ("unset_attributes: []", "is empty"),
        ("suppress: {scope: sms}", "expected 'marketing' or 'all', got 'sms'"),
        ("suppress: {for: 30}", "expected a duration"),
        ("suppress: {until: 30d}", "'until' is not known here"),
        ("hand_over: soon", "is not a duration"),
        ("notify: {}", "'address' is missing"),
    ],
)
def test_actions_that_cannot_be_carried_out(then: str, complaint: str) -> None:
    assert complaint in complaints(
        rule(then=then if then.startswith("{") else "{" + then + "}" if ":" in then else then)
    )


@pytest.mark.parametrize(
    "then",
    [
        "start_campaign: price_list",
        "reply: Hi",
        "reply: {text: Hi, list: {button: Choose, rows: [{id: 1, title: One}]}}",
        "set_attributes: {city: Pune, orders: 2, vip: true, likes: [a, b]}",
        "increment: orders",
        "increment: {orders: 2.5}",
        "unset_attributes: city",
        "unset_attributes: [city, plan]",
        "add_to_segment: vip",
        "remove_from_segment: vip",
        "suppress: all",
        "suppress: {scope: marketing, for: 30d}",
        "enrol: welcome",
        "withdraw: welcome",
        "notify: {address: crm, data: {what: lead}}",
        "hand_over: 2h",
    ],
)
def test_every_action_of_the_contract(then: str) -> None:
    assert not complaints(rule(then="{" + then + "}"))


@pytest.mark.parametrize("then", ["suppress", "unsuppress", "hand_over"])
def test_actions_that_need_no_detail_may_stand_alone(then: str) -> None:
    assert not complaints(rule(then=then))


@pytest.mark.parametrize(
    ("intent", "complaint"),
    [
        ("{}", "finds nothing"),
        ("{words: []}", "is empty"),
        ("{words: price}", "expected a list such as"),
        ("{words: [true]}", "expected a text, got true (yes or no); put it in quotes"),
        ("{words: ['?!']}", "holds no word"),
        ("{word: [price]}", "'word' is not known here; did you mean 'words'?"),
        ("{regex: ['(?=x)']}", "RE2 refuses '(?=x)'"),
        ("{regex: ['.*']}", "matches every message"),
        ("{regex: ['" + "x" * 501 + "']}", "has 501 characters, at most 500 fit"),
        ("{words: [price], examples: {match: [cost]}}", "should be x, but nothing in it finds it"),
        (
            "{words: [price], examples: {not: ['a price']}}",
            "is found by word 'price', but should not",
        ),
        ("{words: [price], examples: {never: [cost]}}", "'never' is not known here"),
        ('{words: ["\\ud800"]}', "is no YAML"),
    ],
)
def test_intents_that_cannot_be_meant(intent: str, complaint: str) -> None:
    assert complaint in complaints(f"intents: {{x: {intent}}}")


def test_a_bad_pattern_is_pointed_at_itself() -> None:
    text = "intents:\n  x:\n    regex:\n      - fine\n      - 'a('\n"

    assert sentences({"f.yaml": text}) == ["f.yaml:5:9: RE2 refuses 'a(': missing ): a("]


def test_a_failed_example_is_pointed_at_itself() -> None:
    text = "intents:\n  x:\n    words: [price]\n    examples:\n      not: [surprise, price]\n"

    assert sentences({"f.yaml": text})[0].startswith("f.yaml:5:23: ")


def test_a_mistake_in_what_is_done_hides_none_in_the_conditions() -> None:
    told = complaints(rule("intent: prise", "notifyy: crm"))

    assert "no intent is called 'prise'; did you mean 'price'?" in told
    assert "'notifyy' is not known here; did you mean 'notify'?" in told


def test_names_stand_once_over_all_files() -> None:
    found = sentences(
        {
            "a.yaml": "intents: {x: {words: [a]}}\n"
            "rules: [{rule: r, when: {intent: x}, then: [reply: a]}]",
            "b.yaml": "intents: {x: {words: [b]}}\n"
            "rules: [{rule: r, when: {intent: x}, then: [reply: b]}]",
        }
    )

    assert found == [
        "b.yaml:1:11: intent 'x' was defined before, at a.yaml:1",
        "b.yaml:2:16: rule 'r' was defined before, at a.yaml:2",
    ]


def test_an_intent_with_a_problem_is_no_unknown_intent() -> None:
    text = "intents: {x: {regex: ['(']}}\nrules: [{rule: r, when: {intent: x}, then: [reply: a]}]"

    assert len(sentences({"f.yaml": text})) == 1


def test_what_this_installation_cannot_do_is_refused_and_never_ignored() -> None:
    known = Known(performable=frozenset({"reply", "start_campaign"}))

    assert "'enrol' cannot be carried out by this installation yet" in complaints(
        rule(then="enrol: x"), known
    )


def test_names_are_checked_where_they_are_known() -> None:
    known = Known(
        campaigns=frozenset({"price_list"}), segments=frozenset({"vip"}), events=frozenset({"paid"})
    )

    assert "did you mean 'price_list'?" in complaints(rule(then="start_campaign: pricelist"), known)
    assert "no campaign is called 'x'" in complaints(rule("event: read, campaign: x"), known)
    assert "no event is called 'payed'; did you mean 'paid'?" in complaints(
        rule("event: payed"), known
    )
    assert not complaints(rule("event: paid"), known)


PEOPLE = Known(
    segments=frozenset({"vip", "hot_leads", "recent"}),
    live=frozenset({"recent"}),
    attributes={
        "city": frozenset({"text"}),
        "orders": frozenset({"number"}),
        "likes": frozenset({"list"}),
        "mixed": frozenset({"text", "other"}),
    },
    triggers={"prize": frozenset({"cart"})},
)


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        ("contact.segments: {has: vipp}", "nobody is in a segment 'vipp'; did you mean 'vip'?"),
        ("contact.segments: {lacks: gold}", "nobody is in a segment 'gold'"),
        ("contact.attributes.ctiy: Pune", "an attribute 'ctiy'; did you mean 'city'?"),
        ("contact.attributes.plan: x", "nobody has an attribute 'plan'"),
        ("contact.attributes.city: {gt: 5}", "is a text of everybody we know, so `gt` never"),
        ("contact.attributes.city: {has: Pune}", "so `has` says nothing of it"),
        ("contact.attributes.city: 5", "so 5, a number, is never equal to it"),
        ("contact.attributes.orders: {in: ['3', '4']}", "so '3', a text, is never equal to it"),
        ("contact.attributes.orders: true", "so True, true or false, is never equal"),
    ],
)
def test_what_nobody_here_has_is_a_warning(when: str, complaint: str) -> None:
    told = check({"f.yaml": rule(f"intent: price, {when}")}, replace(PEOPLE, triggers={}))

    assert [problem.warning for problem in told] == [True]
    assert "f.yaml:8:" in str(told[0])
    assert ": warning: " in str(told[0])
    assert complaint in str(told[0])


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("contact.segments: {has: vip}", "add_to_segment: newcomers"),
        ("contact.segments: {has: newcomers}", "add_to_segment: newcomers"),
        ("contact.attributes.city: {in: [Pune]}", "reply: ok"),
        ("contact.attributes.orders: {gte: 2}", "reply: ok"),
        ("contact.attributes.likes: {has: tawa}", "reply: ok"),
        ("contact.attributes.mixed: {gt: 3}", "reply: ok"),
        ("contact.attributes.plan: {exists: false}", "reply: ok"),
        ("contact.attributes.plan: gold", "set_attributes: {plan: gold}"),
        ("contact.attributes.count: {gt: 3}", "increment: count"),
        ("contact.attributes.city.ward: 3", "reply: ok"),
    ],
)
def test_what_people_have_or_rules_give_is_no_stranger(when: str, then: str) -> None:
    assert not complaints(rule(f"intent: price, {when}", then), replace(PEOPLE, triggers={}))


def test_actions_on_segments_that_are_live_or_nearly_known() -> None:
    known = replace(PEOPLE, triggers={})

    assert "segment 'recent' is live" in complaints(rule(then="add_to_segment: recent"), known)
    assert "would be new; did you mean 'hot_leads'?" in complaints(
        rule(then="add_to_segment: hot_lead"), known
    )
    assert "nobody is in a segment 'gone'" in complaints(
        rule(then="remove_from_segment: gone"), known
    )


def test_a_campaign_that_waits_for_an_intent_nobody_defines_is_told_of() -> None:
    assert (
        "campaign cart waits for an intent 'prize' that no file defines; did you mean 'price'?"
        in complaints(rule(), PEOPLE)
    )
    assert not complaints(rule(), replace(PEOPLE, triggers={"price": frozenset({"cart"})}))


def test_whole_numbers_may_stand_for_texts() -> None:
    assert not complaints(
        "intents: {x: {exact: [1, 2]}}\nrules: [{rule: r, when: {button: 1}, then: [reply: a]}]"
    )


def test_a_rule_with_too_many_combinations_is_named() -> None:
    ways = [{"any": [{"contact.attributes.a": n}, {"contact.attributes.b": n}]} for n in range(7)]
    when = json.dumps({"event": "message", "all": ways})
    text = f"rules: [{{rule: tangled, when: {when}, then: [reply: a]}}]"

    assert "rule 'tangled' has more than 64 combinations of any and all" in complaints(text)


def test_a_rule_that_asks_too_much_at_once_is_named() -> None:
    asked = {f"contact.attributes.x{n}": n for n in range(151)}
    text = f"rules: [{{rule: r, when: {json.dumps({'event': 'read', **asked})}, then: [reply: a]}}]"

    assert "rule 'r' asks more than 150 things at once" in complaints(text)


def test_an_empty_folder_is_fine_and_decides_nothing() -> None:
    assert load({}).rules == ()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "hello",
        "5",
        "rules: {a: 1}",
        "intents: [a]",
        "rules: [5]",
        "rules: [[]]",
        "intents: {x: 5}",
    ],
)
def test_files_of_another_shape_are_problems_and_no_crash(text: str) -> None:
    assert complaints(text)


def test_one_rule_helper_is_good() -> None:
    assert not check(one_rule("{intent: price}"))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("exact: [cost]", "exact: ['COST!']"),
        ("words: [cost]", "words: [rate, cost]"),
        ("words: [cost]", "phrases: [cost]"),
        ("phrases: ['how much']", "phrases: ['How  much?']"),
        ("like: [what does it cost]", "like: [What does it cost]"),
        ("buttons: [COST]", "buttons: [cost]"),
        ("regex: ['co?st']", "regex: ['co?st']"),
    ],
)
def test_a_word_that_two_intents_claim_is_told_of(one: str, two: str) -> None:
    told = complaints(f"intents:\n  a: {{{one}}}\n  b: {{{two}}}\n")

    assert "is claimed by intent 'a' too, at f.yaml:2" in told
    assert told.startswith("f.yaml:3:")
    assert "\n" not in told


def test_a_word_may_be_anothers_whole_message() -> None:
    assert not complaints("intents:\n  a: {words: [cost, cost]}\n  b: {exact: [cost]}\n")


def test_a_version_from_before_a_check_was_made_goes_on() -> None:
    text = (
        "intents: {a: {words: [x], examples: {match: [y]}}, b: {words: [x]}}\n"
        "rules: [{rule: r, when: {event: read, text: x}, then: [reply: ok]}]"
    )

    assert len(check({"f.yaml": text})) == 3
    assert len(load({"f.yaml": text}, strict=False).rules) == 1


def test_a_system_that_no_setting_names_is_a_warning() -> None:
    tells = rule("event: paid", then="notify: cmr")

    found = complaints(tells, Known(addresses=frozenset({"crm"})))

    assert "NOTIFY_ADDRESSES gives no address 'cmr'; did you mean 'crm'?" in found
    assert "gives no address 'cmr'" in complaints(tells, Known(addresses=frozenset()))
    assert not complaints(tells, Known(addresses=frozenset({"cmr"})))
    assert not complaints(tells, Known())

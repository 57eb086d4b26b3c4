"""Whether well-formed rules and intents make sense: can they ever, or always, hold? Pure."""

from collections.abc import Iterator

from rules import acts, atoms, regexes
from rules.atoms import Atom, Path, TooManyWaysError
from rules.event import CAMPAIGN_EVENTS, MESSAGE, NEGATIVES
from rules.known import Known
from rules.model import Intent, Rule
from rules.text import spoken
from rules.vocabulary import CAMPAIGN_TYPES, WEEKDAYS, Kind, kind_of, meant

Finding = tuple[Path, str]

_ORDERING = ("gt", "gte", "lt", "lte")
_EVENTS = frozenset({MESSAGE, *CAMPAIGN_EVENTS, *NEGATIVES})
_REACHED = tuple(sorted(CAMPAIGN_EVENTS))
_CHOICES = {
    "delivery.reached": _REACHED,
    "local_weekday": WEEKDAYS,
    "campaign_type": CAMPAIGN_TYPES,
}
_HOURS = range(24)


def of_intent(intent: Intent) -> Iterator[Finding]:
    """Ways that can never find anything."""
    ways = {
        "exact": intent.exact,
        "words": intent.words,
        "phrases": intent.phrases,
        "like": intent.like,
    }
    for way, texts in ways.items():
        for place, text in enumerate(texts or ()):
            if not spoken(text):
                yield (way, place), f"{text!r} holds no word: punctuation is not listened to"
    for place, pattern in enumerate(intent.regex or ()):
        if reason := regexes.fault(pattern):
            yield ("regex", place), reason


def of_rule(rule: Rule, intents: frozenset[str], known: Known) -> Iterator[Finding]:
    """Conditions that can never hold or hold for everything, and actions nobody can carry out."""
    yield from of_conditions(rule, intents, known)
    for place, item in enumerate(rule.then):
        action = item.action
        path = ("then", place, action.kind)
        if action.kind not in known.performable:
            yield path, f"{action.kind!r} cannot be carried out by this installation yet"
        if isinstance(action, acts.StartCampaign | acts.Enrol | acts.Withdraw):
            yield from _known_name(path, "campaign", action.campaign, known.campaigns)


def of_conditions(rule: Rule, intents: frozenset[str], known: Known) -> Iterator[Finding]:
    """Conditions that can never hold or hold for everything."""
    for atom in atoms.of(rule.when):
        yield from ((atom.path, message) for message in _atom(atom, intents, known))
    yield from _ways(rule, known)


def _known_name(
    path: Path, what: str, name: str, names: frozenset[str] | None
) -> Iterator[Finding]:
    if names is not None and name not in names:
        yield path, f"no {what} is called {name!r}{meant(name, names)}"


def _atom(atom: Atom, intents: frozenset[str], known: Known) -> Iterator[str]:
    yield from _kinds(atom)
    if atom.operator == "exists":
        return
    names = {
        "intent": ("intent", intents),
        "campaign": ("campaign", known.campaigns),
    }
    what, allowed = names.get(atom.fact, ("", None))
    for value in atom.values:
        if allowed is not None and value not in allowed:
            yield f"no {what} is called {value!r}{meant(str(value), allowed)}"
        if atom.fact in _CHOICES and value not in _CHOICES[atom.fact]:
            choices = _CHOICES[atom.fact]
            yield f"{atom.fact} is one of {', '.join(choices)}{meant(str(value), choices)}"
        if atom.fact == "local_hour" and atom.operator in ("eq", "in") and value not in _HOURS:
            yield "local_hour is a whole number from 0 to 23"
        if atom.fact == "text" and isinstance(value, str) and not spoken(value):
            yield f"{value!r} holds no word: punctuation is not listened to"


def _kinds(atom: Atom) -> Iterator[str]:
    """Operators and constants that do not go with the fact's kind."""
    fact, operator, kind = atom.fact, atom.operator, kind_of(atom.fact)
    if kind is Kind.SET and fact != "intent" and operator not in ("has", "lacks", "exists"):
        yield f"{fact} holds several: write `has:` or `lacks:`"
    elif operator in _ORDERING and kind in (Kind.SET, Kind.TEXT):
        yield f"{fact} is no number, so `{operator}` never holds"
    elif operator in ("has", "lacks") and (
        kind is Kind.NUMBER or (kind is Kind.TEXT and fact != "text")
    ):
        yield f"{fact} is a single value: write a value, or `in: […]`"
    elif operator != "exists" and kind is not Kind.ANY:
        wanted, types = ("number", (int, float)) if kind is Kind.NUMBER else ("text", (str,))
        if not all(isinstance(v, types) and not isinstance(v, bool) for v in atom.values):
            yield f"{fact} is a {wanted}"


def _ways(rule: Rule, known: Known) -> Iterator[Finding]:
    """What can only be seen with all conditions of one way to hold together."""
    named = [atom for atom in atoms.of(rule.when) if atom.fact == "event"]
    unclear = [atom for atom in named if not atom.affirms]
    for atom in unclear:
        yield atom.path, "an event is named: `event: read` or `event: {in: [read, replied]}`"
    for atom in named:
        for value in atom.values:
            if isinstance(value, str) and (reason := _event_fault(value, known)):
                yield atom.path, reason
    if not unclear:
        try:
            ways = atoms.conjunctions(rule.when)
        except TooManyWaysError:
            return  # the compiler says so
        yield from dict.fromkeys(f for way in ways for f in _one_way(way, bool(named)))


def _event_fault(name: str, known: Known) -> str | None:
    if name in _EVENTS or (known.events is not None and name in known.events):
        return None
    if known.events is not None:
        return f"no event is called {name!r}{meant(name, _EVENTS | known.events)}"
    # A shop's own event may have any name, but hardly one that is nearly ours.
    near = meant(name, _EVENTS, cutoff=0.85)
    return f"no event is called {name!r}{near}" if near else None


def _one_way(way: frozenset[Atom], named: bool) -> Iterator[Finding]:
    events = [frozenset(atom.values) for atom in way if atom.fact == "event"]
    if not events:
        yield (
            ("when",),
            (
                "one branch names no event: add `event: message`, or another, beside it"
                if named
                else "would hold for whatever happens: name an event, an intent, a text or a button"
            ),
        )
        return
    possible = frozenset.intersection(*events)
    deadlines = [atom for atom in way if atom.fact == "after"]
    if not possible:
        yield ("when",), f"can never hold: {' and '.join(sorted(map(_listed, events)))} at once"
    elif possible & NEGATIVES and not deadlines:
        yield ("when",), f"{_listed(possible & NEGATIVES)} needs a deadline, such as `after: 48h`"
    elif deadlines and not possible <= NEGATIVES:
        yield deadlines[0].path, f"`after:` goes with {', '.join(sorted(NEGATIVES))}"


def _listed(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))

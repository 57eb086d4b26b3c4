"""The forms of the admin pages. Each carries a CSRF token."""

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length, Regexp

from accounts.passwords import LONGEST, SHORTEST
from rules.text import MAX_CHARS
from store.documents.suppression import Scope

_GIVEN = InputRequired("Please fill this in.")


class _Form(FlaskForm):
    """Flask-WTF ships no types; these are the two calls that pages make."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as said above

    def is_sent_and_valid(self) -> bool:
        """Whether it was posted, and holds what it must."""
        return bool(self.validate_on_submit())  # type: ignore[no-untyped-call]  # as said above


class LoginForm(_Form):
    """Name and password; what is wrong with them is never said."""

    name = StringField("Name", [_GIVEN, Length(max=64)])
    password = PasswordField("Password", [_GIVEN, Length(max=LONGEST)])


class PasswordForm(_Form):
    """A new password, twice. current: asked of those who have one."""

    current = PasswordField("Current password", [Length(max=LONGEST)])
    new = PasswordField(f"New password (at least {SHORTEST} characters)", [_GIVEN])
    again = PasswordField(
        "The same again", [_GIVEN, EqualTo("new", "This differs from the new password.")]
    )


class SetupForm(_Form):
    """The first account: the code of the installation, a name, a password twice."""

    code = StringField("Set-up code", [_GIVEN, Length(max=64)])
    name = StringField("Your name", [_GIVEN, Length(max=64)])
    new = PasswordField(f"Password (at least {SHORTEST} characters)", [_GIVEN])
    again = PasswordField(
        "The same again", [_GIVEN, EqualTo("new", "This differs from the password.")]
    )


class StepForm(_Form):
    """A button: it carries nothing but the proof that it was pressed here."""


class RollbackForm(_Form):
    """Going back to an earlier version of the rules takes a reason."""

    note = StringField("Why", [_GIVEN, Length(max=500)])


class ExplainForm(_Form):
    """Something that might happen: a message, a tap, or an event by its name."""

    text = StringField("Somebody writes", [Length(max=MAX_CHARS)])
    phone = StringField("Who (a phone number; empty: somebody unknown)", [Length(max=140)])
    button = StringField("Or taps a button (its payload)", [Length(max=256)])
    campaign = StringField("About the message of campaign", [Length(max=128)])
    event = StringField("Or another event happens (read, cart_abandoned …)", [Length(max=128)])


class ReplyForm(_Form):
    """What a colleague writes. once: the same for however often one press of the button arrives.
    Its length is checked by who sends it."""

    text = TextAreaField("Your answer", [InputRequired("Write something first.")])
    once = HiddenField(validators=[Regexp("[0-9a-f]{24}$")])
    quiet = BooleanField("The rules keep quiet for 12 hours", default=True)


class FindForm(_Form):
    """A phone number to look for: posted, since it does not belong into an address."""

    wanted = StringField("Phone number", [_GIVEN, Length(max=140)])


class HoldBackForm(_Form):
    """Whom not to disturb, with what, until the end of which day, and why."""

    phone = StringField("Phone number", [_GIVEN, Length(max=140)])
    scope = StringField("Hold back", [AnyOf([scope.value for scope in Scope])])
    until = StringField("Through this day (empty: until it is lifted)", [Length(max=40)])
    reason = StringField("Reason", [Length(max=500)])


class LetThroughForm(_Form):
    """Which row to lift, and why. phone: names whom an erasure left as a hash alone."""

    key = HiddenField(validators=[Regexp("[0-9a-f]{64}$")])
    phone = HiddenField(validators=[Length(max=140)])
    reason = StringField("Reason", [Length(max=500)])


HOURS = {1: "1 hour", 12: "12 hours", 72: "3 days"}


class TakeOverForm(_Form):
    """For how long the rules keep quiet about one person."""

    hours = IntegerField(validators=[AnyOf(HOURS)])

"""Who is signed in, told by Flask-Login from a signed cookie and from what the store still holds.

The cookie alone opens nothing: its secret must be among the user's sessions, which signing out,
two idle hours, twelve hours or a new password end.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Response, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from itsdangerous import BadData, URLSafeTimedSerializer

from admin import sign_in
from runtime import Runtime
from store import users
from store.documents.user import Role

_KNOWN, _KNOWN_S = "drumbeat_known", 180 * 86_400
_csrf = CSRFProtect()  # type: ignore[no-untyped-call]  # Flask-WTF ships no types


@dataclass(frozen=True)
class Admin(UserMixin):
    """Somebody signed in. must_choose: came by a one-time password and has no own yet."""

    name: str
    secret: str
    role: Role
    must_choose: bool

    def get_id(self) -> str:
        return f"{self.secret}:{self.name}"


def runtime() -> Runtime:
    """The Runtime of the app that serves this request."""
    rt: Runtime = current_app.extensions["drumbeat"]
    return rt


def load(cookie_id: str) -> Admin | None:
    """Whom the cookie names, if that session still stands."""
    secret, _, name = cookie_id.partition(":")
    db = runtime().db
    user = users.find(db, name)
    if user is None or not sign_in.keep_open(db, user, secret, datetime.now(UTC)):
        return None
    return Admin(name, secret, Role(user["role"]), must_choose=user["password_hash"] is None)


def current() -> Admin | None:
    """Whoever is signed in."""
    somebody: Admin = current_user._get_current_object()
    return somebody if somebody.is_authenticated else None


def signed_in() -> Admin:
    """Whoever is signed in, on a page that the guard lets nobody else see."""
    admin = current()
    if admin is None:
        raise LookupError("this page was reached without a session")
    return admin


def require_csrf() -> None:
    """Raise CSRFError where a form did not come from a page of this session."""
    _csrf.protect()  # type: ignore[no-untyped-call]  # as above


def begin(name: str, secret: str) -> None:
    """Sign this browser in. Whatever its cookie held before is gone: nobody can have planted it."""
    session.clear()
    session.permanent = True
    somebody = Admin(name, secret, Role.VIEWER, must_choose=False)  # the store says it all anew
    login_user(somebody)  # type: ignore[no-untyped-call]  # untyped


def knows(name: str) -> bool:
    """Whether this browser was signed in as `name` before; a cookie that we signed says so."""
    written = request.cookies.get(_KNOWN, "")
    try:
        return bool(_signer().loads(written, max_age=_KNOWN_S) == name)
    except BadData:
        return False


def remember(response: Response, name: str) -> None:
    """Have the browser know next time that it was signed in as `name`. It opens nothing by that."""
    response.set_cookie(
        _KNOWN,
        str(_signer().dumps(name)),
        max_age=_KNOWN_S,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known browser")


def end(admin: Admin) -> None:
    """Sign this browser out; a copy of its cookie is worth nothing any more."""
    users.close_session(runtime().db, admin.name, sign_in.session_id(admin.secret))
    logout_user()  # type: ignore[no-untyped-call]  # as above
    session.clear()


def install(app: Flask, *, secure: bool) -> None:
    """Cookies that scripts and other sites do not get, and CSRF where the blueprint asks for it."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="drumbeat",
        PERMANENT_SESSION_LIFETIME=sign_in.LASTS,
        # Webhooks and the API have signatures and tokens of their own; the pages ask themselves.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=int(sign_in.LASTS.total_seconds()),
    )
    _csrf.init_app(app)  # type: ignore[no-untyped-call]  # as above
    manager = LoginManager(app)  # type: ignore[no-untyped-call]  # as above
    manager.user_loader(load)  # type: ignore[no-untyped-call]  # as above

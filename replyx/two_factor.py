"""The second factor: one-time codes of an authenticator app, turned on by each manager for themself and asked for at a sign-in."""
from . import accounts_store as store
from . import account_schemas, passwords, schemas, tokens
from .actions import MANAGER, Action, Answer
from .errors import Conflict, Forbidden, Invalid, Unauthorized
from .extensions import writer
from .limits import limiter
from .links import links


def step(manager, code, device):
    """The code's time step. Wrong ones count for a day: who has the password has time to guess, and a million codes are few."""
    if not code:
        raise Unauthorized("Enter the code of your authenticator app too.", fields={"code": ["Needed."]})
    limiter.check("code", "identity", (manager["id"], device))
    step = passwords.totp_step(manager["totp_secret"], code)
    if step is None:
        limiter.hit("code", "identity", (manager["id"], device))
        raise wrong_code()
    return step


def wrong_code():
    return Unauthorized("The code is wrong or was used before. Wait for the next one.", fields={"code": ["Wrong."]})


def begin(identity, payload, context):
    """A new secret for the authenticator app; nothing is stored before `confirm` proves that it arrived."""
    _without_second_factor(identity)
    secret = passwords.new_totp_secret()
    return Answer({"secret": secret, "uri": passwords.totp_uri(secret, identity.email)})


def confirm(identity, payload, context):
    """Turn it on. Browsers that were known by the password alone are known no more, but this one."""
    manager_id = _without_second_factor(identity)
    step = passwords.totp_step(payload["secret"], payload["code"])
    if step is None:
        raise Invalid("The code does not fit the secret. Check the clock of your phone.", fields={"code": ["Wrong."]})

    def unit(tx):
        if not store.add_totp(tx, manager_id, payload["secret"], step):
            raise Conflict("The second factor was turned on meanwhile. Reload the page.")
        store.delete_other_sessions(tx, manager_id, identity.session_hash)
        return links.account(manager_id, store.manager(tx, manager_id)["password_hash"], payload["secret"])
    account = writer.submit(unit)
    tokens.forget()
    return Answer(device=links.device(context.device, account))


def _without_second_factor(identity):
    """The manager's id, if they have none yet: a session alone must not be enough to replace one."""
    if identity.manager_id is None:
        raise Forbidden("An API key has no second factor. Sign in as a manager.")
    if identity.two_factor:
        raise Conflict("The second factor is on already. To replace it, first run: replyx manager reset-2fa EMAIL")
    return identity.manager_id


ACTIONS = (
    Action("two_factor.begin", MANAGER, schemas.Input(), begin, account_schemas.TwoFactorAnswer(),
           "two_factor_begin", "POST", "/two-factor", "sign_in", http_only=True, summary="A secret for one-time codes"),
    Action("two_factor.confirm", MANAGER, account_schemas.TwoFactor(), confirm, schemas.Nothing(),
           "two_factor_confirm", "POST", "/two-factor/confirm", "sign_in", http_only=True, by_device=True,
           summary="Ask for a one-time code at each sign-in from now on"),
)

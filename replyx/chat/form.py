"""A form's answers, measured by the site's own fields. What does not fit is left out: a form never keeps a line back."""
from ..values import UNWRITABLE, address

FORMS = ("prechat", "offline")
LONGEST_NAME, LONGEST_TEXT = 200, 2000


def fit(settings, answers):
    """The answers `{name: value}` that fit one of the site's forms, in its order: `[(field, value)]`."""
    fields = max((_fields(settings, form) for form in FORMS), key=lambda form: sum(field["name"] in answers for field in form))
    found = ((field, _value(field, answers.get(field["name"]))) for field in fields)
    return [(field, value) for field, value in found if value is not None]


def _fields(settings, form):
    """The fields of a form, also of one that was switched off after the guest began to fill it in."""
    return (settings.get(form) or {}).get("fields") or []


def _value(field, given):
    if field["kind"] == "consent":
        return given if isinstance(given, bool) else None
    if not isinstance(given, str) or not given.strip():
        return None
    if field["kind"] == "choice":
        return given if given in field["choices"] else None
    if field["kind"] == "email":
        return _address(given)
    text = UNWRITABLE.sub("", given).strip()
    return (" ".join(text.split())[:LONGEST_NAME] if field["kind"] == "name" else text[:LONGEST_TEXT]) or None


def _address(given):
    try:
        return address(given)
    except ValueError:
        return None

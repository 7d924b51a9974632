"""A form's answers, measured by the fields that the guest was shown. What does not fit is left out: a form never keeps a
line back."""
from .. import guest_store
from ..form_revisions import FORMS, fields, name
from ..values import UNWRITABLE, address

LONGEST_NAME, LONGEST_TEXT = 200, 2000


def asked(tx, site, answers, revision):
    """The form that these answers `{name: value}` are to: `(which form, its fields)`. The guest's page says which revision it
    has shown. One that nobody knows, or none, says nothing: then it is the form of today that they fit, `(None, fields)`."""
    if revision:
        for form in FORMS:
            if name(form, fields(site["settings"], form)) == revision:
                return form, fields(site["settings"], form)
        kept = guest_store.form_revision(tx, site["id"], revision)
        if kept:
            return kept["form"], kept["fields"]
    return None, fields(site["settings"], max(FORMS, key=lambda form: _likely(site["settings"], form, answers)))


def _likely(settings, form, answers):
    """A form that was switched off may have been filled in before that; of two with the same names it is the one that is on."""
    return sum(field["name"] in answers for field in fields(settings, form)), bool((settings.get(form) or {}).get("on"))


def fit(form_fields, answers):
    """The answers that fit the fields, in their order: `[(field, value)]`."""
    found = ((field, _value(field, answers.get(field["name"]))) for field in form_fields)
    return [(field, value) for field, value in found if value is not None]


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

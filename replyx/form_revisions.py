"""Which form a guest was shown: each change of a site's forms makes a revision with a name of its own."""
import hashlib
import json

FORMS = ("prechat", "offline")


def fields(settings, form):
    """The fields of one of a site's forms, whether it is on or not; `settings` as they are stored, or whole."""
    return (settings.get(form) or {}).get("fields") or []


def name(form, form_fields):
    """The revision's name: it follows from what is asked, so that two processes give it the same."""
    text = json.dumps([form, form_fields], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shown(settings):
    """The revisions that a site's panel shows, `{form: name}`."""
    return {form: name(form, fields(settings, form)) for form in FORMS if settings[form]["on"]}


def ended(before, after):
    """The revisions that a change of settings ends, `[(form, fields)]`. A page that is open shows one for as long as it stays."""
    return [(form, fields(before, form)) for form in FORMS if fields(before, form) != fields(after, form)]

"""The settings of a site's widget: their shapes, bounds and defaults. `schemas.py` has all other shapes."""
from functools import cache
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate, validates_schema

from . import styles, texts
from .schemas import Input
from .values import Text, Truth

CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
MOST_PROACTIVE = 5
MOST_FIELDS = 8
MOST_CHOICES = 20
MOST_SPANS = 10
LONGEST_LINE = 500


@cache
def _zones():
    return available_timezones()


def _one_of(*values, **options):
    return fields.String(validate=validate.OneOf(values), **options)


def _whole(smallest, largest, **options):
    return fields.Integer(strict=True, validate=validate.Range(smallest, largest), **options)


class Look(Input):
    color = fields.String(validate=validate.Regexp("#[0-9a-f]{6}\\Z", error="Write it like #1f5eff."), load_default="#1f5eff")
    corner = _one_of("right", "left", load_default="right")
    offset_x = _whole(0, 200, load_default=20, metadata={"description": "px from the side"})
    offset_y = _whole(0, 200, load_default=20, metadata={"description": "px from below"})
    icon = _one_of("chat", "question", "wave", "mail", load_default="chat")
    label = Text(30, blank=True, load_default="")
    theme = _one_of("auto", "light", "dark", load_default="auto")
    variables = fields.Dict(keys=_one_of(*styles.VARIABLES), values=fields.String(), load_default=dict, metadata={
        "description": "CSS custom properties of the panel by name"})

    @validates_schema
    def safe(self, data, **_):
        wrong = [name for name, value in data["variables"].items() if not styles.is_safe(name, value)]
        if wrong:
            raise ValidationError({name: ["Not a value of this kind. See docs/reference.md."] for name in wrong}, "variables")


class Proactive(Input):
    text = Text(300, required=True)
    after = _whole(0, 3600, load_default=0, metadata={"description": "Seconds on the page"})
    url = Text(300, blank=True, load_default="", metadata={"description": "A part of the page's address; empty: any page"})


class FormField(Input):
    name = fields.String(required=True, validate=validate.Regexp("[a-z][a-z0-9_-]{0,29}\\Z", error="Write it like first_name."))
    kind = _one_of("name", "email", "text", "choice", "consent", required=True)
    label = Text(200, required=True)
    required = Truth(load_default=False)
    choices = fields.List(Text(100), load_default=list, validate=validate.Length(max=MOST_CHOICES))

    @validates_schema
    def to_choose_from(self, data, **_):
        if (data["kind"] == "choice") != bool(data["choices"]):
            raise ValidationError("A field of kind `choice` needs choices; no other has any.", "choices")


class Form(Input):
    on = Truth(load_default=False)
    fields_ = fields.Nested(FormField, many=True, data_key="fields", attribute="fields", load_default=list,
                            validate=validate.Length(max=MOST_FIELDS))

    @validates_schema
    def names_once(self, data, **_):
        names = [field["name"] for field in data["fields"]]
        if len(set(names)) < len(names):
            raise ValidationError("Each field needs a name of its own.", "fields")


class Span(fields.Tuple):
    """`["09:00", "17:00"]`; an end that is not after the start is on the next day, `24:00` is midnight."""

    def __init__(self):
        start = validate.Regexp(f"{CLOCK}\\Z", error="Write it like 09:00.")
        end = validate.Regexp(f"({CLOCK}|24:00)\\Z", error="Write it like 17:00.")
        super().__init__((fields.String(validate=start), fields.String(validate=end)))


class Hours(Input):
    zone = fields.String(required=True, metadata={"description": "An IANA time zone, such as Europe/Berlin"})
    week = fields.List(fields.List(Span(), validate=validate.Length(max=MOST_SPANS)), required=True,
                       validate=validate.Length(equal=7), metadata={"description": "Seven days, Monday first"})

    @validates_schema
    def known_zone(self, data, **_):
        if data["zone"] not in _zones():
            raise ValidationError("Not a time zone. Write it like Europe/Berlin.", "zone")


class SiteSettings(Input):
    """All that a site's owner chooses for its widget. What is left out has its default."""
    look = fields.Nested(Look, load_default=lambda: Look().load({}))
    greeting = Text(500, blank=True, load_default="", metadata={"description": "Empty: the language's own"})
    proactive = fields.Nested(Proactive, many=True, load_default=list, validate=validate.Length(max=MOST_PROACTIVE))
    files = Truth(load_default=True)
    emoji = Truth(load_default=True)
    sound = Truth(load_default=True)
    rating = Truth(load_default=True)
    transcript = Truth(load_default=True)
    prechat = fields.Nested(Form, load_default=lambda: Form().load({}))
    offline = fields.Nested(Form, load_default=lambda: Form().load({}))
    hours = fields.Nested(Hours, allow_none=True, load_default=None)
    reply_time = _one_of("minutes", "hour", "hours", "day", allow_none=True, load_default=None)
    lang = _one_of("auto", *texts.LANGS, load_default="auto")
    texts = fields.Dict(keys=_one_of(*texts.LANGS), load_default=dict, metadata={
        "description": "A site's own lines: by language, then by the dotted key of widget_static/texts/en.json"},
        values=fields.Dict(keys=_one_of(*sorted(texts.KEYS)), values=Text(LONGEST_LINE)))


DEFAULTS = SiteSettings().load({})


def whole(stored):
    """The settings with the defaults of what a site has left out. Nobody may change what this gives: it is shared."""
    found = DEFAULTS | {name: value for name, value in stored.items() if name in DEFAULTS}
    return found | {name: DEFAULTS[name] | found[name] for name in ("look", "prechat", "offline")}


def chosen(settings):
    """What differs from the defaults: all that is kept of a site's settings, so that a default can be made better for all."""
    return _difference(settings, DEFAULTS)


def _difference(settings, defaults):
    found = {name: value for name, value in settings.items() if value != defaults[name]}
    return found | {name: _difference(found[name], DEFAULTS[name]) for name in ("look", "prechat", "offline") if name in found}

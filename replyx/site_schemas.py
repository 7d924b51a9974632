"""The settings of a site's widget: their shapes, bounds and defaults. `schemas.py` has all other shapes."""
from functools import cache
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, missing, validate, validates_schema

from . import styles, texts
from .schemas import Dumped, Input, Named
from .values import Id, Line, Schema, Text, Truth, Written

CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
MOST_PROACTIVE = 5
MOST_FIELDS = 8
MOST_CHOICES = 20
MOST_SPANS = 10
MOST_DOMAINS = 100
LONGEST_LINE = 500


# The machine's own zone, whichever it is, and that of one which was never told.
NO_ZONES = {"localtime", "Factory"}


@cache
def _zones():
    return available_timezones() - NO_ZONES


def _one_of(*values, **options):
    return fields.String(validate=validate.OneOf(values), **options)


def _whole(smallest, largest, **options):
    return fields.Integer(strict=True, validate=validate.Range(smallest, largest), **options)


class Look(Input):
    color = Written("#[0-9a-f]{6}", "#1f5eff", load_default="#1f5eff")
    corner = _one_of("right", "left", load_default="right")
    offset_x = _whole(0, 200, load_default=20, metadata={"description": "px from the side"})
    offset_y = _whole(0, 200, load_default=20, metadata={"description": "px from below"})
    icon = _one_of(*styles.ICONS, load_default="chat")
    label = Line(30, blank=True, load_default="")
    theme = _one_of("auto", "light", "dark", load_default="auto")
    variables = fields.Dict(keys=_one_of(*styles.VARIABLES), values=fields.String(), load_default=dict, metadata={
        "description": "CSS custom properties of the panel by name"})

    # With all else that is wrong: who corrects one thing at a time is told of the next only then.
    @validates_schema(skip_on_field_errors=False)
    def safe(self, data, **_):
        wrong = [name for name, value in data.get("variables", {}).items() if not styles.is_safe(name, value)]
        if wrong:
            raise ValidationError({name: ["Not a value of this kind. See docs/reference.md."] for name in wrong}, "variables")


class Proactive(Input):
    text = Text(300, required=True)
    after = _whole(0, 3600, load_default=0, metadata={"description": "Seconds on the page"})
    url = Text(300, blank=True, load_default="", metadata={"description": "A part of the page's address; empty: any page"})


class FormField(Input):
    name = Written("[a-z][a-z0-9_-]{0,29}", "first_name", required=True)
    kind = _one_of("name", "email", "text", "choice", "consent", required=True)
    label = Line(200, required=True)
    required = Truth(load_default=False)
    choices = fields.List(Line(100), load_default=list, validate=validate.Length(max=MOST_CHOICES))

    # With all else that is wrong, as in `Look`.
    @validates_schema(skip_on_field_errors=False)
    def to_choose_from(self, data, **_):
        if {"kind", "choices"} <= data.keys() and (data["kind"] == "choice") != bool(data["choices"]):
            raise ValidationError("A field of kind `choice` needs choices; no other has any.", "choices")


class Form(Input):
    on = Truth(load_default=False)
    fields = fields.Nested(FormField, many=True, load_default=list, validate=validate.Length(max=MOST_FIELDS))

    @validates_schema
    def names_and_labels_once(self, data, **_):
        """Answers come under the names, and managers see them under the labels."""
        for what in ("name", "label"):
            given = [field[what].strip() for field in data["fields"]]
            twice = {place: {what: [f"Each field needs a {what} of its own."]} for place, value in enumerate(given)
                     if value in given[:place]}
            if twice:
                raise ValidationError(twice, "fields")


class Hours(Input):
    """A span is a start and an end: `["09:00", "17:00"]`. An end that is not after its start is on the next day."""
    zone = fields.String(required=True, metadata={"description": "An IANA time zone, such as Europe/Berlin"})
    week = fields.List(fields.List(fields.List(Written(CLOCK, "09:00"), validate=validate.Length(equal=2)),
                                   validate=validate.Length(max=MOST_SPANS)),
                       required=True, validate=validate.Length(equal=7), metadata={"description": "Seven days, Monday first"})

    @validates_schema
    def known_zone(self, data, **_):
        if data["zone"] not in _zones():
            raise ValidationError("Not a time zone. Write it like Europe/Berlin.", "zone")

    @validates_schema
    def starts(self, data, **_):
        if any(start == "24:00" for day in data["week"] for start, _ in day):
            raise ValidationError("24:00 is an end alone: a day begins at 00:00.", "week")


class LineKey(fields.String):
    """The dotted key of one of the widget's lines."""
    default_error_messages = {"invalid": "The widget has no such line. Its keys are in widget_static/texts/en.json."}

    def _deserialize(self, value, attr, data, **_):
        if value not in texts.KEYS:
            raise self.make_error("invalid")
        return value


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
        values=fields.Dict(keys=LineKey(), values=Text(LONGEST_LINE)))


class SettingsChange(SiteSettings):
    """The settings to change, each as a whole. What is left out stays as it is; null is the default."""

    def on_bind_field(self, field_name, field_obj):
        field_obj.load_default, field_obj.allow_none = missing, True


class SiteRef(Input):
    site_id = Id(required=True)


class SiteSet(SiteRef):
    """What is left out stays as it is."""
    name = Line(200)
    domains = fields.List(Text(260), validate=validate.Length(1, MOST_DOMAINS))
    settings = fields.Nested(SettingsChange)
    assistant_name = Line(200, metadata={"description": "Of the site's first assistant"})


class SiteAssistant(Named):
    id = Id()
    avatar = fields.String(allow_none=True)


class Site(Schema):
    """A site as its owner sees it."""
    id = Id()
    name = fields.String()
    site_token = fields.String()
    domains = fields.List(fields.String())
    snippet = fields.String(metadata={"description": "The line of HTML for the site's pages"})
    csp = fields.List(fields.String(), metadata={
        "description": "What a page with a Content-Security-Policy adds to it, a directive each"})
    settings = Dumped(SiteSettings)
    assistant = fields.Nested(SiteAssistant)
    has_identity_secret = fields.Boolean()


class SiteAnswer(Schema):
    site = fields.Nested(Site)


class SecretAnswer(Schema):
    secret = fields.String()


DEFAULTS = SiteSettings().load({})


def whole(stored):
    """The settings with the defaults of what a site has left out. Nobody may change what this gives: it is shared."""
    found = DEFAULTS | {name: value for name, value in stored.items() if name in DEFAULTS}
    return found | {name: DEFAULTS[name] | found[name] for name in ("look", "prechat", "offline")}


def chosen(settings):
    """What differs from the defaults: all that is kept of a site's settings, so that a default can be made better for all."""
    return _difference(settings, DEFAULTS)


def merged(stored, change):
    """What is to be kept of a site's settings after a change, as SettingsChange has it."""
    return chosen({name: value for name, value in (stored | change).items() if value is not None})


def _difference(settings, defaults):
    found = {name: value for name, value in settings.items() if name in defaults and value != defaults[name]}
    return found | {name: _difference(found[name], DEFAULTS[name]) for name in ("look", "prechat", "offline") if name in found}

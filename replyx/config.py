"""Every setting: read from the environment and `instance/config.toml`, checked here and nowhere else."""
import email.errors
import email.headerregistry
import email.utils
import errno
import ipaddress
import os
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import origins

PREFIX = "REPLYX_"
ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """A setting that can't be used; the text names it and says what would be right."""


def public_origin(value):
    """The origin as browsers write it: lower case, an IDNA host, no default port. Raises ValueError with what is wrong."""
    try:
        parts = urlsplit(value)
        extra = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme not in origins.DEFAULT_PORTS or extra or not parts.hostname or ":" in parts.hostname:
            raise ValueError
        host = origins.normalise(parts.hostname)
        port = parts.port or origins.DEFAULT_PORTS[parts.scheme]
    except ValueError:
        raise ValueError("is not an address like https://chat.example.com, without a path") from None
    return f"{parts.scheme}://{host}" + (f":{port}" if port != origins.DEFAULT_PORTS[parts.scheme] else "")


def _host(value):
    if not value:
        raise ValueError("is empty; 127.0.0.1 serves this machine alone, 0.0.0.0 every network")
    try:
        # As the look-up of the address will.
        value.encode("idna")
    except UnicodeError:
        raise ValueError("is neither an address nor a host's name") from None
    return value


def _port(value):
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= 65535:
        raise ValueError("is not a port from 1 to 65535")
    return int(value)


def _networks(value):
    try:
        return tuple(ipaddress.ip_network(item.strip()) for item in value.split(",") if item.strip())
    except ValueError:
        raise ValueError("is not a list of networks like 127.0.0.0/8, ::1/128") from None


def _factor(value):
    if value == "off":
        return None
    try:
        factor = float(value)
    except ValueError:
        factor = 0
    if not 0 < factor < 1e9:
        raise ValueError("is neither a number above 0 nor `off`")
    return factor


def _log_level(value):
    if value not in LOG_LEVELS:
        raise ValueError(f"is none of {', '.join(LOG_LEVELS)}")
    return value


@dataclass(frozen=True)
class Smtp:
    """A mail server. `tls` is `implicit` (from the first byte), `starttls`, or empty for none at all."""
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str

    def __str__(self):
        scheme, user = "smtps" if self.tls == "implicit" else "smtp", f"{self.user}:***@" if self.user else ""
        return f"{scheme}://{user}{self.host}:{self.port}"


SMTP_PORTS = {"smtps": 465, "smtp": 587}
SMTP_FORM = ("is not an address like smtps://user:password@mail.example.com or smtp://127.0.0.1:25 (user and password in "
             "ASCII, with %40 for @, %3A for :, %2F for /)")


def _smtp(value):
    """Unencrypted only to this machine, and never with a password. Raises ValueError, whose text may hold the password."""
    parts = urlsplit(value)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    extra = parts.path not in ("", "/") or parts.query or parts.fragment
    # SMTP's sign-in knows ASCII alone.
    if parts.scheme not in SMTP_PORTS or not parts.hostname or extra or not f"{user}{password}".isascii():
        raise ValueError
    host = parts.hostname if ":" in parts.hostname else origins.normalise(parts.hostname)
    is_plain = host in LOOPBACK and not user
    tls = "implicit" if parts.scheme == "smtps" else "" if is_plain else "starttls"
    return Smtp(host, parts.port or SMTP_PORTS[parts.scheme], user, password, tls)


def _sender(value):
    name, address = email.utils.parseaddr(value)
    try:
        sender = email.headerregistry.Address(name, addr_spec=address)
        if not address.isascii() or not sender.domain or not value.isprintable():
            raise ValueError
    except (ValueError, IndexError, email.errors.MessageError):
        raise ValueError("is not a sender like Shop <chat@shop.example>") from None
    return sender


def _minutes(value):
    try:
        minutes = float(value)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 1440:
        raise ValueError("is not a number of minutes above 0 and up to 1440")
    return minutes


def _megabytes(value):
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= 10**8:
        raise ValueError("is not a whole number of megabytes from 1 on")
    return int(value)


@dataclass(frozen=True)
class Setting:
    """`default` is written as in the environment; `parse` raises ValueError with what is wrong. What is secret is repeated
    nowhere as it was written: `secret` says what is wrong in place of the value and of the error, which may quote it."""
    name: str
    default: str
    parse: object
    meaning: str
    secret: str = ""

    @property
    def variable(self):
        return PREFIX + self.name.upper()


SETTINGS = (
    Setting("url", "", public_origin, "The address at which browsers reach ReplyX; unset, the Host of each request."),
    Setting("host", "127.0.0.1", _host, "The address to listen on."),
    Setting("port", "5000", _port, "The port to listen on."),
    Setting("trusted_proxies", "127.0.0.0/8, ::1/128", _networks,
            "Networks of the proxies whose X-Forwarded-For is believed."),
    Setting("rate_limits", "1", _factor, "Multiplies every rate limit, or `off` for load tests."),
    Setting("smtp_url", "", _smtp, "The server that takes mail; unset, no mail is sent.", secret=SMTP_FORM),
    Setting("mail_from", "", _sender, "The sender of every mail, such as Shop <chat@shop.example>."),
    Setting("mail_after", "5", _minutes, "Minutes that a message stays unread before it is mailed."),
    Setting("uploads_max_mb", "2048", _megabytes, "Megabytes that all files from chats may take; then no more are taken."),
    Setting("log_level", "info", _log_level, "The least important lines to log: debug, info, warning or error."),
)
INSTANCE = Setting("instance", str(ROOT / "instance"), Path, "The folder of the database, the files and the secret key.")
NOT_YET = {"database_url", "message_queue"}


class Config:
    """The settings' values as attributes; `sources` maps a name to where its value came from."""

    def __init__(self, values, sources):
        self.sources = sources
        self.__dict__.update(values)

    @property
    def public_url(self):
        """The address to print in links; what `url` is when it is set."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return self.url or f"http://{host}:{self.port}"

    @property
    def is_https(self):
        return self.url.startswith("https:")


def load(environ=os.environ, options=None):
    """The Config that `options` of the command line, the environment and `config.toml` give, in this order; `options` are
    values as text, by the settings' names. Raises ConfigError for the first bad setting."""
    options = options or {}
    instance, in_environment = environ.get(INSTANCE.variable), _from_environment(environ)
    folder = Path(instance or INSTANCE.default).absolute()
    in_file = _from_file(folder / "config.toml")
    values = {"instance": folder}
    sources = {"instance": f"environment {INSTANCE.variable}" if instance else "default"}
    for setting in SETTINGS:
        if setting.name in options:
            raw, source = options[setting.name], f"--{setting.name}"
        elif setting.name in in_environment:
            raw, source = in_environment[setting.name], f"environment {setting.variable}"
        elif setting.name in in_file:
            raw, source = in_file[setting.name], str(folder / "config.toml")
        else:
            raw, source = setting.default, "default"
        values[setting.name] = _parse(setting, raw, source)
        sources[setting.name] = source
    return _whole(Config(values, sources))


def _whole(settings):
    """The settings, where those that need each other are there. Raises ConfigError."""
    if settings.smtp_url:
        for needed, why in (("mail_from", "the sender of the mails"), ("url", "the address that their links lead to")):
            if not getattr(settings, needed):
                raise ConfigError(f"{PREFIX}SMTP_URL needs {PREFIX}{needed.upper()} too: {why}.")
    return settings


def _parse(setting, raw, source):
    if raw == "" and setting.default == "":
        return ""
    try:
        return setting.parse(raw)
    except ValueError as error:
        what = f"its value {setting.secret}" if setting.secret else f"{raw!r} {error}"
        raise ConfigError(f"{setting.variable} ({source}): {what}.") from None


def _known(name, shown):
    if name in NOT_YET:
        raise ConfigError(f"{shown} is not supported yet. Remove it: ReplyX runs on one process and one SQLite file.")
    if name not in {setting.name for setting in SETTINGS}:
        raise ConfigError(f"{shown} is not a setting. Remove it; `replyx config` lists them all.")


def _from_environment(environ):
    found = {}
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and variable != INSTANCE.variable:
            name = variable[len(PREFIX):].lower()
            _known(name, variable)
            found[name] = value.strip()
    return found


def _from_file(file):
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file} can't be read: {error}.") from None
    for name, value in content.items():
        _known(name, f"{name} ({file})")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ConfigError(f"{name} ({file}) is neither text nor a number.")
    return {name: str(value) for name, value in content.items()}


@contextmanager
def usable(instance):
    """What is done with the instance's files on the way to a start. Raises ConfigError when one of them can't be used."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"REPLYX_INSTANCE: {error.filename or instance} can't be used: {error.strerror}. "
                          "The disk needs room, and this user the right to read and write the folder and all in it.") from None


def make_instance(folder):
    """Make the instance folder if there is none. Raises ConfigError when it can't be written to."""
    with usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

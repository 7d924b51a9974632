"""ReplyX: a self-hosted live chat. `create_app` puts the parts together."""
import logging
import os
import secrets

from flask import Flask

from . import api, config, console, database, downloads, events, extensions, models, storage, unsubscribe, widget
from .gateway import Gateway
from .limits import limiter
from .links import links
from .outbox import outbox
from .uploads import uploads
from .version import VERSION

__version__ = VERSION
__all__ = ["create_app", "models"]

SHORTEST_KEY = 32


def create_app(settings=None, async_mode="threading", upgrade=False):
    """The Flask app on its instance folder, with the writer running.

    An empty instance is made; one of an older schema is migrated if `upgrade`. Raises config.ConfigError and
    database.SchemaError, with a text for the owner.
    """
    settings = settings or config.load()
    # The database holds what people wrote: nothing in the instance is for other users of the machine.
    os.umask(0o077)
    config.make_instance(settings.instance)
    file = database.path(settings.instance)
    app = Flask(__name__, static_folder=None, template_folder="console/templates")
    # A redirect would repeat whatever Host the request named.
    app.url_map.merge_slashes = False
    app.config.update(
        REPLYX=settings, ASYNC_MODE=async_mode, SECRET_KEY=_secret_key(settings.instance),
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}",
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 5, "max_overflow": 15, "creator": lambda: storage.connect(file)})
    extensions.db.init_app(app)
    database.prepare(app, upgrade)
    database.reader.init_app(app)
    database.start_writer(settings.instance, serving=upgrade)
    with config.usable(settings.instance):
        uploads.init_app(app)
    for part in (limiter, links, outbox, events, api, widget, console, unsubscribe, downloads):
        part.init_app(app)
    app.wsgi_app = app.gateway = Gateway(app.wsgi_app, settings.trusted_proxies)
    return app


def _secret_key(instance):
    """The instance's key, made on the first start; only its owner can read it. It comes into being whole: a full disk or
    lost power leave none, not an empty one, with which anybody could sign links. Raises ConfigError."""
    file = instance / "secret_key"
    with config.usable(instance), database.one_at_a_time(instance):
        if not file.exists():
            part = file.with_suffix(".new")
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
                new.write(secrets.token_hex())
                new.flush()
                os.fsync(new.fileno())
            part.replace(file)
        key = file.read_bytes()
    if len(key.strip()) < SHORTEST_KEY:
        raise config.ConfigError(f"{file} holds no key. Put back a copy of it, or delete it: then a new one is made, and "
                                 "links in mails that were sent end.")
    return key


logging.getLogger(__name__).addHandler(logging.NullHandler())

"""All queries of sites, assistants, managers, guests, sessions, setup links and API keys, named by intent.

As in `store.py`: the first argument is where the query runs, and rows are dicts.
"""
import json

from .clock import now


# Sites and assistants

def _site(row):
    return row and {**row, "domains": json.loads(row["domains"]), "settings": json.loads(row["settings"])}


def sites(q):
    return [_site(row) for row in q.all("SELECT * FROM site ORDER BY id")]


def site(q, site_id):
    return _site(q.one("SELECT * FROM site WHERE id = :id", id=site_id))


def site_by_name(q, name):
    return _site(q.one("SELECT * FROM site WHERE name = :name ORDER BY id LIMIT 1", name=name))


def site_by_token(q, token):
    """The site with this token, or with this old token while it still counts."""
    return _site(q.one("SELECT * FROM site WHERE site_token = :token "
                       "OR (old_site_token = :token AND old_site_token_until > :now)", token=token, now=now()))


def add_site(tx, name, token, domains):
    return tx.insert("site", name=name, site_token=token, domains=json.dumps(domains), created_at=now())


def update_site(tx, site_id, **values):
    """Change some of a site's columns; `domains` is a list, `settings` a dict. 0 when there is no such site."""
    written = {name: json.dumps(value) if isinstance(value, (list, dict)) else value for name, value in values.items()}
    return tx.update("site", site_id, **written)


def keep_form(tx, site_id, name, form, fields):
    """Keep a form's revision, once."""
    tx.execute("INSERT OR IGNORE INTO form_revision (site_id, name, form, fields) VALUES (:site_id, :name, :form, :fields)",
               site_id=site_id, name=name, form=form, fields=json.dumps(fields))


def rotate_site_token(tx, site_id, token, old_counts_until):
    """Give the site a new token; the old one counts until the given time, or no longer if that is None."""
    return tx.execute("UPDATE site SET old_site_token = CASE WHEN :until IS NULL THEN NULL ELSE site_token END, "
                      "old_site_token_until = :until, site_token = :token WHERE id = :id",
                      until=old_counts_until, token=token, id=site_id)


def assistants(q):
    return q.all("SELECT id, name, site_id, avatar FROM assistant ORDER BY id")


def assistant(q, assistant_id):
    return q.one("SELECT id, name, site_id, avatar FROM assistant WHERE id = :id", id=assistant_id)


def first_assistant(q, site_id):
    return q.one("SELECT id, name, site_id, avatar FROM assistant WHERE site_id = :id ORDER BY id LIMIT 1", id=site_id)


def update_assistant(tx, assistant_id, **values):
    return tx.update("assistant", assistant_id, **values)


def add_assistant(tx, site_id, name):
    return tx.insert("assistant", site_id=site_id, name=name, created_at=now())


# Managers and their sessions

def _with_sites(q, row, table, key, holder_id):
    """The row with its `site_ids`; None means every site."""
    if row["all_sites"]:
        return {**row, "site_ids": None}
    rows = q.all(f"SELECT site_id FROM {table} WHERE {key} = :id ORDER BY site_id", id=holder_id)
    return {**row, "site_ids": tuple(row["site_id"] for row in rows)}


def managers(q):
    return q.all("SELECT * FROM manager ORDER BY id")


def manager(q, manager_id):
    return q.one("SELECT id, email, password_hash, wants_mail FROM manager WHERE id = :id", id=manager_id)


def manager_by_email(q, email):
    return q.one("SELECT * FROM manager WHERE email = :email", email=email)


def add_manager(tx, email, name, role, password_hash, site_ids=()):
    """Raises sqlite3.IntegrityError when the address is taken or a site does not exist."""
    manager_id = tx.insert("manager", email=email, name=name, role=role, password_hash=password_hash,
                           all_sites=not site_ids, created_at=now())
    for site_id in site_ids:
        tx.insert("manager_site", manager_id=manager_id, site_id=site_id)
    return manager_id


def update_manager(tx, manager_id, **values):
    return tx.update("manager", manager_id, **values)


def add_totp(tx, manager_id, secret, step):
    """1 if the manager had no second factor, and now has; else 0."""
    return tx.execute("UPDATE manager SET totp_secret = :secret, totp_step = :step WHERE id = :id AND totp_secret IS NULL",
                      secret=secret, step=step, id=manager_id)


def use_totp_step(tx, manager_id, step):
    """Mark a one-time code's time step as used; 0 when it, or a later one, was used before."""
    return tx.execute("UPDATE manager SET totp_step = :step WHERE id = :id AND (totp_step IS NULL OR totp_step < :step)",
                      step=step, id=manager_id)


def session(q, token_hash):
    """The session with its manager and the manager's sites (None: all), or None when it no longer counts."""
    row = q.one("""
        SELECT s.id, m.id AS manager_id, m.name, m.email, m.role, m.avatar, m.all_sites, m.totp_secret IS NOT NULL AS two_factor
        FROM manager_session s JOIN manager m ON m.id = s.manager_id
        WHERE s.token_hash = :hash AND s.expires_at > :now AND m.disabled_at IS NULL
        """, hash=token_hash, now=now())
    return row and _with_sites(q, row, "manager_site", "manager_id", row["manager_id"])


def add_session(tx, manager_id, token_hash, expires_at):
    tx.execute("DELETE FROM manager_session WHERE expires_at <= :now", now=now())
    return tx.insert("manager_session", manager_id=manager_id, token_hash=token_hash, created_at=now(),
                     expires_at=expires_at)


def delete_session(tx, token_hash):
    return tx.execute("DELETE FROM manager_session WHERE token_hash = :hash", hash=token_hash)


def delete_sessions(tx, manager_id):
    return tx.execute("DELETE FROM manager_session WHERE manager_id = :id", id=manager_id)


def delete_other_sessions(tx, manager_id, token_hash):
    return tx.execute("DELETE FROM manager_session WHERE manager_id = :id AND token_hash <> :hash",
                      id=manager_id, hash=token_hash)


def replace_setup_link(tx, token_hash, expires_at):
    """One link at a time: a new one ends those before it."""
    tx.execute("DELETE FROM setup_link")
    return tx.insert("setup_link", token_hash=token_hash, expires_at=expires_at)


def is_setup_link(q, token_hash):
    """Whether the link counts."""
    return q.one("SELECT 1 AS found FROM setup_link WHERE token_hash = :hash AND expires_at > :now",
                 hash=token_hash, now=now()) is not None


def use_setup_link(tx, token_hash):
    """1 if the link counted, and now it is gone; else 0."""
    return tx.execute("DELETE FROM setup_link WHERE token_hash = :hash AND expires_at > :now", hash=token_hash, now=now())


# Guests

def guest(q, guest_id):
    return q.one("SELECT id, site_id, guest_hash, email FROM guest WHERE id = :id", id=guest_id)


def update_guest(tx, guest_id, **values):
    return tx.update("guest", guest_id, **values)


# API keys

def api_keys(q):
    return q.all("SELECT id, name, role, created_at, revoked_at FROM api_key ORDER BY id")


def api_key(q, key_hash):
    """The key with its sites (None: all), or None when it is revoked or unknown."""
    row = q.one("SELECT id, name, role, all_sites FROM api_key WHERE key_hash = :hash AND revoked_at IS NULL", hash=key_hash)
    return row and _with_sites(q, row, "api_key_site", "api_key_id", row["id"])


def add_api_key(tx, name, role, key_hash, site_ids=()):
    key_id = tx.insert("api_key", name=name, role=role, key_hash=key_hash, all_sites=not site_ids, created_at=now())
    for site_id in site_ids:
        tx.insert("api_key_site", api_key_id=key_id, site_id=site_id)
    return key_id


def revoke_api_key(tx, key_id):
    return tx.execute("UPDATE api_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL", id=key_id, now=now())

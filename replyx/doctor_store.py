"""The queries of `replyx doctor`: its temporary site, and how everything of that site goes again."""
from . import accounts_store

NAME = "ReplyX doctor"
IN_ONE_STATEMENT = 500


def left_over(q):
    """The temporary sites of runs that were killed. An owner's site has a domain at least; those have none."""
    return [site["id"] for site in accounts_store.sites(q) if site["name"] == NAME and not site["domains"]]


def delete_site(tx, site_id):
    """Delete a temporary site, its keys, and whatever row of any table refers to it, directly or through others."""
    keys = tx.all("SELECT k.id FROM api_key k JOIN api_key_site s ON s.api_key_id = k.id "
                  "WHERE s.site_id = :id AND k.name = :name", id=site_id, name=NAME)
    tables = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    references = [(table, key["from"], key["table"]) for table in tables
                  for key in tx.all("SELECT * FROM pragma_foreign_key_list(:name)", name=table)
                  if key["on_delete"] != "SET NULL"]
    _delete(tx, references, "site", "id", [site_id])
    _delete(tx, references, "api_key", "id", [key["id"] for key in keys])


def _delete(tx, references, table, column, ids):
    """Delete the rows whose `column` is among `ids`, those that refer to them first. Every reference is to an `id`."""
    children = [(child, reference) for child, reference, parent in references if parent == table]
    for start in range(0, len(ids), IN_ONE_STATEMENT):
        some = ", ".join(str(int(row_id)) for row_id in ids[start:start + IN_ONE_STATEMENT])
        if children:
            rows = [row["id"] for row in tx.all(f'SELECT id FROM "{table}" WHERE "{column}" IN ({some})')]
            for child, reference in children:
                _delete(tx, references, child, reference, rows)
        tx.execute(f'DELETE FROM "{table}" WHERE "{column}" IN ({some})')

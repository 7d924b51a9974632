"""How messages fared: what browsers report of it, and what managers see."""
from .. import accounts_store, delivery_schemas, delivery_store, schemas, store
from ..actions import BOTH, MANAGER, Action, Answer
from ..database import reader
from ..tally import first_day, tally
from .rules import require


def report(identity, payload, context):
    """Count what a page's sends met on their way to a dialog; the server never saw it."""
    dialog = require(identity, store.dialog_state(reader, payload["dialog_id"]))
    for failure in payload["failures"]:
        tally.add(dialog["site_id"], failure["transport"], "failed", failure["code"], failure["count"])
    if payload["retried"]:
        tally.add(dialog["site_id"], context.transport, "retried", count=payload["retried"])
    return Answer()


def list_delivery(identity, payload, context):
    """Every site that the manager sees, with what was counted since `days` ago."""
    sites = {site["id"]: _nothing_yet(site) for site in accounts_store.sites(reader) if identity.sees(site["id"])}
    for row in delivery_store.counts(reader, identity.site_ids, first_day(payload["days"])):
        if row["site_id"] in sites:
            _add(sites[row["site_id"]], row)
    return Answer({"days": payload["days"], "sites": list(sites.values())})


def _nothing_yet(site):
    return {"site": {"id": site["id"], "name": site["name"]}, "socket": 0, "http": 0, "retried": 0, "duplicates": 0,
            "refused": [], "failed": []}


def _add(site, row):
    if row["outcome"] == "stored":
        site[row["transport"]] += row["count"]
    elif row["outcome"] == "retried":
        site["retried"] += row["count"]
    elif row["outcome"] == "duplicate":
        site["duplicates"] += row["count"]
    else:
        site[row["outcome"]].append(row)


ACTIONS = (
    Action("delivery.report", BOTH, delivery_schemas.DeliveryReport(), report, schemas.Nothing(), "delivery_report",
           "POST", "/dialogs/<dialog_id>/report", "report", summary="Tell which sends got no answer, after one that did"),
    Action("delivery.list", MANAGER, delivery_schemas.DeliveryList(), list_delivery, delivery_schemas.DeliveryAnswer(),
           "delivery_list", "GET", "/delivery", "read", summary="How messages fared, for each site"),
)

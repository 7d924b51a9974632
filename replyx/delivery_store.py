"""All queries of the counts of messages, named by intent.

As in `store.py`: the first argument is where the query runs, and rows are dicts. A day is written `2026-01-31`, in UTC.
"""


def add(tx, day, site_id, transport, outcome, code, count):
    """Add to a count. A site that is gone meanwhile has none."""
    tx.execute("""
        INSERT INTO delivery (day, site_id, transport, outcome, code, count)
        SELECT :day, id, :transport, :outcome, :code, :count FROM site WHERE id = :site_id
        ON CONFLICT DO UPDATE SET count = count + excluded.count
        """, day=day, site_id=site_id, transport=transport, outcome=outcome, code=code, count=count)


def prune(tx, first_day):
    return tx.execute("DELETE FROM delivery WHERE day < :day", day=first_day)


def counts(q, site_ids, first_day):
    """What was counted since a day, summed up, the largest first; `site_ids` None means every site."""
    where = "" if site_ids is None else f"AND site_id IN ({', '.join(str(int(site_id)) for site_id in site_ids)})"
    return q.all(f"""
        SELECT site_id, transport, outcome, code, sum(count) AS count FROM delivery
        WHERE day >= :day {where} GROUP BY site_id, transport, outcome, code ORDER BY 5 DESC, 2, 4
        """, day=first_day)

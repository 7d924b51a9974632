"""Tests of the chat on a page: who may begin one and hear of it, and what a page of any origin may tell."""
import pytest
import requests

from replyx import trials

FOREIGN = "https://elsewhere.example"


def tell(cast, key, step="loader", origin=FOREIGN, **more):
    return requests.post(f"{cast.served.url}/api/manager/trial", json={"key": key, "step": step, **more}, timeout=5,
                         headers={"Origin": origin, "Content-Type": "application/json"})


def begin(cast, who=None):
    return (who or cast.owner).http("POST", f"/sites/{cast.site['id']}/trial")


def heard(cast, key, who=None, site=None):
    return (who or cast.owner).http("GET", f"/sites/{(site or cast.site)['id']}/trial", params={"key": key})


def test_a_page_anywhere_tells_and_its_owner_hears(cast):
    key = begin(cast).json()["key"]
    assert heard(cast, key).json()["reports"] == []
    assert tell(cast, key).ok and tell(cast, key, "failed", reason="policy", directive="frame-src").ok
    assert heard(cast, key).json()["reports"] == [
        {"step": "loader", "origin": FOREIGN},
        {"step": "failed", "reason": "policy", "directive": "frame-src", "origin": FOREIGN}]
    other = begin(cast).json()["key"]
    assert other != key and heard(cast, other).json()["reports"] == []


def test_only_owners_begin_and_hear_and_only_with_the_key(cast):
    key = begin(cast).json()["key"]
    assert begin(cast, cast.manager).status_code == heard(cast, key, cast.manager).status_code == 403
    assert heard(cast, key, site=cast.other_site).status_code == 404
    for wrong in ("tr_unknown", "1e5", key[:-1]):
        assert tell(cast, wrong).json()["error"]["code"] == "not_found"
        assert heard(cast, wrong).json()["error"]["code"] == "not_found"


def test_a_snippet_that_is_not_the_sites_is_told(cast):
    token, other = cast.site["site_token"], cast.other_site["site_token"]
    assistant = cast.site["assistant_id"]
    for snippet, reason in ((f"site_token={token}", None), (f"assistant_id={assistant}", None),
                            (f"site_token={other}", "other_site"),
                            ("site_token=st_wrong", "unknown"), ("assistant_id=x", "unknown"),
                            ("site_token=", "unknown"), ("x", "unknown")):
        key = begin(cast).json()["key"]
        assert tell(cast, key, snippet=snippet).ok
        step = {"step": "failed", "reason": reason} if reason else {"step": "loader"}
        assert heard(cast, key).json()["reports"] == [{**step, "origin": FOREIGN}]


def test_a_page_tells_by_an_address_too(cast):
    key = begin(cast).json()["key"]
    said = {"key": key, "step": "failed", "reason": "policy", "directive": "connect-src"}
    assert requests.get(f"{cast.served.url}/api/manager/trial/told", said, timeout=5, headers={"Origin": FOREIGN}).ok
    assert heard(cast, key).json()["reports"][0]["directive"] == "connect-src"


@pytest.mark.parametrize("said", [{"step": "works"}, {"reason": "<b>"}, {"directive": "x" * 101}, {"text": "x"}, {"key": 1}])
def test_a_page_tells_nothing_else(cast, said):
    key = begin(cast).json()["key"]
    assert tell(cast, **{"key": key, **said}).json()["error"]["code"] == "invalid"
    assert heard(cast, key).json()["reports"] == []


def test_what_is_kept_is_bounded(cast):
    first = begin(cast).json()["key"]
    codes = [tell(cast, first).status_code for _ in range(trials.MOST_REPORTS + 1)]
    assert codes == [200] * trials.MOST_REPORTS + [404]
    for _ in range(trials.MOST):
        last = begin(cast).json()["key"]
    assert heard(cast, first).status_code == 404 and heard(cast, last).ok


def test_a_test_ends_by_itself():
    trials._trials["tr_old"] = trials.Trial(1, 0.0)
    with pytest.raises(trials.NotFound):
        trials.report(None, {"key": "tr_old", "step": "loader"}, None)
    trials._trials.clear()

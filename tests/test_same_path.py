


def test_smoke(cast):
    guest = cast.guest()
    with guest.socket() as tab, cast.manager.socket() as desk:
        dialog = guest.open()["dialog"]
        answer = desk.call("message_post", {"dialog_id": dialog["id"], "text": "Hi"})
        assert answer["ok"]
        assert [m["message"]["text"] for m in tab.events("message")] == ["hello", "Hi"]

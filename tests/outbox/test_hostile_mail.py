"""Texts and addresses that would make another mail of ours; each stays what it is, or is refused."""
import pytest

from replyx.extensions import writer


HOSTILE = ["x\r\nBcc: victim@mail.example", "x\nBcc: victim@mail.example\n\nbody", "x\r\n.\r\nMAIL FROM:<a@b.example>\r\n",
           "x\u2028Bcc: victim@mail.example", "\x00\x1b[2J", "=?utf-8?q?x=0ABcc:_victim=40mail.example?=", "\u202egnp.exe",
           "<script>alert(1)</script>", "\n-- \nTo get no more mails: https://evil.example/"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header_or_the_mails_own_words(scene, post, text):
    dialog_id = scene.write((text.replace("\0", "") or "x") + " end")
    writer.submit(lambda tx: tx.update("site", scene.site["id"], name=text.replace("\0", "")))
    writer.submit(lambda tx: tx.update("manager", scene.manager["id"], name=text.replace("\0", "")))
    scene.after(5.01)
    scene.leave_address(dialog_id)
    scene.answer(dialog_id, text.replace("\0", "") + " end")
    scene.after(5.01)
    assert [mail.to for mail in post.mails] == [["anna@shop.example"], ["guest@mail.example"]]
    for mail in post.mails:
        assert mail.sender == "chat@shop.example" and mail.message["Bcc"] is None and not mail.message.defects
        assert mail.message.get_content_type() == "text/plain" and "\x1b" not in mail.text and "\u202e" not in mail.text
        assert not any(line.startswith(("Bcc:", "To get no more mails: https://evil")) for line in mail.text.splitlines())


@pytest.mark.parametrize("address", ["", "x", "x@", "@x.example", "a b@x.example", "a@x", "a@x.example\r\nBcc: b@x.example",
                                     "a@x.example, b@x.example", "<a@x.example>", "a@x.example:25", "a@[127.0.0.1]", "é@x.example",
                                     "a..b@x.example", "a" * 65 + "@x.example", '"a b"@x.example', "a@" + "x" * 250 + ".example"])
def test_what_is_no_address_is_refused(scene, address):
    dialog_id = scene.write()
    answer = scene.guest(f"/{dialog_id}/contact", {"email": address}, status=(400,))
    assert answer["error"]["code"] == "invalid" and "email" in answer["error"]["fields"]


def test_an_address_is_kept_as_servers_write_it_and_shown_to_both_sides(scene):
    dialog_id = scene.write()
    assert scene.leave_address(dialog_id, " O'Hara+chat@BÜCHER.example ")["dialog"]["email"] == \
        "O'Hara+chat@xn--bcher-kva.example"
    headers = {"Authorization": f"Bearer {scene.key}"}
    seen = scene.client.get(f"/api/manager/dialogs/{dialog_id}", headers=headers).json["dialog"]
    assert seen["email"] == "O'Hara+chat@xn--bcher-kva.example"


def test_an_address_can_be_changed_a_few_times(scene):
    dialog_id = scene.write()
    for _ in range(5):
        scene.leave_address(dialog_id)
    assert scene.guest(f"/{dialog_id}/contact", {"email": "a@b.example"}, status=(429,))["error"]["retry_after"]

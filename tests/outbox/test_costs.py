"""What a line costs the database for the mail's sake."""
import shutil

from replyx.outbox import outbox
from tests.outbox.scene import Scene, rows, running, statements


def test_without_a_mail_server_a_line_leaves_no_row(tmp_path, people):
    shutil.copytree(people["folder"], tmp_path, dirs_exist_ok=True)
    with running(tmp_path) as app, statements() as found:
        scene = Scene(app, people)
        dialog_id = scene.write()
        scene.leave_address(dialog_id)
        scene.answer(dialog_id)
        assert rows() == [] and found == [] and not outbox.is_on


def test_a_line_costs_one_statement_of_the_outbox_at_most(scene):
    dialog_id = scene.write()
    with statements() as found:
        scene.write("again")
        assert len(found) == 1 and found.pop().startswith("INSERT OR IGNORE")
        scene.answer(dialog_id)
        assert found == []
        scene.leave_address(dialog_id)
        found.clear()
        scene.answer(dialog_id)
        assert len(found) == 1 and found[0].startswith("INSERT OR IGNORE")

"""Power losses, in short: `make soak` has the long run. See power/power.py."""
import random
import signal
import sqlite3
from contextlib import closing

import pytest

from replyx import storage
from tests.power import power
from tests.power.rebuild import Disk, Record

pytestmark = pytest.mark.compiler


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("power")
    return folder, power.make_instance(folder / "instance")


def test_no_acknowledged_line_is_lost_with_the_power(made):
    folder, site = made
    seed = random.randrange(10**6)
    disk, acked = power.record(folder, folder / "instance", site, 3, [signal.SIGKILL])
    wrong = list(power.losses(disk, acked, folder, 10, random.Random(seed)))
    assert wrong == [], f"seed {seed}"
    assert power.differences(disk, folder / "instance") == []
    assert len(acked) > 50 and disk.checkpoints


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_the_losses_of_a_writer_that_does_not_sync_are_found(made, tmp_path, synchronous):
    folder, site = made
    disk, acked = power.record(tmp_path, folder / "instance", site, 1, synchronous=synchronous)
    assert any("acknowledged lines are lost" in wrong for wrong in power.losses(disk, acked, tmp_path, 10, random.Random(1)))


def test_a_file_is_never_written_through_memory(made):
    """The shim would not see it, nor would a failed write be an error: it would be a SIGBUS."""
    folder, _ = made
    with closing(storage.connect(folder / "instance" / "replyx.db")) as database:
        assert database.execute("PRAGMA mmap_size").fetchone()[0] == 0


def test_what_is_not_synced_may_tear(tmp_path):
    """The rebuilder itself: without a sync, some sectors of a page are lost and others not."""
    with closing(sqlite3.connect(tmp_path / "replyx.db")) as database:
        database.execute("CREATE TABLE line (text)")
    disk = Disk(tmp_path, tmp_path / "none.log")
    file = disk._names["replyx.db"]
    file.pending = [Record("W", 0, 0, 4096, 1.0, 0, b"\xff" * 4096)]
    images = {disk.lose_power(random.Random(seed))["replyx.db"] for seed in range(50)}
    assert bytes(file.durable) in images
    assert any(0 < image[:4096].count(b"\xff" * 512) < 8 for image in images)
    file.sync(0.5)
    assert len(file.pending) == 1
    file.sync(2.0)
    assert file.durable[:4096] == b"\xff" * 4096 and disk.lose_power(random.Random(1))["replyx.db"] == bytes(file.durable)

"""Nothing is lost, doubled or disordered in a storm; and the checker sees what would be."""
import json
import os
import re
import sys

import pytest

from replyx import config
from tests.delivery.storm import Storm
from tests.served import Served

pytestmark = pytest.mark.node


class PlantedServer(Served):
    entry = sys.executable, "-m", "tests.delivery.planted"


def test_half_a_minute_of_storm_loses_nothing(tmp_path):
    seed = int(os.environ["STORM_SEED"])
    failures, figures = Storm(30, seed).run(tmp_path)
    print(json.dumps(figures))
    assert not failures, f"STORM_SEED={seed} {figures}\n" + "\n".join(failures)
    assert figures["failed"] and figures["duplicates"] and figures["proxy"]["reset_after"]


def test_an_ack_before_the_commit_is_caught(tmp_path):
    failures, _ = Storm(0, 1, visitors=3, managers=1, settle=3, resets=0).run(tmp_path, PlantedServer, PYTHONPATH=str(config.ROOT))
    assert any(failure.startswith("acked but not stored") for failure in failures), failures
    assert any(failure.startswith("seen but not stored") for failure in failures), failures


def test_a_retry_with_a_new_client_id_is_caught(tmp_path):
    storm = Storm(0, 1, visitors=0, managers=1, settle=5, kills=0, resets=10, weathers=("cutting",), new_client_ids=True)
    failures, _ = storm.run(tmp_path)
    assert any(re.match(r"stored \d+ times", failure) for failure in failures), failures

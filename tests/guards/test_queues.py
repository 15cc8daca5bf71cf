"""A message on a queue that nobody reads is lost without a word."""

from pathlib import Path
from typing import Any

import yaml

from channels.base import Channel, Lane
from notifications import queues
from notifyproj.launch.supervise import configuration
from notifyproj.processes import OUTWARD, Process, find, processes

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)["services"])


def consumed() -> set[str]:
    return {queue for process in processes() for queue in process.queues}


def arguments_after(process: Process, option: str) -> str:
    return process.arguments[process.arguments.index(option) + 1]


def test_every_queue_is_consumed_by_some_process() -> None:
    assert set(queues.ALL) <= consumed()


def test_no_process_waits_for_a_queue_that_does_not_exist() -> None:
    assert consumed() <= set(queues.ALL)


def test_a_worker_is_told_exactly_its_queues() -> None:
    for process in processes():
        if process.queues:
            assert arguments_after(process, "--queues") == ",".join(process.queues)


def test_every_urgent_queue_has_a_worker_that_does_nothing_else() -> None:
    wanted = {queues.delivery_queue(channel, Lane.URGENT) for channel in Channel}
    wanted -= {queues.delivery_queue(channel, Lane.URGENT) for channel in OUTWARD}
    assert set(find("urgent").queues) == wanted | {queues.RESOLVE_URGENT}


def test_a_slow_endpoint_of_a_customer_holds_up_webhooks_only() -> None:
    for process in processes():
        webhook = {queue for queue in process.queues if queue.startswith(OUTWARD)}
        assert not webhook or process.name == "outbound"


def test_the_bulk_worker_asks_for_normal_before_bulk() -> None:
    lanes = [queue.rpartition(".")[2] for queue in find("bulk").queues]
    assert lanes == sorted(lanes, key=["normal", "bulk"].index)


def test_normal_traffic_cannot_take_the_slot_reserved_for_bulk() -> None:
    assert {queue.rpartition(".")[2] for queue in find("bulk_reserved").queues} == {"bulk"}


def test_containers_run_the_same_processes() -> None:
    ours = {name: spec["command"] for name, spec in compose().items() if "build" in spec}
    ours.pop("migrate")
    assert ours == {each.name: [each.name] for each in processes() if not each.sandbox_only}


def test_every_container_that_stays_has_a_health_check() -> None:
    without = {name for name, spec in compose().items() if "healthcheck" not in spec}
    assert without == {"migrate"}


def test_supervisor_runs_the_same_processes(tmp_path: Path) -> None:
    text = configuration(
        processes(), base=ROOT, log=tmp_path, sockets=tmp_path, user="me", password="x"
    )
    for process in processes():
        assert f"[program:{process.name}]" in text
        assert f"notifyproj.launch.become {process.name}\n" in text

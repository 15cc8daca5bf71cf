"""Ports and variables of a run."""

import socket
from pathlib import Path

import pytest

from notifyproj.launch.environment import check_free, choose_ports, run_environment
from notifyproj.launch.system.problems import LaunchProblem
from tests.notifyproj.launch.started import free_ports


@pytest.mark.parametrize("text", ["abc", "0", "65532", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(LaunchProblem, match="PORT must be a number"):
        choose_ports({"PORT": text})


def test_without_a_port_it_is_8000() -> None:
    assert choose_ports({"PORT": ""}).web == 8000


def test_a_taken_neighbour_of_the_port_is_named() -> None:
    web = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", web + 1))
        taken.listen()
        with pytest.raises(LaunchProblem, match=rf"Port {web + 1} \(live updates\) cannot be used"):
            check_free(choose_ports({"PORT": str(web)}), "127.0.0.1")


def test_what_the_operator_set_stays() -> None:
    given = {"PUBLIC_URL": "https://notify.example", "SANDBOX": "0"}
    made = run_environment(given, choose_ports({}), Path("/x"))
    assert made.items() >= given.items()


def test_the_folder_and_the_port_are_those_of_the_run() -> None:
    made = run_environment({"VAR_DIR": "relative"}, choose_ports({"PORT": "9000"}), Path("/x"))
    assert (made["VAR_DIR"], made["GRANIAN_PORT"], made["FLOWER_PORT"]) == ("/x", "9000", "9004")

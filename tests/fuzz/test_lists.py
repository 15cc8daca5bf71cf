"""Lists of ids for a segment, over HTTP."""

import random
import time

import pytest

from tests.fuzz.lists import a_list
from tests.fuzz.web import Web

PATH = "/api/v1/segments"


@pytest.fixture
def segment(web: Web) -> str:
    web.send("PUT", "/api/v1/recipients/member-1", {})
    rules = {"member_of_upload": True}
    web.send("POST", PATH, {"slug": "fuzzed", "name": "Fuzzed", "rules": rules})
    return f"{PATH}/fuzzed/uploads"


@pytest.mark.share(4)
def test_no_list_ends_the_process(web: Web, segment: str, seconds: float, seed: int) -> None:
    chance, end = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < end:
        mode = chance.choice(("add", "remove", "replace"))
        kind = {"content-type": "text/csv"}
        web.send("POST", f"{segment}?mode={mode}", a_list(chance), **kind)
        web.check()


def test_a_list_in_which_nobody_is_recognised_keeps_the_members(web: Web, segment: str) -> None:
    kind = {"content-type": "text/csv"}
    web.send("POST", f"{segment}?mode=replace", b"external_id\nmember-1\n", **kind)
    for data in (b"", b"<html>502</html>", b"\x1f\x8b\x08\x00", "external_id\n".encode("utf-16")):
        web.send("POST", f"{segment}?mode=replace", data, **kind)
        found = web.send("GET", f"{PATH}/fuzzed/members/member-1")[1]
        assert '"member":true' in found.replace(" ", ""), data

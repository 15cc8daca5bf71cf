"""Clients that others' generators make of our description compile, and send."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.notifyproj.gateway.conftest import Served, body_of, request, serving, shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent

PYTHON = """
import sys
from uuid import UUID

from generated import AuthenticatedClient
from generated.api.notifications import notifications_get, notifications_send
from generated.api.notifications import notifications_send_batch
from generated.models import BatchRequest, SendRequest

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
order = SendRequest.from_dict({
    "type": "order_confirmed", "user_id": "user-123", "template_id": "order-confirmation-v2",
    "variables": {"order_id": "1", "total": "2", "estimated_delivery": "3"},
})
sent = notifications_send.sync_detailed(client=client, body=order)
assert sent.status_code == 202, sent.content
read = notifications_get.sync(UUID(sent.parsed.id), client=client)
assert read.id == sent.parsed.id
batch = notifications_send_batch.sync_detailed(
    client=client, body=BatchRequest(notifications=[order, order])
)
assert [one.status for one in batch.parsed.results] == [202, 202], batch.content
print(read.id)
"""
TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./generated.js";

declare const process: { argv: string[] };
const [url, key] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
const order = {
  type: "order_confirmed", user_id: "user-123", template_id: "order-confirmation-v2",
  variables: { order_id: "1", total: "2", estimated_delivery: "3" },
};
const { data, error } = await client.POST("/api/v1/notifications", { body: order });
if (error || !data) throw new Error(JSON.stringify(error));
const read = await client.GET("/api/v1/notifications/{notification_id}", {
  params: { path: { notification_id: data.id } },
});
if (read.data?.id !== data.id) throw new Error(JSON.stringify(read.error));
const batch = await client.POST("/api/v1/notifications/batch", {
  body: { notifications: [order, { ...order, user_id: "nobody" }] },
});
const statuses = batch.data?.results.map((one) => one.status);
if (JSON.stringify(statuses) !== "[202,422]") throw new Error(JSON.stringify(batch));
console.log(data.id);
"""


def run(*command: str | Path, folder: Path) -> str:
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def web(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving("web", shop, tmp_path_factory.mktemp("disk")) as served:
        yield served


@pytest.fixture
def description(web: Served, tmp_path: Path) -> Path:
    answer = body_of(web.ask(request("GET", "/api/schema/?format=json")))
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(read_chunks(answer)))
    return file


def read_chunks(answer: bytes) -> object:
    return json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])


def test_a_python_client_is_generated_and_sends(
    web: Served, description: Path, peer: Callable[[str], str]
) -> None:
    said = run(
        *(peer("openapi-python-client"), "generate", "--path", description, "--meta", "none"),
        *("--output-path", "generated"),
        folder=description.parent,
    )
    assert "Unable to" not in said
    program = description.parent / "send.py"
    program.write_text(PYTHON)
    assert run(sys.executable, program, url(web), web.key, folder=description.parent)


def test_a_typescript_client_is_generated_compiles_and_sends(
    web: Served, description: Path, peer: Callable[[str], str]
) -> None:
    folder = description.parent
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    run(peer("openapi-typescript"), description, "-o", "generated.d.ts", folder=folder)
    assert "Record<string, never>" not in components(folder / "generated.d.ts")
    (folder / "send.ts").write_text(TYPESCRIPT)
    strict = ("--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck")
    run(peer("tsc"), *strict, "--lib", "es2022,dom", "send.ts", folder=folder)
    assert run(peer("node"), "send.js", url(web), web.key, folder=folder)


def components(generated: Path) -> str:
    """Without what the generator itself writes around them."""
    return generated.read_text().partition("export interface components")[2].rpartition("$defs")[0]


def url(web: Served) -> str:
    return f"http://localhost:{web.port}"

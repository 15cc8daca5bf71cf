"""Is somebody there, and what do they say? One GET on this machine."""

import http.client
import json


def answers(port: int, path: str) -> bool:
    """Whether GET `path` says 200 within two seconds."""
    return _get(port, path)[0] == http.HTTPStatus.OK


def silent_queues(port: int) -> list[str]:
    """Those that nobody takes from, as readiness names them."""
    status, body = _get(port, "/health/ready")
    return list(json.loads(body)["silent_queues"]) if status == http.HTTPStatus.OK else []


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()

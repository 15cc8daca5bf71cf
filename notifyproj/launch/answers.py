"""Is somebody there? One GET on this machine."""

import http.client


def answers(port: int, path: str) -> bool:
    """Whether GET `path` says 200 within two seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

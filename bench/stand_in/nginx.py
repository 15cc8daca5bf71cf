"""nginx as the stand-in: installed where it is missing and that is possible."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from bench.stand_in.certificates import Certificates

NGINX = Path("/usr/sbin/nginx")
ECHO = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
PACKAGES = ("nginx", "libnginx-mod-http-echo")

CONFIGURATION = """\
load_module {echo};
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    log_format arrivals '$msec $http_apns_id $status $request_time';
    split_clients $request_id $delay {{ 1% 5.0; * 0.1; }}
    client_body_temp_path {folder}/body;
    client_body_buffer_size 16k;
    keepalive_requests 1000000000;
    keepalive_time 24h;
    keepalive_timeout 1h;
    http2_max_concurrent_streams 1000;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3 TLSv1.2;
    add_header apns-id $http_apns_id;
    server {{
        listen 127.0.0.1:{prompt} ssl http2;
        access_log {folder}/prompt.log arrivals buffer=256k flush=1s;
        location / {{ return 200; }}
    }}
    server {{
        listen 127.0.0.1:{slow} ssl http2;
        access_log {folder}/slow.log arrivals buffer=256k flush=1s;
        location / {{ echo_sleep $delay; echo_status 200; }}
    }}
}}
"""


def is_there() -> bool:
    """Installs it with apt-get if we may."""
    if not _complete() and os.getuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", *PACKAGES], check=False)
    return _complete()


def _complete() -> bool:
    return NGINX.exists() and ECHO.exists()


def version() -> str:
    said = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"nginx/[\d.]+", said)
    return found.group() if found else "nginx"


def command(folder: Path, made: Certificates, prompt: int, slow: int) -> list[str]:
    """Writes the configuration; returns how to start it."""
    file = folder / "nginx.conf"
    file.write_text(
        CONFIGURATION.format(
            echo=ECHO,
            user="root" if os.getuid() == 0 else "nobody",
            folder=folder,
            certificate=made.certificate,
            key=made.key,
            prompt=prompt,
            slow=slow,
        )
    )
    return [str(NGINX), "-p", str(folder), "-c", str(file)]

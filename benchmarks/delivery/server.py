"""nginx under the names of API Gateway, so that nobody who sends to it has to be patched.

The names are routed to this machine for as long as it runs, which takes the rights to write
/etc/hosts and to listen on port 443. One API answers at once; another holds each answer for 20
milliseconds, with nginx's echo module (Debian: libnginx-mod-http-echo); a third does so and keeps
the bodies as well; a fourth throttles, ignores and resets a share of what it is sent, but for one
stage, and writes down which. nginx has the second core and whoever sends the first, because the
kernel would else put two processes that wake each other on one.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = "127.0.0.43"
REGION = "us-east-1"
NEAR, FAR, WATCHED, STORM = "nearbench0", "farbench00", "watchbench", "stormbench"
CALM_STAGE = "calm"
"""Of the API that does not answer everything."""
HOSTS = {
    api_id: f"{api_id}.execute-api.{REGION}.amazonaws.com" for api_id in (NEAR, FAR, WATCHED, STORM)
}
ETC_HOSTS = Path("/etc/hosts")

CONFIGURATION = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
user root; worker_processes 1; worker_cpu_affinity 10; daemon off;
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  split_clients $request_id $fate {{ 30% throttled; 5% silent; 1% reset; * taken; }}
  log_format one '$msec $status $request_uri';
  log_format fate '$msec $fate $request_uri';
  log_format body escape=json '$msec $status $request_uri $request_body';
  access_log {folder}/posts.log one buffer=64k flush=1s;
  keepalive_requests 100000000; keepalive_timeout 75s;
  ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;
  client_body_temp_path {folder}/bodies;
  default_type application/json;
  add_header x-amzn-RequestId $request_id; add_header x-amz-apigw-id fYp0HGaEDoEFbqQ=;
  server {{ listen {address}:443 ssl backlog=1024; server_name {near}; return 200; }}
  server {{ listen {address}:443 ssl; server_name {far};
    location / {{ echo_sleep 0.02; echo -n ""; }} }}
  server {{ listen {address}:443 ssl; server_name {watched};
    access_log {folder}/posts.log body buffer=64k flush=1s;
    location / {{ echo_read_request_body; echo_sleep 0.02; echo -n ""; }} }}
  server {{ listen {address}:443 ssl; server_name {storm};
    access_log {folder}/posts.log fate buffer=64k flush=1s;
    location /{calm}/ {{ rewrite ^ /taken last; }}
    location / {{
      if ($fate = throttled) {{ return 429; }}
      if ($fate = silent) {{ rewrite ^ /silent last; }}
      if ($fate = reset) {{ return 444; }}
      rewrite ^ /taken last; }}
    location /silent {{ internal; echo_sleep 12; }}
    location /taken {{ internal; echo_sleep 0.02; echo -n ""; }} }}
}}
"""


class Server:
    """A running nginx and the posts it has seen."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "certificate.pem"
        self._log = folder / "posts.log"

    def forget(self) -> None:
        """Begin a new account of posts."""
        self.settle()
        os.truncate(self._log, 0)

    def settle(self) -> None:
        """Wait until nginx has written what it gathers for a second."""
        time.sleep(1.2)

    def posts(self, expected: int) -> list[tuple[float, str, str]]:
        """Wait for so many posts; return the time of each response, its status and its target."""
        deadline = time.monotonic() + 120
        while True:
            # The last line may be half written.
            lines = self._log.read_text().splitlines(keepends=True)
            lines = [line.rstrip("\n") for line in lines if line.endswith("\n")]
            if len(lines) >= expected or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return [
            (float(moment), status, target)
            for moment, status, target in (line.split(" ", 2) for line in lines)
        ]


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """The server, until the block is left."""
    names = ",".join(f"DNS:{host}" for host in HOSTS.values())
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=benchmark", "-keyout", "key.pem"),
            *("-out", "certificate.pem", "-addext", f"subjectAltName={names}"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            address=ADDRESS,
            near=HOSTS[NEAR],
            far=HOSTS[FAR],
            watched=HOSTS[WATCHED],
            storm=HOSTS[STORM],
            calm=CALM_STAGE,
        )
    )
    with names_routed_here():
        process = subprocess.Popen(["nginx", "-c", str(configuration), "-e", f"{folder}/error.log"])
        try:
            while not (folder / "nginx.pid").exists():
                if process.poll() is not None:
                    raise RuntimeError((folder / "error.log").read_text())
                time.sleep(0.05)
            yield Server(folder)
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def names_routed_here() -> Iterator[None]:
    """Lines in /etc/hosts, taken out again in the end, which SIGTERM must not skip."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lines = "".join(f"{ADDRESS} {host}\n" for host in HOSTS.values())
    with ETC_HOSTS.open("a") as hosts:
        hosts.write(lines)
    try:
        yield
    finally:
        # Others may have written to the file meanwhile.
        ETC_HOSTS.write_text(ETC_HOSTS.read_text().replace(lines, ""))

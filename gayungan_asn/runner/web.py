"""How gunicorn serves the product, on one machine and in containers."""

from __future__ import annotations

import os
from pathlib import Path

# Threads wait for the database most of the time; processes use the cores.
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
worker_class = "gthread"
# Loaded once before the workers fork: half the start and less memory.
preload_app = True
timeout = 60
graceful_timeout = 15
keepalive = 5
# A worker is renewed now and then, not all of them at the same moment.
max_requests = 5_000
max_requests_jitter = 500
limit_request_line = 8_190
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# No access log: the minute of a request would tie a peer's answer to its author.
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True

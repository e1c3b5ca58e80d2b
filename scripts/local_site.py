"""What the benchmarks share: nginx on loopback in a folder of its own, and measured child processes."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

CONFIG = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    log_format asked '$request_method $request_uri $status';
    access_log {folder}/access.log asked buffer=64k;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    sendfile on;
    keepalive_requests 1000000;
    keepalive_timeout 75s;
{http}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        server_name _;
        root {root};
        index index.html;
        absolute_redirect off;
{server}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """One worker that serves a folder; its access log can be taken away after each contestant."""

    def __init__(self, folder, root, port, http="", server=""):
        self.folder, self.port = pathlib.Path(folder), port
        self.folder.mkdir(parents=True, exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""
        text = CONFIG.format(folder=self.folder, root=root, port=port, user=user, http=http, server=server)
        (self.folder / "nginx.conf").write_text(text)
        self.process = subprocess.Popen(
            ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-g", "daemon off;"],
            stderr=subprocess.DEVNULL,
        )
        self._until(self._answers, "nginx does not answer")

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def _until(self, holds, complaint):
        deadline = time.monotonic() + 20
        while not holds():
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{complaint}: {(self.folder / 'error.log').read_text()[-500:]}")
            time.sleep(0.02)

    def take_log(self):
        """All requests since the last call, as (method, path, status)."""
        log, taken = self.folder / "access.log", self.folder / "taken.log"
        os.rename(log, taken)
        # nginx writes out what it holds back, then opens a new file.
        os.kill(self.process.pid, signal.SIGUSR1)
        self._until(log.exists, "nginx opens no new log")
        size = -1
        while taken.stat().st_size != size:
            size = taken.stat().st_size
            time.sleep(0.1)
        rows = [line.split(" ") for line in taken.read_text().splitlines()]
        taken.unlink()
        return [(row[0], row[1], int(row[2])) for row in rows if len(row) == 3]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Measured:
    """A command run to its end: wall and CPU seconds, peak memory (MiB), exit code, output."""

    def __init__(self, command, folder):
        out = pathlib.Path(folder) / "output.txt"
        helper = pathlib.Path(__file__).parent.resolve() / "measure.py"
        words = [sys.executable, "-S", "-E", helper, out, *command]
        run = subprocess.run([str(word) for word in words], cwd=folder, stdout=subprocess.PIPE, check=True)
        used = json.loads(run.stdout)
        self.wall, self.cpu, self.peak, self.code = (used[key] for key in ("wall", "cpu", "peak", "code"))
        self.output = out.read_text(errors="replace")


class Site:
    """A generated site, the same for the same numbers: every page can be reached from `/`."""

    STYLES = 4

    def __init__(self, root, port, pages, links=30, size=8000):
        self.root, self.port, self.pages, self.links, self.size = pathlib.Path(root), port, pages, links, size

    @staticmethod
    def path(number):
        return "/" if number == 0 else f"/d{number // 500}/p{number}.html"

    def manifest(self):
        return [self.path(number) for number in range(self.pages)]

    def targets(self, number, chance):
        children = [n for n in (2 * number + 1, 2 * number + 2) if n < self.pages]
        return children + [chance.randrange(self.pages) for _ in range(self.links - len(children))]

    def href(self, source, target, style):
        path = self.path(target)
        if style == 0:
            return f"http://127.0.0.1:{self.port}{path}"
        if style == 1 or target == 0:
            return path
        if style == 2:
            return ("" if source == 0 else "../") + path[1:]
        return path + "#part"

    def write(self):
        words = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor".split()
        for number in range(self.pages):
            chance = random.Random(number)
            targets = self.targets(number, chance)
            filler = (self.size - 60 * len(targets)) // max(1, len(targets))
            rows = [f"<!doctype html>\n<html><head><title>Page {number}</title></head>\n<body>\n"]
            for at, target in enumerate(targets):
                text = ""
                while len(text) < filler:
                    text += chance.choice(words) + " "
                href = self.href(number, target, at % self.STYLES)
                rows.append(f'<p>{text}<a href="{href}">page {target}</a></p>\n')
            file = self.root / (self.path(number)[1:] or "index.html")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(rows) + "</body></html>\n")


def audit(log, manifest):
    """What a contestant asked: (pages asked, missed, asked again, not part of the site)."""
    wanted, count, strange = set(manifest), {}, 0
    for _, path, status in log:
        if path == "/robots.txt":
            continue
        if path in wanted and status == 200:
            count[path] = count.get(path, 0) + 1
        else:
            strange += 1
    again = sum(times - 1 for times in count.values())
    return len(count), len(wanted) - len(count), again, strange

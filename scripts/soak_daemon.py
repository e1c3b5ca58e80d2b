"""The daemon of the soak test: its configuration, its life, what it is told and what it takes."""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time

MOST = 32  # concurrency, however it is changed
DELAY_MS = 50  # the least that any job keeps, however it is changed
JOBS = ("docs", "list", "news", "tips", "flats")
SCHEDULES = {"list": "75s", "news": "30s", "tips": "60s", "flats": "45s"}


class Local(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, program, folder, sites, entries):
        self.program, self.folder, self.sites = program, pathlib.Path(folder), sites
        self.config, self.log = self.folder / "crawld.toml", open(self.folder / "log", "ab")
        self.process, self.lives, self.deaths, self.samples = None, 0, [], []
        (self.folder / "conf.d").mkdir()
        (self.folder / "urls.txt").write_text("".join(sites["docs"].url(f"/f/{n}\n") for n in range(entries)))
        self.write({})
        threading.Thread(target=self.sample, daemon=True).start()

    # What is configured.

    def write(self, changes):
        """Writes the whole configuration, with these changes to what is usual."""
        usual = {"concurrency": 16, "grace": "20s", "max_tries": 30, "head_timeout": "25s", "threads": 1,
                 "log": "crawld=info", "without": None, "exclude": [], "scheduled": True}
        now = {**usual, **changes}
        delay = {job: now.get(f"delay_{job}", DELAY_MS) for job in JOBS}
        self.config.write_text(f"""
[daemon]
concurrency = {now["concurrency"]}
threads = {now["threads"]}
grace = "{now["grace"]}"
log = "{now["log"]}"
[database]
url = "sqlite://{self.folder}/crawld.db"
min_free = "0"
[http]
head_timeout = "{now["head_timeout"]}"
[politeness]
max_tries = {now["max_tries"]}
""")
        for job, text in self.jobs(now).items():
            path = self.folder / "conf.d" / f"{job}.toml"
            if job == now["without"]:
                path.unlink(missing_ok=True)
                continue
            schedule = SCHEDULES.get(job) if now["scheduled"] else None
            more = f'schedule = "{schedule}"\n' if schedule else ""
            path.write_text(f'[jobs.{job}]\ndelay = "{delay[job]}ms"\n{more}{text}')

    def jobs(self, now):
        url = lambda site, path: json.dumps(self.sites[site].url(path))
        return {
            "docs": f'kind = "crawl"\nroots = [{url("docs", "/p/0")}]\nexclude = {json.dumps(now["exclude"])}\n',
            "list": f'kind = "fetch"\nfile = "{self.folder}/urls.txt"\n',
            "news": f'kind = "crawl"\nroots = [{url("news", "/p/0")}]\n',
            "tips": f'kind = "suggest"\nrequest = {{ url = {url("tips", "/s?q={query}")} }}\n'
                    'alphabet = "a-f"\nmax_length = 3\nresults.tip = { path = "$[*]" }\n',
            "flats": f'kind = "scrape"\nstart = [{url("flats", "/list/0")}]\nitem = "div.offer"\n'
                     'fields = { title = "h2", price = { css = "b", parse = "integer" } }\nnext = "a.next@href"\n',
        }

    # Its life.

    def start(self):
        self.lives += 1
        command = [self.program, "run", "--config", str(self.config)]
        self.process = subprocess.Popen(command, stderr=self.log, stdout=subprocess.DEVNULL)

    def wait_until_it_answers(self, seconds=60):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SystemExit(f"the daemon ended with {self.process.returncode}: see {self.folder}/log")
            try:
                return self.status()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        raise SystemExit("the daemon does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.deaths.append(time.time_ns())

    def end(self):
        """Asks for an ordered end and gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    # What it is told.

    def call(self, *arguments):
        """A command with its exit code and all it says."""
        command = [self.program, *arguments, "--config", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def ask(self, path):
        connection = Local(self.folder / "crawld.sock")
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self):
        status, body = self.ask("/v1/status")
        if status != 200:
            raise http.client.HTTPException(body)
        return {job["job"]: job for job in json.loads(body)["jobs"]}

    # What it takes.

    def sample(self):
        """Once a second: life, age of the process, resident KiB, open files."""
        ages = {}
        while True:
            time.sleep(1)
            process = self.process
            if process is None or process.poll() is not None:
                continue
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                resident = int(status.split("VmRSS:")[1].split()[0])
                files = len(os.listdir(f"/proc/{process.pid}/fd"))
            except (OSError, IndexError):
                continue
            life = self.lives
            begun = ages.setdefault(life, time.monotonic())
            self.samples.append((life, time.monotonic() - begun, resident, files))


def other_settings(luck):
    """Changes that a running daemon can take."""
    changes = {f"delay_{job}": luck.randint(DELAY_MS, 3 * DELAY_MS) for job in luck.sample(JOBS, 2)}
    changes["concurrency"] = luck.randint(1, MOST)
    changes["max_tries"] = luck.randint(25, 35)
    changes["head_timeout"] = f"{luck.randint(10, 30)}s"
    changes["log"] = luck.choice(["crawld=info", "crawld=warn", "info,crawld=info"])
    if luck.random() < 0.4:
        changes["exclude"] = [luck.choice(["/p/[0-9]*7$", "/p/[0-9]*[02468]$"])]
    return changes


def seeded(seed):
    return random.Random(seed)

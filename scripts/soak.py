"""The daemon under all kinds of trouble at once, and proof that it lost, doubled and hurried nothing:
soak.py PROGRAM MINUTES. CRAWLD_SEED chooses other troubles."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
import tempfile
import time

import soak_judge as judge
from soak_daemon import JOBS, Daemon, other_settings, seeded
from soak_site import Site, docs, endpoint, shop

ENTRIES, NEWS, LISTINGS = 60, 60, 30
CALM_MINUTES = 10


class Storm:
    def __init__(self, daemon, sites, luck, end):
        self.daemon, self.sites, self.luck, self.end = daemon, sites, luck, end
        self.done, self.wrong, self.kills_until = {}, [], end - (end - time.monotonic()) / 3

    def rage(self):
        # What disturbs the process itself ends at two thirds: then one life is long enough to be weighed.
        while time.monotonic() < self.end:
            calm = time.monotonic() > self.kills_until
            troubles = [self.reload] * 6 + [self.hold] * 4 + [self.weather] * 8 + [self.invalid, self.refused]
            troubles += [self.hangups] * 2 + [self.remove] * 2 + [self.stop] + [self.look, self.peek] * 2
            troubles += [] if calm else [self.kill, self.kill, self.kill_at_start, self.restart]
            trouble = self.luck.choice(troubles)
            self.done[trouble.__name__] = self.done.get(trouble.__name__, 0) + 1
            trouble()
            time.sleep(self.luck.uniform(0.5, 4))

    def expect(self, code, *arguments, unless=None):
        got, said = self.daemon.call(*arguments)
        if got != code and not (unless and unless in said):
            self.wrong.append(f"crawld {' '.join(arguments)}: exit {got}, not {code}: {said.strip()[:300]}")

    def reload(self):
        self.daemon.write(other_settings(self.luck))
        self.expect(0, "reload")

    def invalid(self):
        self.daemon.write({"log": "crawld=loud"})
        self.expect(78, "reload")
        self.daemon.write({})

    def refused(self):
        self.daemon.write({"threads": 2})
        self.expect(1, "reload")
        self.daemon.write({})

    def hangups(self):
        for _ in range(self.luck.randint(1, 8)):
            self.daemon.write(other_settings(self.luck))
            self.daemon.process.send_signal(signal.SIGHUP)
            time.sleep(self.luck.uniform(0, 0.1))

    def remove(self):
        self.daemon.write({"without": self.luck.choice(JOBS)})
        self.expect(0, "reload")
        time.sleep(self.luck.uniform(0, 3))
        self.daemon.write({})
        self.expect(0, "reload")

    def hold(self):
        job = self.luck.choice(JOBS)
        self.expect(0, "pause", job)
        time.sleep(self.luck.uniform(0, 3))
        self.expect(0, "resume", job)

    def stop(self):
        job = self.luck.choice(JOBS)
        self.expect(0, "stop", job, unless="there is nothing to stop")
        time.sleep(self.luck.uniform(0, 2))
        self.go_on(job)

    def go_on(self, job):
        """Lets a stopped job go on; one whose pass has ended meanwhile has nothing to go on with."""
        if self.daemon.status()[job]["state"] == "stopped":
            self.expect(0, "start", job)

    def look(self):
        status, text = self.daemon.ask("/metrics")
        if status != 200 or not text.endswith("# EOF\n"):
            self.wrong.append(f"/metrics: {status}: {text[:200]}")

    def peek(self):
        """Another client opens the store, reads it and goes: the log must stay that is written to."""
        store = self.daemon.folder / "crawld.db"
        with contextlib.closing(sqlite3.connect(store, timeout=10)) as client:
            client.execute("SELECT state, count(*) FROM v_pages GROUP BY state").fetchall()
        if not store.with_name("crawld.db-wal").exists():
            self.wrong.append("the log of the store is gone after another client had read it")

    def weather(self):
        site = self.luck.choice(list(self.sites.values()))
        site.be(self.luck.choice(["moody", "moody", "broken", "gone"]))
        time.sleep(self.luck.uniform(1, 5))
        site.be(self.luck.choice(["calm", "moody"]))

    def kill(self):
        self.daemon.kill()
        self.daemon.start()
        self.daemon.wait_until_it_answers()

    def kill_at_start(self):
        self.daemon.kill()
        self.daemon.start()
        time.sleep(self.luck.uniform(0, 0.6))
        self.kill()

    def restart(self):
        code = self.daemon.end()
        if code != 0:
            self.wrong.append(f"SIGTERM: exit {code}, not 0")
        self.daemon.start()
        self.daemon.wait_until_it_answers()

    def settle(self):
        """Fair weather, no schedules, and everything that was begun comes to its end."""
        for site in self.sites.values():
            site.be("calm")
        self.daemon.write({"scheduled": False})
        self.expect(0, "reload")
        until = time.monotonic() + 60 * CALM_MINUTES
        while time.monotonic() < until:
            jobs = self.daemon.status()
            for job in JOBS:
                if jobs[job]["state"] == "paused":
                    self.expect(0, "resume", job)
                if jobs[job]["state"] == "stopped":
                    self.expect(0, "start", job)
            if all(jobs[job]["state"] == "done" and not jobs[job].get("why") for job in JOBS):
                return {job: jobs[job]["pass"] for job in JOBS}
            time.sleep(1)
        left = {job: (jobs[job]["state"], jobs[job].get("why"), jobs[job]["urls"]) for job in JOBS}
        self.wrong.append(f"not done after {CALM_MINUTES} minutes of fair weather: {left}")
        return {job: jobs[job]["pass"] for job in JOBS}


def soak(program, minutes, folder):
    seed = int(os.environ.get("CRAWLD_SEED", "1"))
    pages = int(minutes * 60 * 9)
    contents = {"docs": docs(pages), "news": docs(NEWS), "tips": endpoint, "flats": shop(LISTINGS)}
    sites = {name: Site(name, content, f"{seed} {name}") for name, content in contents.items()}
    daemon = Daemon(program, folder, sites, ENTRIES)
    begun = time.monotonic()
    daemon.start()
    daemon.wait_until_it_answers()
    time.sleep(3)
    storm = Storm(daemon, sites, seeded(seed), begun + 60 * minutes)
    storm.rage()
    passes = storm.settle()
    code = daemon.end()
    if code != 0:
        storm.wrong.append(f"the end: exit {code}, not 0")
    took = time.monotonic() - begun
    sizes = {"docs": pages, "list": ENTRIES, "news": NEWS, "flats": LISTINGS}
    return judge.verdict(daemon, sites, sizes, passes, storm, (seed, minutes, took))


def main():
    program, minutes = os.path.abspath(sys.argv[1]), float(sys.argv[2])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crawld-soak."))
    good = soak(program, minutes, folder)
    if good:
        shutil.rmtree(folder)
    else:
        print(f"the daemon's folder is kept: {folder}")
    sys.exit(0 if good else 1)


main()

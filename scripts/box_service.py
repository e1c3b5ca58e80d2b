"""crawld as a service in a box, installed from its package, and the site that it is tried on."""

import collections
import json
import pathlib
import shutil
import subprocess
import sys
import time

import box_site as site_of
from box import Box

HERE = pathlib.Path(__file__).resolve().parent
STORE = "sqlite:///var/lib/crawld/crawld.db"
CONFIG = "/etc/crawld/crawld.toml"


def until(holds, limit, what):
    """Asks ten times a second; gives the first answer that is not false."""
    end = time.monotonic() + limit
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {limit} s: {what}"
        time.sleep(0.1)
    return found


class Service:
    def __init__(self, box: Box):
        self.box = box
        self.log = box.folder / "asked"

    # Installing, and files.

    def install(self, package):
        """By dpkg, as apt would do it once the package is there."""
        shutil.copy(package, self.box.root / "tmp/crawld.deb")
        done = self.box.run("dpkg", "--install", "/tmp/crawld.deb", limit=120)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def write(self, path, text):
        place = self.box.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def read(self, path):
        return (self.box.root / path.lstrip("/")).read_text()

    def drop_in(self, text):
        self.write("/etc/systemd/system/crawld.service.d/test.conf", f"[Service]\n{text}\n")
        self.systemctl("daemon-reload")

    def job(self, name, count, wait=0, delay="10ms", root="http://127.0.0.1", more=""):
        """A job of its own file, that crawls a site of `count` pages."""
        port = site_of.HTTPS if root.startswith("https") else site_of.HTTP
        self.write(f"/etc/crawld/conf.d/{name}.toml", f"""[jobs.{name}]
kind = "crawl"
roots = ["{root}:{port}/{count}/{wait}/"]
scope = "prefix"
delay = "{delay}"
per_host = 4
latency_factor = 0
{more}
""")

    # The service manager.

    def systemctl(self, *words, limit=60, good=True):
        done = self.box.run("systemctl", *words, limit=limit)
        assert not good or done.returncode == 0, f"systemctl {' '.join(words)}: {done.stdout}{self.tail()}"
        return done

    def show(self, name):
        return self.systemctl("show", "-P", name, "crawld").stdout.strip()

    @property
    def pid(self):
        return int(self.show("MainPID"))

    @property
    def active(self):
        return self.show("ActiveState")

    @property
    def status(self):
        return self.show("StatusText")

    @property
    def restarts(self):
        return int(self.show("NRestarts"))

    def kill(self, signal):
        self.systemctl("kill", "--kill-whom=main", "-s", signal, "crawld")

    def journal(self):
        """What the service itself has logged, oldest first."""
        done = self.box.run("journalctl", "--no-pager", "-o", "json", "_SYSTEMD_UNIT=crawld.service")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def said(self, *words):
        """Is there a line of the journal with all of these?"""
        return [line for line in self.journal() if all(word in line["MESSAGE"] for word in words)]

    def tail(self):
        return "\n" + self.box.run("journalctl", "--no-pager", "-n", "25", "-u", "crawld").stdout

    def outside(self, *command):
        """A program of the host, with the network of the box."""
        return subprocess.run(["nsenter", "-t", str(self.box.leader), "-n", *map(str, command)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)

    # The site, and what came of it.

    def site(self, secure=False):
        words = self.certificate() if secure else ()
        self.box.beside(sys.executable, HERE / "box_site.py", self.log, *words, stderr=subprocess.DEVNULL)
        until(lambda: f":{site_of.HTTP} " in self.box.run("ss", "-ltn").stdout, 10, "the site listens")
        self.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")

    def postgres(self, port):
        """Starts a PostgreSQL on the network of the box, at first or again; gives its URL."""
        folder = self.box.folder / "postgres"
        folder.mkdir(exist_ok=True)
        self.box.folder.chmod(0o755)
        (folder / "port").write_text(str(port))
        return self.postgres_word("start").strip().splitlines()[-1]

    def postgres_word(self, word):
        enter = ["nsenter", "-t", str(self.box.leader), "-n"]
        command = [*enter, HERE / "postgres", word, self.box.folder / "postgres"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def down(self):
        """Ends what does not end with the box."""
        if (self.box.folder / "postgres").exists():
            self.postgres_word("stop")

    def certificate(self):
        """One for site.test of an authority of its own, which the service gets to know."""
        made = subprocess.run([HERE / "box_certificate", self.box.folder], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        self.write("/etc/crawld/ca.pem", (self.box.folder / "ca.pem").read_text())
        return self.box.folder / "site.pem", self.box.folder / "site.key"

    def asked(self):
        """How often each page was asked for, robots.txt and sitemaps left out."""
        if not self.log.exists():
            return collections.Counter()
        urls = (line.split()[1] for line in self.log.read_text().splitlines())
        return collections.Counter(url for url in urls if not url.endswith((".txt", ".xml")))

    def crawld(self, *words, store=STORE, limit=60):
        return self.box.run("crawld", *words, "--database", store, limit=limit, user="crawld")

    def pages(self, job, store=STORE):
        done = self.crawld("export", "--what", "pages", "--job", job, "--format", "jsonl", store=store)
        if done.returncode:
            return []
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def done(self, job, store=STORE):
        return sum(page["state"] == "done" for page in self.pages(job, store))

    def crawled(self, job, at_least, limit=60):
        """Waits until so many of its pages were asked for."""
        until(lambda: sum(self.asked().values()) >= at_least, limit, f"{at_least} pages of {job} asked")

    def exact(self, job, count, deaths=0, limit=120, store=STORE, concurrency=8):
        """All pages are there once, and none was asked again but for those in flight at a death."""
        until(lambda: self.done(job, store) >= count, limit, f"{count} pages of {job}; {self.done(job, store)} are done")
        urls = [page["url"] for page in self.pages(job, store) if page["state"] == "done"]
        assert len(urls) == len(set(urls)) == count, f"{len(urls)} rows, {len(set(urls))} URLs, {count} pages"
        prefix = f"/{count}/"
        asked = {url: times for url, times in self.asked().items() if prefix in url}
        assert len(asked) == count, f"{len(asked)} of {count} were asked"
        again = sum(asked.values()) - count
        most = 2 * concurrency * deaths
        assert again <= most, f"{again} requests were repeated after {deaths} deaths, {most} may be"

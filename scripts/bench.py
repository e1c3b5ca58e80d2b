"""Crawls one generated site with crawld and its rivals; called by scripts/bench."""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from local_site import Measured, Nginx, Site, audit, free_port

PAGES = int(os.environ.get("PAGES", "10000"))
RUNS = int(os.environ.get("RUNS", "3"))
RIVALS = os.environ.get("RIVALS", "wget scrapy").split()

WRK = """
local paths, at = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function() at = at %% #paths + 1; return wrk.format("GET", paths[at]) end
"""

SPIDER = """
import scrapy

class Bench(scrapy.Spider):
    name = "bench"
    start_urls = ["%s"]
    custom_settings = {
        "ROBOTSTXT_OBEY": False, "CONCURRENT_REQUESTS": 64, "CONCURRENT_REQUESTS_PER_DOMAIN": 64,
        "DOWNLOAD_DELAY": 0, "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False,
    }

    def parse(self, response):
        for href in response.css("a::attr(href)").getall():
            yield response.follow(href, self.parse)
"""


def crawld(binary, nginx, folder):
    database = f"sqlite://{folder}/bench.db"
    run = Measured(
        [binary, "crawl", nginx.url(), "--database", database, "--delay", "0ms", "--per-host", "64",
         "--concurrency", "64", "--no-robots", "--quiet"],
        folder,
    )
    export = subprocess.run(
        [binary, "export", "--what", "pages", "--format", "csv", "--database", database],
        capture_output=True, text=True,
    )
    run.stored = sum(",done," in row for row in export.stdout.splitlines())
    return run


def wget(nginx, folder):
    return Measured(["wget", "-q", "-r", "-l", "inf", "-e", "robots=off", "-P", folder, nginx.url()], folder)


def scrapy(program, nginx, folder):
    (folder / "spider.py").write_text(SPIDER % nginx.url())
    return Measured([program, "runspider", "spider.py"], folder)


def install_scrapy(work):
    """In an environment of its own; None when it cannot be had."""
    home = work / "scrapy"
    for command in ([sys.executable, "-m", "venv", home], [home / "bin/pip", "install", "-q", "scrapy"]):
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            print("bench: scrapy cannot be installed by pip, left out", file=sys.stderr)
            return None
    return home / "bin/scrapy"


def raw_rate(nginx, work):
    (work / "paths.lua").write_text(WRK % (work / "manifest"))
    run = Measured(["wrk", "-t1", "-c64", "-d5s", "-s", work / "paths.lua", nginx.url()], work)
    nginx.take_log()
    rate = re.search(r"Requests/sec:\s*([\d.]+)", run.output)
    total = re.search(r"(\d+) requests in", run.output)
    if not rate or not total:
        sys.exit(f"bench: wrk said {run.output}")
    return float(rate[1]), run.cpu * 1e6 / int(total[1]), run.peak


def row(name, runs, raw):
    middle = lambda key: statistics.median(key(run) for run in runs)
    worst = lambda at: max(run.audit[at] for run in runs)
    rate = middle(lambda run: run.audit[0] / run.wall)
    cpu = middle(lambda run: run.cpu * 1e6 / max(1, run.audit[0]))
    stored = middle(lambda run: getattr(run, "stored", -1))
    cells = [name, len(runs), f"{rate:,.0f}", f"{rate / raw:.3f}", f"{cpu:,.0f}", f"{max(r.peak for r in runs):.0f}",
             worst(1), worst(2), worst(3), "–" if stored < 0 else f"{stored:,.0f}",
             " ".join(sorted({str(run.code) for run in runs}))]
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def contestants(binary, nginx, work):
    field = {"crawld": lambda folder: crawld(binary, nginx, folder)}
    if "wget" in RIVALS and shutil.which("wget"):
        field["wget -r"] = lambda folder: wget(nginx, folder)
    program = install_scrapy(work) if "scrapy" in RIVALS else None
    if program:
        field["scrapy"] = lambda folder: scrapy(program, nginx, folder)
    return field


def main(binary, work):
    port = free_port()
    site = Site(work / "site", port, PAGES)
    site.write()
    (work / "manifest").write_text("\n".join(site.manifest()) + "\n")
    nginx = Nginx(work / "nginx", work / "site", port)
    try:
        raw, cpu, peak = raw_rate(nginx, work)
        size = sum(f.stat().st_size for f in (work / "site").rglob("*.html")) / PAGES
        print(f"{PAGES:,} pages of {size:,.0f} bytes with {site.links} links; nginx, 1 worker, loopback; "
              f"{os.cpu_count()} cores; median of {RUNS} runs\n")
        print("| contestant | runs | pages/s | of raw | CPU µs/page | peak MiB | missed | asked again | strange | stored | exit |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        print(f"| wrk (raw) | 1 | {raw:,.0f} | 1.000 | {cpu:,.0f} | {peak:.0f} | – | – | – | – | – |", flush=True)
        field = contestants(binary, nginx, work)
        results = {name: [] for name in field}
        for _ in range(RUNS):
            for name, contest in field.items():
                with tempfile.TemporaryDirectory(dir=work) as folder:
                    run = contest(pathlib.Path(folder))
                run.audit = audit(nginx.take_log(), site.manifest())
                if name == "crawld" and run.code:
                    print(f"bench: crawld ended with {run.code}: {run.output[-2000:]}", file=sys.stderr)
                results[name].append(run)
        for name, runs in results.items():
            row(name, runs, raw)
        good = all(run.code == 0 and run.audit[1:] == (0, 0, 0) and run.stored == PAGES for run in results["crawld"])
        return 0 if good else 1
    finally:
        nginx.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="crawld-bench.") as folder:
        sys.exit(main(os.path.abspath(sys.argv[1]), pathlib.Path(folder)))

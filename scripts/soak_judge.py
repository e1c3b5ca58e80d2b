"""Proves from the store, the exports and the logs of the sites what the soak test claims."""

import json
import statistics
import subprocess

from soak_daemon import DELAY_MS, JOBS, MOST
from soak_site import ITEMS, LETTERS, RETRY_AFTER, digest, entry, page, tips

# The daemon counts from the moment at which a request had been written; the kernel stamps it before.
JITTER_NS = 200_000
# A life that is weighed is at least this long, seconds; it may grow so much from its second quarter on.
WEIGHED, GROWTH, SPARE_KIB, SPARE_FILES = 60, 1.15, 4096, 8


class Verdict:
    def __init__(self):
        self.rows, self.good = [], True

    def row(self, what, found, is_good=True):
        self.rows.append((what, str(found), "ok" if is_good else "BREACH"))
        self.good &= is_good

    def show(self):
        width = max(len(what) for what, _, _ in self.rows)
        for what, found, word in self.rows:
            print(f"{what:<{width}}  {word:<6}  {found}")


def export(daemon, what, job):
    command = [daemon.program, "export", "--what", what, "--job", job, "--format", "jsonl",
               "--database", f"{daemon.folder}/crawld.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(daemon, sites, sizes, passes, storm, run):
    seed, minutes, took = run
    result = Verdict()
    result.row("run", f"{minutes:g} minutes of trouble, {took / 60:.1f} in all, seed {seed}")
    done = ", ".join(f"{name} {count}" for name, count in sorted(storm.done.items()))
    result.row("troubles", done)
    result.row("lives of the daemon", f"{daemon.lives}, {len(daemon.deaths)} ended by kill -9")
    result.row("passes begun", ", ".join(f"{job} {passes[job]}" for job in JOBS))
    result.row("answers of commands", storm.wrong or "as they should be", not storm.wrong)
    lost(result, daemon, sites, sizes)
    doubled(result, daemon, sites, passes)
    for name, site in sites.items():
        impolite(result, name, site, daemon.deaths)
    flat(result, daemon.samples)
    said(result, daemon)
    result.show()
    return result.good


def lost(result, daemon, sites, sizes):
    """Every URL, tip and item there is, once, and as it was served."""
    pages = {
        "docs": {sites["docs"].url(f"/p/{n}"): page(n, sizes["docs"]) for n in range(sizes["docs"])},
        "news": {sites["news"].url(f"/p/{n}"): page(n, sizes["news"]) for n in range(sizes["news"])},
        "list": {sites["docs"].url(f"/f/{n}"): entry(n) for n in range(sizes["list"])},
    }
    for job, bodies in pages.items():
        rows = export(daemon, "pages", job)
        wanted = {url: f"sha256:{digest(body)}" for url, body in bodies.items()}
        right = {row["url"] for row in rows if row["state"] == "done" and row["digest"] == wanted.get(row["url"])}
        found = f"{len(right)} of {len(wanted)} pages right, {len(rows) - len(wanted)} rows too many"
        result.row(f"{job}: nothing lost", found, len(right) == len(wanted) == len(rows))
    queries = [a + b + c for a in LETTERS for b in ["", *LETTERS] for c in ["", *LETTERS] if b or not c]
    rows = export(daemon, "suggestions", "tips")
    words = {word for query in queries for word in tips(query)}
    found = {row["text"] for row in rows}
    once = len(rows) == len({(row["query"], row["text"]) for row in rows})
    asked = [row for row in export(daemon, "pages", "tips") if row["state"] == "done"]
    good = found == words and once and len(asked) == len(queries)
    result.row("tips: nothing lost", f"{len(found)} of {len(words)} tips, {len(asked)} of {len(queries)} queries", good)
    rows = export(daemon, "items", "flats")
    titles = {row["title"] for row in rows}
    wanted = {f"offer {n}-{k}" for n in range(sizes["flats"]) for k in range(ITEMS)}
    good = titles == wanted and len(rows) == len(wanted)
    result.row("flats: nothing lost", f"{len(titles)} of {len(wanted)} items, {len(rows)} rows", good)


def doubled(result, daemon, sites, passes):
    """A URL is answered whole once a pass, but for what each death may cost."""
    allowed = 2 * MOST * len(daemon.deaths)
    spare, most = 0, 0
    for job, (site, start) in {"docs": ("docs", "/p/"), "list": ("docs", "/f/"), "news": ("news", "/p/"),
                               "tips": ("tips", "/s?"), "flats": ("flats", "/list/")}.items():
        counts = {}
        for asked in sites[site].log:
            if asked.whole and asked.status in (200, 304) and asked.path.startswith(start):
                counts[asked.path] = counts.get(asked.path, 0) + 1
        spare += sum(max(0, count - passes[job]) for count in counts.values())
        most += sum(counts.values())
    found = f"{spare} of {most} answers beyond one a pass; deaths may cost {allowed}"
    result.row("nothing doubled", found, spare <= allowed)


def impolite(result, name, site, deaths):
    """Starts at least the delay apart, one at a time, and nothing before Retry-After."""
    log = sorted(site.log, key=lambda asked: asked.begun)
    hurried, together, early, least = 0, 0, [], None
    for before, after in zip(log, log[1:]):
        gap = after.begun - before.begun
        least = gap if least is None else min(least, gap)
        hurried += gap < DELAY_MS * 1_000_000 - JITTER_NS
        together += before.ended is None or before.ended > after.begun
        died = any(before.begun <= death <= after.begun for death in deaths)
        wait = after.begun - (before.ended or 0)
        short = RETRY_AFTER * 1_000_000_000 - wait
        if before.status == 429 and not died and short > JITTER_NS:
            early.append(short)
    statuses = {}
    for asked in log:
        statuses[asked.status] = statuses.get(asked.status, 0) + 1
    found = (f"{len(log)} requests, least distance {(least or 0) / 1e6:.1f} ms; {hurried} too close, "
             f"{together} not alone, {len(early)} before Retry-After")
    if early:
        found += f" (by up to {max(early) / 1e6:.1f} ms)"
    result.row(f"{name}: polite", found, not (hurried or together or early))
    result.row(f"{name}: answers", ", ".join(f"{status or 'none'} {count}" for status, count in sorted(statuses.items())))


def flat(result, samples):
    """In the longest life, the last quarter against the second."""
    lives = {}
    for life, age, resident, files in samples:
        lives.setdefault(life, []).append((age, resident, files))
    longest = max(lives.values(), key=lambda seen: seen[-1][0])
    age = longest[-1][0]
    quarter = lambda n, column: statistics.median(
        seen[column] for seen in longest if n * age / 4 <= seen[0] <= (n + 1) * age / 4)
    for column, what, unit, spare in ((1, "memory", "KiB", SPARE_KIB), (2, "open files", "", SPARE_FILES)):
        second, last = quarter(1, column), quarter(3, column)
        most = max(seen[column] for seen in longest)
        found = f"{second:g} then {last:g} {unit}, {most} at most, in a life of {age:.0f} s"
        if age < WEIGHED:
            found = f"the longest life, {age:.0f} s, is too short to be weighed: let it run for longer"
        result.row(f"{what}: flat", found, age >= WEIGHED and last <= second * GROWTH + spare)


def said(result, daemon):
    lines = (daemon.folder / "log").read_text(errors="replace").splitlines()
    panics = [line for line in lines if "panic" in line]
    result.row("panics", panics[:3] or "none", not panics)
    errors = [line for line in lines if " ERROR " in line and "reload=" not in line]
    kinds = sorted({line.split(" ERROR ", 1)[1][:160] for line in errors})
    result.row("errors logged", kinds[:5] or "none but refused reloads", not errors)

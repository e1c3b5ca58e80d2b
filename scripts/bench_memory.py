"""Peak memory of a crawl that knows many URLs and asks few; called by scripts/bench-memory."""

import os
import pathlib
import sys
import tempfile

from local_site import Measured, Nginx, free_port

KNOWN = [int(number) for number in os.environ.get("KNOWN", "10000 100000 1000000").split()]
LIMIT = float(os.environ.get("LIMIT", "200"))
LINKS = int(os.environ.get("LINKS", "1000"))


def page(targets):
    rows = (f'<li><a href="{target}">{target}</a>\n' for target in targets)
    return "<!doctype html><title>list</title>\n" + "".join(rows)


def write(root, lists):
    """The root links every list, and each list pages that nothing else links."""
    root.mkdir()
    (root / "index.html").write_text(page(f"/l{number}.html" for number in range(lists)))
    for number in range(lists):
        targets = (f"/leaf/{number}/{leaf}/some-words-of-a-usual-length.html" for leaf in range(LINKS))
        (root / f"l{number}.html").write_text(page(targets))


def crawl(binary, known, work):
    lists = max(1, known // LINKS)
    write(work / "site", lists)
    nginx = Nginx(work / "nginx", work / "site", free_port())
    try:
        database = work / "memory.db"
        run = Measured(
            [binary, "crawl", nginx.url(), "--database", f"sqlite://{database}", "--delay", "0ms", "--per-host", "64",
             "--concurrency", "64", "--no-robots", "--quiet", "--max-pages", lists + 1],
            work,
        )
        asked = len(nginx.take_log())
        if run.code or asked != lists + 1:
            sys.exit(f"bench-memory: exit {run.code}, {asked} pages asked of {lists + 1}: {run.output[-2000:]}")
        size = sum(file.stat().st_size for file in work.glob("memory.db*")) / 2**20
        urls = lists * (LINKS + 1) + 1
        print(f"| {urls:,} | {asked:,} | {run.peak:.0f} | {run.cpu * 1e6 / urls:.1f} | {run.wall:.1f} | {size:.0f} |", flush=True)
        return run.peak
    finally:
        nginx.stop()


def main(binary):
    print("| known URLs | pages asked | peak MiB | CPU µs per URL | wall s | database MiB |")
    print("|---|---|---|---|---|---|")
    peaks = []
    for known in KNOWN:
        with tempfile.TemporaryDirectory(prefix="crawld-memory.") as folder:
            peaks.append(crawl(binary, known, pathlib.Path(folder)))
    return 0 if max(peaks) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))

"""CPU of an exhaustive harvest per query, over an endpoint that answers at once; called by
scripts/bench. A quarter of the queries show four tips, three of them their own: about as dense as
the answers of the shop that the first of the replaced systems asked."""

import csv
import io
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from local_site import Measured, Nginx, free_port

LENGTH = int(os.environ.get("LENGTH", "3"))
RUNS = int(os.environ.get("RUNS", "3"))
IN_FLIGHT = os.environ.get("IN_FLIGHT", "256")
LETTERS, SHOWING, TIPS = 36, "[a-i]", 4

MAP = """
    map $arg_q $tips {{
        default '[]';
        "~^{showing}" '{{"query":["$arg_q one","$arg_q two","$arg_q three","common {letter}"]}}';
    }}
"""
LOCATION = """
        location /suggest { default_type application/json; return 200 $tips; }
"""


def harvest(binary, nginx, folder):
    database = f"sqlite://{folder}/bench.db"
    run = Measured(
        [binary, "suggest", nginx.url("/suggest?q={query}"), "--tips", "$.query[*]", "--max-length", LENGTH,
         "--database", database, "--delay", "0ms", "--per-host", IN_FLIGHT, "--concurrency", IN_FLIGHT, "--no-robots", "--quiet"],
        folder,
    )
    export = subprocess.run(
        [binary, "export", "--what", "suggestions", "--format", "csv", "--database", database],
        capture_output=True, text=True,
    )
    run.stored = sum(1 for _ in csv.DictReader(io.StringIO(export.stdout)))
    return run


def main(binary, work):
    queries = sum(LETTERS**length for length in range(1, LENGTH + 1))
    nginx = Nginx(work / "nginx", work, free_port(), MAP.format(showing=SHOWING, letter="tip"), LOCATION)
    runs, good = [], True
    try:
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory(dir=work) as folder:
                run = harvest(binary, nginx, folder)
            asked = [path for _, path, status in nginx.take_log() if status == 200]
            run.exact = len(asked) == len(set(asked)) == queries and run.stored == queries // 4 * TIPS
            if run.code or not run.exact:
                print(f"bench: exit {run.code}, {len(asked)} asked, {run.stored} stored: {run.output[-2000:]}", file=sys.stderr)
            good &= run.code == 0 and run.exact
            runs.append(run)
    finally:
        nginx.stop()
    middle = lambda key: statistics.median(key(run) for run in runs)
    print(f"\n{queries:,} queries, exhaustive, at most {IN_FLIGHT} in flight; median of {RUNS} runs\n")
    print("| queries/s | CPU µs/query | peak MiB | every query once, every tip stored |")
    print("|---|---|---|---|")
    print(f"| {middle(lambda run: queries / run.wall):,.0f} | {middle(lambda run: run.cpu * 1e6 / queries):,.1f} "
          f"| {max(run.peak for run in runs):.0f} | {'yes' if good else 'no'} |")
    return 0 if good else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="crawld-bench.") as folder:
        sys.exit(main(os.path.abspath(sys.argv[1]), pathlib.Path(folder)))

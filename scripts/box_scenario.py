"""Runs the checks of box_checks*.py, each in a fresh box, in all versions of systemd side by side.

Prints a line for each: version, requirement, `ok` or `FAIL`, seconds, what was shown; exits with 1 when
one failed.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import box
import box_checks_more  # registers its checks
from box_checks import CHECKS
from box_service import Service

OLDER = "0.0.9-1"
print_lock = threading.Lock()


def options():
    parser = argparse.ArgumentParser(prog="test-systemd run", description=__doc__)
    parser.add_argument("--package", type=pathlib.Path, help="default: the one in target/package")
    parser.add_argument("--older", type=pathlib.Path,
                        help=f"the package that is upgraded; default: the same one under the number {OLDER}")
    parser.add_argument("--only", nargs="*", default=[], help="requirements, or names of checks")
    parser.add_argument("--systemd", nargs="*", default=box.VERSIONS, choices=box.VERSIONS)
    parser.add_argument("--repeat", type=int, default=1)
    return parser.parse_args()


def newest_package():
    found = sorted(pathlib.Path("target/package").glob("crawld_*.deb"), key=lambda file: file.stat().st_mtime)
    if not found:
        sys.exit("there is no package: scripts/test-systemd package")
    return found[-1]


def renumbered(package, folder):
    """The same package under an older number."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = [f"Version: {OLDER}" if line.startswith("Version:") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    target = folder / "older.deb"
    subprocess.run(["dpkg-deb", "-Znone", "--build", tree, target], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return target


def takes_faults(package, folder):
    """Is it of a debug build, in which a fault can be ordered?"""
    tree = folder / "extracted"
    subprocess.run(["dpkg-deb", "--extract", package, tree], check=True)
    return b"CRAWLD_FAULTS" in (tree / "usr/bin/crawld").read_bytes()


def chosen(only):
    wanted = [entry for entry in CHECKS
              if not only or set(only) & {entry.function.__name__, *entry.requirement.split(", ")}]
    return wanted or sys.exit(f"no check of {only}")


def run(version, check, package, older):
    """Whether it held."""
    began, failure = time.monotonic(), None
    try:
        with box.Box(version) as here:
            service = Service(here)
            service.package, service.older = package, older
            try:
                service.install(package)
                check.function(service)
            except Exception as error:
                failure = "".join(traceback.format_exception(error)[-2:]) + service.tail()
            service.down()
    except Exception as error:
        failure = (failure or "") + f"the box: {error}"
    with print_lock:
        verdict = "FAIL" if failure else "ok  "
        print(f"{version} {check.requirement:8} {verdict} {time.monotonic() - began:5.1f} s  "
              f"{check.function.__name__}: {check.what}", flush=True)
        if failure:
            print("    " + failure.strip().replace("\n", "\n    "), flush=True)
    return failure is None


def main():
    chosen_options = options()
    package = chosen_options.package or newest_package()
    held = []
    with tempfile.TemporaryDirectory() as folder:
        older = chosen_options.older or renumbered(package, pathlib.Path(folder))
        faulty = takes_faults(package, pathlib.Path(folder))
        if not faulty:
            print("left out, for want of a debug build:", *(c.function.__name__ for c in CHECKS if c.faults))

        checks = [check for check in chosen(chosen_options.only) if faulty or not check.faults]

        def all_of(version):
            for check in checks * chosen_options.repeat:
                if check.only in (None, version):
                    held.append(run(version, check, package, older))

        threads = [threading.Thread(target=all_of, args=[version]) for version in chosen_options.systemd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"{sum(held)} of {len(held)} held, {package.name}")
    sys.exit(0 if held and all(held) else 1)


main()

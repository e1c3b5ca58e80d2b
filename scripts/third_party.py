"""Writes the licences of all libraries that the program holds to a file: third_party.py FILE"""

import json
import pathlib
import re
import subprocess
import sys

LICENCE = re.compile(r"(?i)^(licen[cs]e|copying|copyright|notice|unlicense)")


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]
    return json.loads(subprocess.check_output(command))


def linked(meta):
    """The ids of what the program is linked with: not what only builds or tests it."""
    nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
    found, todo = set(), [meta["resolve"]["root"]]
    while todo:
        at = todo.pop()
        if at in found:
            continue
        found.add(at)
        for dep in nodes[at]["deps"]:
            if any(kind["kind"] is None for kind in dep["dep_kinds"]):
                todo.append(dep["pkg"])
    return found - {meta["resolve"]["root"]}


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.rglob("*") if file.is_file() and LICENCE.match(file.name))
    for file in files:
        if file.suffix.lower() in ("", ".md", ".txt", ".apache", ".mit") or file.name.startswith("LICENSE"):
            yield file.relative_to(folder), file.read_text(errors="replace").strip()


def main(target):
    meta = metadata()
    wanted = linked(meta)
    packages = sorted((p for p in meta["packages"] if p["id"] in wanted), key=lambda p: (p["name"], p["version"]))
    known = {}
    with open(target, "w") as out:
        for package in packages:
            who = f"{package['name']} {package['version']}"
            print("=" * 78, f"{who}: {package['license'] or 'see below'}", sep="\n", file=out)
            print(f"by {', '.join(package['authors']) or 'its authors'}", file=out)
            for name, text in texts(package):
                if text in known:
                    print(f"\n{name}: the same text as {known[text]}", file=out)
                else:
                    known[text] = f"{name} of {who}"
                    print(f"\n{name}:\n\n{text}", file=out)
    print(f"{len(packages)} libraries", file=sys.stderr)


main(sys.argv[1])

"""Compares a crawl of a folder of HTML with a walk over its files; called by scripts/docsites."""

import csv
import html.parser
import io
import pathlib
import re
import subprocess
import sys
import tempfile
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from local_site import Measured, Nginx, audit, free_port

RELATIONS = {"next", "prev", "previous", "alternate", "canonical"}
UNRESERVED = re.compile(r"%([0-9A-Fa-f]{2})")
HTML = {".html", ".htm"}


class Links(html.parser.HTMLParser):
    """The references of a page that a crawler follows, in the words of the contract."""

    def __init__(self, url):
        super().__init__(convert_charrefs=True)
        self.base, self.based, self.found, self.nofollow = url, False, [], False

    def handle_starttag(self, tag, pairs):
        have = {name: value or "" for name, value in reversed(pairs)}
        relations = set(have.get("rel", "").lower().split())
        if tag == "base" and "href" in have and not self.based:
            self.base, self.based = urljoin(self.base, have["href"].strip()), True
        elif tag in ("a", "area") and "href" in have and "nofollow" not in relations:
            self.found.append(have["href"])
        elif tag == "link" and "href" in have and relations & RELATIONS and "nofollow" not in relations:
            self.found.append(have["href"])
        elif tag in ("frame", "iframe") and "src" in have:
            self.found.append(have["src"])
        elif tag == "meta":
            self.meta(have)

    def meta(self, have):
        content = have.get("content", "")
        if have.get("name", "").lower() in ("robots", "crawld"):
            self.nofollow |= bool({"nofollow", "none"} & set(re.split(r"[\s,]+", content.lower())))
        target = re.match(r"\s*[\d.]*\s*[;,]?\s*url\s*=\s*['\"]?([^'\"]+)", content, re.I)
        if have.get("http-equiv", "").lower() == "refresh" and target:
            self.found.append(target[1])

    handle_startendtag = handle_starttag


def canonical(url):
    """The RFC 3986 equivalences as far as these files need them."""
    def decoded(match):
        char = chr(int(match[1], 16))
        return char if char.isascii() and (char.isalnum() or char in "-._~") else match[0].upper()

    parts = urlsplit(urldefrag(url)[0])
    text = UNRESERVED.sub(decoded, quote(parts.path or "/", safe="/%!$&'()*+,;=:@-._~[]|^\\"))
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{text}" + (f"?{parts.query}" if parts.query else "")


def links(url, text):
    parser = Links(url)
    parser.feed(text)
    parser.close()
    if parser.nofollow:
        return
    for reference in parser.found:
        reference = re.sub(r"[\t\n\r]", "", reference.strip())
        if not reference:
            continue
        target = urljoin(parser.base, reference)
        if urlsplit(target).scheme in ("http", "https"):
            yield canonical(target)


def walk(root, start):
    """What the web server would answer, by URL: done, failed or redirected."""
    known, queue = {}, [start]
    host = urlsplit(start).netloc
    while queue:
        url = queue.pop()
        if url in known or urlsplit(url).netloc != host:
            continue
        path = unquote(urlsplit(url).path)
        file = root / path.lstrip("/")
        if path.endswith("/"):
            file = file / "index.html"
        elif file.is_dir():
            known[url] = "redirected"
            queue.append(url.split("?")[0] + "/" + (f"?{urlsplit(url).query}" if urlsplit(url).query else ""))
            continue
        known[url] = "done" if file.is_file() else "failed"
        if file.is_file() and file.suffix in HTML:
            queue.extend(links(url, file.read_text(errors="replace")))
    return known


def crawl(binary, nginx, work):
    database = f"sqlite://{work}/docs.db"
    run = Measured(
        [binary, "crawl", nginx.url(), "--database", database, "--delay", "0ms", "--per-host", "32",
         "--concurrency", "32", "--quiet"],
        work,
    )
    if run.code:
        sys.exit(f"docsites: crawld ended with {run.code}: {run.output[-2000:]}")
    export = subprocess.run(
        [binary, "export", "--what", "pages", "--format", "csv", "--database", database],
        capture_output=True, text=True, check=True,
    )
    return {row["url"]: row["state"] for row in csv.DictReader(io.StringIO(export.stdout))}, run


def differences(walked, crawled):
    for url in sorted(walked.keys() | crawled.keys()):
        ours, theirs = crawled.get(url, "unknown"), walked.get(url, "unknown")
        if ours != theirs:
            yield f"{url}: crawld says {ours}, the files say {theirs}"


def main(binary, name, root):
    root = pathlib.Path(root)
    with tempfile.TemporaryDirectory(prefix="crawld-docs.") as folder:
        work = pathlib.Path(folder)
        nginx = Nginx(work / "nginx", root, free_port())
        try:
            walked = walk(root, nginx.url())
            crawled, run = crawl(binary, nginx, work)
            log = nginx.take_log()
        finally:
            nginx.stop()
    found = list(differences(walked, crawled))
    states = {state: list(crawled.values()).count(state) for state in sorted(set(crawled.values()))}
    pages = [urlsplit(url).path for url, state in walked.items() if state == "done" and "?" not in url]
    _, missed, again, _ = audit(log, pages)
    print(f"{name}: {len(walked)} URLs by the files, {len(crawled)} by crawld {states}, {run.wall:.1f} s; "
          f"server's log: {missed} missed, {again} asked again; {len(found)} differences", flush=True)
    for line in found[:40]:
        print(f"  {line}")
    return 1 if found or missed or again else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

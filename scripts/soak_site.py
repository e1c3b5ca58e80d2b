"""The sites of the soak test: each a host of its own on loopback, of known content, that misbehaves
when told to, and writes down when each request came, as the kernel saw it, and when it was over."""

import hashlib
import json
import random
import select
import socket
import struct
import threading
import time
import urllib.parse

SO_TIMESTAMPNS = 35
LETTERS = "abcdef"
ITEMS = 12
RETRY_AFTER = 1
WORST = {"calm": 0.0, "moody": 0.25, "broken": 0.9}


class Asked:
    """One request: nanoseconds of its arrival and its end, what was asked and what was answered."""

    __slots__ = ("begun", "ended", "path", "status", "whole")

    def __init__(self, begun, path):
        self.begun, self.ended, self.path, self.status, self.whole = begun, None, path, 0, False


def page(number, pages):
    """Links to three pages of a tree of all pages, and to some others."""
    near = [3 * number + 1 + n for n in range(3)]
    far = [(number * 31 + n * 977) % pages for n in range(6)]
    links = "".join(f'<a href="/p/{n}">{n}</a> ' for n in near + far if n < pages)
    return f"<title>page {number}</title><p>{links}</p>{'filling ' * 120}{number}".encode()


def tips(query):
    """What an endpoint completes: every word of four letters that begins with the query, cut at ten."""
    tail = 4 - len(query)
    words = [query + "".join(LETTERS[n // len(LETTERS) ** k % len(LETTERS)] for k in range(tail)) for n in range(10)]
    return sorted(set(words))


def entry(number):
    return f'<title>entry {number}</title><a href="/never/{number}">x</a>'.encode()


def listing(number, listings):
    items = "".join(f'<div class="offer"><h2>offer {number}-{n}</h2><b>{number * 100 + n}</b></div>' for n in range(ITEMS))
    following = f'<a class="next" href="/list/{number + 1}">next</a>' if number + 1 < listings else ""
    return f"<title>list {number}</title>{items}{following}".encode()


class Site:
    """A server on a port of its own: a host, as a crawler sees it."""

    def __init__(self, name, content, seed):
        self.name, self.content, self.luck = name, content, random.Random(seed)
        self.log, self.lock, self.mood = [], threading.Lock(), "calm"
        self.listener, self.port, self.open = None, 0, set()
        self.listen()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port, self.listener = listener.getsockname()[1], listener
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def refuse(self):
        """Connections are refused from now on, and those that are open are reset."""
        with self.lock:
            listener, self.listener = self.listener, None
            torn = list(self.open)
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in torn:
            reset(connection)

    def be(self, mood):
        if mood == "gone":
            self.refuse()
            return
        self.mood = mood
        if self.listener is None:
            self.listen()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            while self.serve_one(connection):
                pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    def serve_one(self, connection):
        """Answers one request; False: the connection is done with."""
        data, begun = b"", None
        while b"\r\n\r\n" not in data:
            more, ancillary, _, _ = connection.recvmsg(65536, 256)
            if not more:
                return False
            begun = begun or arrival(ancillary)
            data += more
        path = data.split(b" ", 2)[1].decode()
        asked = Asked(begun, path)
        with self.lock:
            self.log.append(asked)
        try:
            return self.answer(connection, asked, data)
        finally:
            # Before a caller can know that the answer is over, if it is whole.
            asked.ended = asked.ended or time.time_ns()

    def answer(self, connection, asked, data):
        whim = self.luck.random() / max(WORST[self.mood], 1e-9)
        if whim < 0.15 and gone(connection, self.luck.uniform(0.2, 1.5)):
            return False
        if 0.15 <= whim < 0.25:
            reset(connection)
            return False
        if 0.25 <= whim < 0.6 and not asked.path.endswith("robots.txt"):
            return self.send(connection, asked, *self.luck.choice(FAULTS))
        status, kind, body = self.content(asked.path)
        if status == 200 and digest(body)[:16].encode() in data:
            return self.send(connection, asked, 304, kind, b"")
        if 0.6 <= whim < 0.8:
            asked.status = status
            connection.sendall(head(status, kind, len(body)) + body[: len(body) // 2])
            return False
        return self.send(connection, asked, status, kind, body)

    def send(self, connection, asked, status, kind, body):
        asked.status = status
        message = head(status, kind, len(body), 'ETag: "%s"\r\n' % digest(body)[:16]) + body
        connection.sendall(message[:-1])
        asked.ended = time.time_ns()
        asked.whole = True
        connection.sendall(message[-1:])
        return True


FAULTS = [
    (500, "text/plain", b"broken"),
    (503, "text/plain", b"busy"),
    (429, "text/plain", b"slow down"),
]


def head(status, kind, length, more=""):
    wait = f"Retry-After: {RETRY_AFTER}\r\n" if status == 429 else ""
    return f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{wait}{more}\r\n".encode()


def digest(body):
    return hashlib.sha256(body).hexdigest()


def reset(connection):
    """Closes without a word: the other side gets a reset."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass


def gone(connection, seconds):
    """Waits so long; True as soon as the caller has gone."""
    readable, _, _ = select.select([connection], [], [], seconds)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


def arrival(ancillary):
    """When the kernel took the bytes in, Unix nanoseconds."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return seconds * 1_000_000_000 + nanoseconds
    return time.time_ns()


def plain(path):
    """The content of every host: what is asked for decides alone."""
    if path == "/robots.txt":
        return 200, "text/plain", b"User-agent: *\nDisallow: /never\n"
    return 404, "text/plain", b"nothing"


def docs(pages):
    def content(path):
        kind, _, number = path.strip("/").partition("/")
        if kind == "p" and number.isdigit() and int(number) < pages:
            return 200, "text/html", page(int(number), pages)
        if kind == "f" and number.isdigit():
            return 200, "text/html", entry(int(number))
        return plain(path)

    return content


def endpoint(path):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query).get("q")
    return (200, "application/json", json.dumps(tips(query[0])).encode()) if query else plain(path)


def shop(listings):
    def content(path):
        kind, _, number = path.strip("/").partition("/")
        if kind == "list" and number.isdigit() and int(number) < listings:
            return 200, "text/html", listing(int(number), listings)
        return plain(path)

    return content

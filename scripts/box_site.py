"""What the service is tried on, inside a box: a web site by HTTP and HTTPS, and a name server that has one
answer for every name: 127.0.0.1.

    box_site.py LOG [CERTIFICATE KEY]

/COUNT/WAIT/ is a site of COUNT pages, /COUNT/WAIT/N, each answered after WAIT milliseconds; every page links
to four others, so that all of them can be reached. LOG gets a line for each request: the seconds, and
scheme://host/path.
"""

import http.server
import socket
import ssl
import struct
import sys
import threading
import time

HTTP, HTTPS, DNS = 8080, 8443, 53


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet.
    wbufsize = 1 << 16
    scheme, log = "http", None

    def do_GET(self):
        print(f"{time.time():.3f} {self.scheme}://{self.headers['Host']}{self.path}", file=self.log, flush=True)
        words = self.path.split("/")
        if len(words) != 4 or not words[1].isdigit() or not words[2].isdigit():
            return self.answer(404, "nothing here")
        count, wait, number = int(words[1]), int(words[2]), int(words[3] or 0)
        if number >= count:
            return self.answer(404, "no such page")
        time.sleep(wait / 1000)
        links = range(number * 4 + 1, min(number * 4 + 5, count))
        text = "".join(f'<a href="/{count}/{wait}/{link}">page {link}</a> ' for link in links)
        self.answer(200, f"<html><title>Page {number}</title><p>{text}")

    def answer(self, status, text):
        body = text.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that was killed in mid-request is what these tests are about."""


def names():
    """Answers every question for an address with 127.0.0.1, every other one with nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", DNS))
        while True:
            query, client = server.recvfrom(4096)
            end = query.index(0, 12) + 5
            question, kind = query[12:end], struct.unpack("!H", query[end - 4:end - 2])[0]
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\x7f\0\0\1" if kind == 1 else b""
            server.sendto(query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if answer else 0, 0, 0) + question + answer, client)


def main(log, certificate=None, key=None):
    Pages.log = open(log, "a")
    servers = [Server(("127.0.0.1", HTTP), Pages)]
    if certificate:
        secure = Server(("127.0.0.1", HTTPS), type("SecurePages", (Pages,), {"scheme": "https"}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
        servers.append(secure)
    threading.Thread(target=names, daemon=True).start()
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])

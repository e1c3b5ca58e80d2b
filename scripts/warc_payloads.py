"""What warcio finds in archives: {URL: [HTTP status, sha256 of the payload as recorded]} as JSON.

Every digest is verified on the way. Usage: warc_payloads.py FILE...
"""

import hashlib
import json
import sys

from warcio.archiveiterator import ArchiveIterator


def payloads(names):
    found = {}
    for name in names:
        with open(name, "rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                body = record.raw_stream.read()
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    status = int(record.http_headers.get_statuscode())
                    found[url] = [status, "sha256:" + hashlib.sha256(body).hexdigest()]
    return found


json.dump(payloads(sys.argv[1:]), sys.stdout)

//! Requests and responses as records keep them.

/// Headers of a request whose values are secrets.
const SECRET: [&[u8]; 3] = [b"authorization", b"cookie", b"proxy-authorization"];
/// Stands where a secret stood.
const LEFT_OUT: &[u8] = b"(left out)";
/// Begins the name of a header that no longer holds for the body as it is recorded.
const OUTDATED: &[u8] = b"X-Crawler-";

/// A response for a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Head and body.
    pub block: Vec<u8>,
    /// Length of the head.
    pub head: usize,
}

/// A request without its secrets.
#[must_use]
pub fn request_block(sent: &[u8]) -> Vec<u8> {
    let mut block = Vec::with_capacity(sent.len());
    let (head, body) = split(sent);
    for line in lines(head) {
        match name(line) {
            Some(name) if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
                block.extend_from_slice(name);
                block.extend_from_slice(b": ");
                block.extend_from_slice(LEFT_OUT);
                block.extend_from_slice(b"\r\n");
            }
            _ => block.extend_from_slice(line),
        }
    }
    block.extend_from_slice(body);
    block
}

/// A response whose body has no transfer coding any more: if it had one, the headers that told its
/// framing get other names and the length of the body takes their place.
#[must_use]
pub fn response_block(head: &[u8], body: &[u8]) -> Answer {
    let coded = |line| name(line).is_some_and(|n| n.eq_ignore_ascii_case(b"transfer-encoding"));
    let mut block = Vec::with_capacity(head.len() + body.len() + 64);
    if lines(head).any(coded) {
        for line in lines(head) {
            let framing = name(line).is_some_and(|name| {
                name.eq_ignore_ascii_case(b"transfer-encoding")
                    || name.eq_ignore_ascii_case(b"content-length")
            });
            if framing {
                block.extend_from_slice(OUTDATED);
            } else if line.trim_ascii().is_empty() {
                block.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
            }
            block.extend_from_slice(line);
        }
    } else {
        block.extend_from_slice(head);
    }
    let head = block.len();
    block.extend_from_slice(body);
    Answer { block, head }
}

/// The head with its empty line, and the rest.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n");
    message.split_at(end.map_or(message.len(), |at| at + 4))
}

/// Lines with their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split_inclusive(|byte| *byte == b'\n')
}

/// The name of a header line; `None` for other lines.
fn name(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    line.get(..colon).map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_request_are_left_out_however_they_are_spelled() {
        let sent =
            b"GET /?cookie=1 HTTP/1.1\r\nHost: h\r\ncookie: a=b\r\nAUTHORIZATION:Basic x\r\n\
            Proxy-Authorization : y\r\nX-Cookie: z\r\n\r\nCookie: body";
        let kept = b"GET /?cookie=1 HTTP/1.1\r\nHost: h\r\ncookie: (left out)\r\n\
            AUTHORIZATION: (left out)\r\nProxy-Authorization: (left out)\r\nX-Cookie: z\r\n\r\n\
            Cookie: body";
        assert_eq!(String::from_utf8_lossy(&request_block(sent)), String::from_utf8_lossy(kept));
    }

    #[test]
    fn a_response_that_was_chunked_tells_its_length_instead() {
        let head =
            b"HTTP/1.1 200 OK\r\nA: b\r\ntransfer-encoding: chunked\r\nContent-Length: 9\r\n\r\n";
        let answer = response_block(head, b"body!");
        let expected = "HTTP/1.1 200 OK\r\nA: b\r\nX-Crawler-transfer-encoding: chunked\r\n\
            X-Crawler-Content-Length: 9\r\nContent-Length: 5\r\n\r\nbody!";
        assert_eq!(String::from_utf8_lossy(&answer.block), expected);
        assert_eq!(&answer.block[answer.head..], b"body!");
    }

    #[test]
    fn any_other_response_stays_as_it_came() {
        for head in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Odd:\xff\r\n\r\n"[..],
            b"HTTP/1.0 404 \n\n",
            b"",
        ] {
            let answer = response_block(head, b"body!");
            assert_eq!(answer.block, [head, b"body!"].concat());
            assert_eq!(answer.head, head.len());
        }
    }
}

//! Answers that are no HTTP, or odd HTTP.

use std::time::Duration;

use crate::case::End::{Done, Failed};
use crate::case::{Case, page, then_close};
use crate::raw_server::{Act, send};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n";

pub(crate) fn cases() -> Vec<Case> {
    [no_head(), bad_heads(), odd_heads(), lengths(), chunks()].into_iter().flatten().collect()
}

/// A short page behind this head.
fn whole(head: &str) -> Vec<Act> {
    then_close(format!("{head}Content-Length: 20\r\n\r\n<title>whole</title>"))
}

fn bad(path: &str, what: &'static str, bytes: impl AsRef<[u8]>) -> Case {
    Case::new(path, what, then_close(bytes), Failed("bad_http"))
}

fn good(path: &str, what: &'static str, acts: Vec<Act>) -> Case {
    Case::new(path, what, acts, Done).titled("whole")
}

fn no_head() -> Vec<Case> {
    let drip = |text: &str| {
        let piece = |byte: u8| [Act::Send(vec![byte]), Act::Pause(Duration::from_millis(250))];
        text.bytes().flat_map(piece).collect()
    };
    vec![
        Case::new("/head/none", "closes without a word", vec![Act::Close], Failed("closed")),
        Case::new("/head/reset", "resets the connection", vec![Act::Reset], Failed("reset")),
        Case::new("/head/silent", "says nothing", vec![Act::Hold], Failed("timeout_head")),
        Case::new(
            "/head/drip",
            "sends its head a byte every 250 ms",
            drip(&format!("{OK}X: {}", "x".repeat(1000))),
            Failed("timeout_head"),
        ),
        Case::new(
            "/head/cut",
            "closes in the middle of the head",
            then_close("HTTP/1.1 200 OK\r\nContent-Le"),
            Failed("closed"),
        ),
        bad("/head/garbage", "sends bytes of chance", b"\x00\x01\xfe\xff\x80garbage\r\n\r\n"),
        bad("/head/ssh", "speaks SSH", "SSH-2.0-OpenSSH_9.9\r\n"),
        bad("/head/icy", "speaks ICY", "ICY 200 OK\r\n\r\n<title>no</title>"),
        bad("/head/http09", "speaks HTTP/0.9", "<html><title>no</title></html>"),
        bad("/head/http2", "speaks HTTP/2", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04"),
    ]
}

fn bad_heads() -> Vec<Case> {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let cookies = |n: usize| (0..n).map(|i| format!("Set-Cookie: c{i}={i}; Path=/\r\n"));
    vec![
        bad("/head/status", "has no status", "HTTP/1.1 \r\n\r\n"),
        bad("/head/status-word", "has a word as status", "HTTP/1.1 fine OK\r\n\r\n"),
        bad("/head/no-colon", "has a header without a colon", format!("{OK}nothing\r\n\r\n")),
        bad("/head/name", "has a space in a header's name", format!("{OK}Na me: x\r\n\r\n")),
        bad("/head/nul", "has a NUL in a header", whole_text(&format!("{OK}X: a\0b\r\n"))),
        bad("/head/huge", "has a header of 1 MB", format!("{OK}X: {}", "x".repeat(1_000_000))),
        good(
            "/head/cookies",
            "sets 10,000 cookies",
            whole(&format!("{OK}{}", cookies(10_000).collect::<String>())),
        ),
        bad("/head/interim", "sends 1,000 interim heads", interim.repeat(1000)),
        bad(
            "/head/upgrade",
            "switches protocols unasked",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        ),
        Case::new(
            "/head/few-cookies",
            "sets 80 cookies",
            whole(&format!("{OK}{}", cookies(80).collect::<String>())),
            Done,
        ),
    ]
}

fn whole_text(head: &str) -> String {
    format!("{head}Content-Length: 20\r\n\r\n<title>whole</title>")
}

fn odd_heads() -> Vec<Case> {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </no>; rel=next\r\n\r\n";
    vec![
        good("/head/early", "hints early", whole(&format!("{early}{OK}"))),
        good("/head/bare-lf", "ends lines with a bare LF", whole_lf()),
        good("/head/folded", "folds a header", whole(&format!("{OK}X: a\r\n\tb\r\n"))),
        good("/head/blank", "begins with blank lines", whole(&format!("\r\n\r\n{OK}"))),
        good("/head/no-reason", "has no reason phrase", {
            whole("HTTP/1.1 200\r\nContent-Type: text/html\r\n")
        }),
        good("/head/latin", "has header values that are no UTF-8", {
            let head = [OK.as_bytes(), b"X-Name: \xe4\xff\xfe\r\n"].concat();
            let rest = b"Content-Length: 20\r\n\r\n<title>whole</title>";
            then_close([&head[..], rest].concat())
        }),
        Case::new(
            "/head/no-content",
            "sends a body with 204",
            then_close("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n<a href=x"),
            Done,
        ),
        Case::new(
            "/head/999",
            "has the status 999",
            then_close("HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"),
            Failed("http_999"),
        ),
        good("/head/smuggled", "sends a second answer behind the first", {
            let second = whole_text(OK).replace("whole", "wrong");
            vec![send(whole_text(OK) + &second)]
        }),
    ]
}

fn whole_lf() -> Vec<Act> {
    then_close(whole_text(OK).replace("\r\n", "\n"))
}

fn lengths() -> Vec<Case> {
    let with = |length: &str| format!("{OK}{length}\r\n\r\n<title>no</title>");
    vec![
        Case::new(
            "/length/cut",
            "closes before the announced end",
            then_close(with("Content-Length: 1000")),
            Failed("truncated"),
        ),
        bad("/length/two", "has two lengths", with("Content-Length: 5\r\nContent-Length: 7")),
        bad("/length/negative", "has a negative length", with("Content-Length: -1")),
        bad("/length/word", "has a word as length", with("Content-Length: long")),
        bad("/length/over", "has a length of 25 digits", {
            with(&format!("Content-Length: {}", "9".repeat(25)))
        }),
        good("/length/none", "ends the body with the connection", {
            then_close(format!("{OK}\r\n<title>whole</title>"))
        }),
        Case::new("/length/zero", "sends no body", vec![page_of_nothing()], Done),
        Case::new(
            "/length/silent",
            "falls silent in the body",
            vec![send(with("Content-Length: 1000")), Act::Hold],
            Failed("timeout_idle"),
        ),
        Case::new(
            "/length/drip",
            "sends its body a byte every 500 ms, for ever",
            {
                let piece = [Act::Send(vec![b' ']), Act::Pause(Duration::from_millis(500))];
                let head = [send(with("Content-Length: 1000000"))];
                head.into_iter().chain((0..100).flat_map(|_| piece.clone())).collect()
            },
            Failed("timeout_total"),
        ),
        Case::new(
            "/length/never",
            "sends its body without an end",
            {
                let piece = Act::Send(vec![b' '; 1 << 20]);
                let head = [send(format!("{OK}\r\n"))];
                head.into_iter().chain((0..64).map(|_| piece.clone())).collect()
            },
            Failed("too_large"),
        ),
    ]
}

fn page_of_nothing() -> Act {
    send(format!("{OK}Content-Length: 0\r\n\r\n"))
}

fn chunks() -> Vec<Case> {
    let with = |body: &str| format!("{OK}Transfer-Encoding: chunked\r\n\r\n{body}");
    let cut =
        |path, what, body: &str| Case::new(path, what, then_close(with(body)), Failed("truncated"));
    vec![
        cut("/chunks/cut", "closes within a chunk", "ff\r\n<title>no"),
        cut("/chunks/no-end", "closes before the last chunk", "5\r\nhello\r\n"),
        bad("/chunks/size", "has a word as the size of a chunk", with("zz\r\nhello\r\n")),
        bad("/chunks/over", "has a chunk of 2^68 bytes", with("fffffffffffffffff\r\nhello")),
        bad("/chunks/long", "sends more than the size of a chunk", with("3\r\nhello\r\n0\r\n\r\n")),
        bad("/chunks/coding", "has an unknown transfer coding", {
            format!("{OK}Transfer-Encoding: rot13, chunked\r\n\r\n0\r\n\r\n")
        }),
        good("/chunks/trailer", "has chunk extensions and a trailer", {
            let body = "14;a=\"b\"\r\n<title>whole</title>\r\n0\r\nX: y\r\n\r\n";
            then_close(with(body))
        }),
        Case::new(
            "/chunks/single",
            "sends each byte in a chunk of its own",
            {
                let body: String = page_text().chars().map(|c| format!("1\r\n{c}\r\n")).collect();
                vec![send(with(&format!("{body}0\r\n\r\n")))]
            },
            Done,
        )
        .titled("single"),
        Case::new("/head/keep", "is healthy", vec![page("healthy", "")], Done).titled("healthy"),
    ]
}

fn page_text() -> String {
    "<!doctype html><title>single</title>".to_owned()
}

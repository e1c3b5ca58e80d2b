//! Statuses, traps and addresses.

use crate::case::End::{Done, Excluded, Failed};
use crate::case::{Case, answer, page};
use crate::raw_server::Act;

pub(crate) fn cases() -> Vec<Case> {
    [statuses(), waits(), addresses(), traps()].into_iter().flatten().collect()
}

fn status(status: &str, headers: &str) -> Vec<Act> {
    let headers = format!("Content-Type: text/html\r\n{headers}");
    vec![answer(status, &headers, "<title>status</title><a href=/no>x</a>")]
}

fn statuses() -> Vec<Case> {
    [
        ("/status/400", "400 Bad Request", "http_400"),
        ("/status/401", "401 Unauthorized", "http_401"),
        ("/status/403", "403 Forbidden", "http_403"),
        ("/status/404", "404 Not Found", "http_404"),
        ("/status/410", "410 Gone", "http_410"),
        ("/status/418", "418 I'm a teapot", "http_418"),
        ("/status/451", "451 Unavailable For Legal Reasons", "http_451"),
        ("/status/408", "408 Request Timeout", "http_408"),
        ("/status/425", "425 Too Early", "http_425"),
        ("/status/500", "500 Internal Server Error", "http_500"),
        ("/status/502", "502 Bad Gateway", "http_502"),
        ("/status/504", "504 Gateway Timeout", "http_504"),
    ]
    .map(|(path, line, reason)| {
        Case::new(path, "answers with this status", status(line, ""), Failed(reason))
    })
    .into()
}

fn waits() -> Vec<Case> {
    vec![Case::new("/wait/503", "is unavailable", status("503 Busy", ""), Failed("http_503"))]
}

fn addresses() -> Vec<Case> {
    let schemes = [
        "mailto:a@b",
        "javascript:x()",
        "data:,x",
        "ftp://127.0.0.1/",
        "file:///etc",
        "tel:1",
        "ws://127.0.0.1/",
        "blob:x",
        "about:blank",
        "http://",
        "http:///",
        "//",
        "http://h:0x/",
        "http://127.0.0.1:99999/",
        "http://[::1",
        "http://a b/",
        "http://%00/",
        "http://xn--/",
    ];
    let links: String = schemes.iter().map(|link| format!("<a href='{link}'>x</a>")).collect();
    let other = [
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://[::1]/",
        "//localhost/",
        "http://127.0.0.2/",
        "http://127.0.0.1:1/",
        "http://elsewhere.example/",
        "http://\u{202e}.example/",
    ];
    let away: String = other.iter().map(|link| format!("<a href='{link}'>x</a>")).collect();
    let of = |path: &str, what, title: &'static str, markup: &str| {
        Case::new(path, what, vec![page(title, markup)], Done).titled(title)
    };
    let odd = "<a href=' \t/found/con\ntr\tol '>x</a><a href='\\found\\slash'>x</a>\
        <a href='/found/%7Etilde/./x/../y#f'>x</a><a href='/found/\u{202e}exe'>x</a>\
        <a href='/found/bad%zz%'>x</a><a href='/found/\u{1b}[31m'>x</a>";
    vec![
        of("/address/schemes", "links what is neither http nor https", "schemes", &links),
        of("/address/away", "links addresses out of scope", "away", &away),
        of("/address/odd", "writes links oddly", "odd", odd)
            .to("/found/control", Done)
            .to("/found/slash", Done)
            .to("/found/~tilde/y", Done)
            .to("/found/%E2%80%AEexe", Done)
            .to("/found/bad%zz%", Done)
            .to("/found/%1B[31m", Done),
        Case::new("/forbidden/page", "is disallowed by robots.txt", vec![], Excluded("robots")),
        Case::new("/forbidden/later", "is disallowed behind 400 kB of rules", vec![], {
            Excluded("robots")
        }),
    ]
}

fn traps() -> Vec<Case> {
    let deep: String = (0..40).map(|n| format!("/s{n}")).collect();
    let query: String = (0..40).map(|n| format!("&p{n}=x")).collect();
    let excluded = |path: &str, what, reason| Case::new(path, what, vec![], Excluded(reason));
    vec![
        excluded("/trap/a/a/a/a/b", "repeats a segment", "trap_repeat"),
        excluded(&format!("/trap{deep}"), "has a path of 41 segments", "trap_depth"),
        excluded(&format!("/trap?x{query}"), "has 41 query parameters", "trap_query"),
        excluded(
            &format!("/trap/{}", "x".repeat(2000)),
            "has a URL over 2,000 bytes",
            "trap_length",
        ),
    ]
}

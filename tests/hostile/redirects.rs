//! Redirects that lead round, away or nowhere.

use crate::case::End::{Done, Excluded, Failed, Redirected};
use crate::case::{Case, End, answer, page, then_close};
use crate::raw_server::{Act, send};

fn redirect(location: &str) -> Vec<Act> {
    vec![answer("302 Found", &format!("Location: {location}\r\n"), "")]
}

fn to(path: &str, what: &'static str, location: &str, end: End) -> Case {
    Case::new(path, what, redirect(location), end)
}

pub(crate) fn cases() -> Vec<Case> {
    [round(), nowhere(), away(), odd()].into_iter().flatten().collect()
}

fn round() -> Vec<Case> {
    let hidden = |path, location, end| to(path, "", location, end);
    vec![
        to("/redirect/loop", "redirects in a ring of three", "/redirect/ring2", Redirected),
        hidden("/redirect/ring2", "/redirect/ring3", Redirected),
        hidden("/redirect/ring3", "/redirect/loop", Failed("redirect_loop")),
        to("/redirect/self", "redirects to itself", "#again", Failed("redirect_loop")),
        to("/redirect/chain", "redirects 5 times, 4 are allowed", "/redirect/2", Redirected),
        hidden("/redirect/2", "/redirect/3", Redirected),
        hidden("/redirect/3", "/redirect/4", Redirected),
        hidden("/redirect/4", "/redirect/5", Redirected),
        hidden("/redirect/5", "/redirect/6", Failed("redirect_limit")),
    ]
}

fn nowhere() -> Vec<Case> {
    let bad = |path, what, location| to(path, what, location, Failed("redirect_bad_target"));
    let none = Failed("redirect_no_location");
    vec![
        Case::new("/redirect/none", "has no Location", vec![answer("301 Moved", "", "")], none),
        to("/redirect/empty", "has an empty Location", "", none),
        Case::new(
            "/redirect/300",
            "offers a choice without Location",
            vec![answer("300 Multiple Choices", "", "<a href=/no>")],
            none,
        ),
        bad("/redirect/script", "redirects to a script", "javascript:alert(1)"),
        bad("/redirect/data", "redirects to data", "data:text/html,<script>x</script>"),
        bad("/redirect/file", "redirects to a file", "file:///etc/passwd"),
        bad("/redirect/ftp", "redirects to ftp", "ftp://127.0.0.1/"),
        bad("/redirect/no-host", "redirects to no host", "http://"),
        bad("/redirect/port", "redirects to port 99999", "http://example.com:99999/"),
        bad("/redirect/bracket", "redirects to half an address", "http://[::1/"),
    ]
}

fn away() -> Vec<Case> {
    let private = |path, what, location| to(path, what, location, Failed("redirect_private"));
    vec![
        private("/redirect/private", "redirects to a private address", "http://10.0.0.1/"),
        private("/redirect/metadata", "redirects to cloud metadata", "http://169.254.169.254/x"),
        private("/redirect/decimal", "redirects to 2130706434", "http://2130706434/"),
        private("/redirect/octal", "redirects to 0177.0.0.2", "http://0177.0.0.2/"),
        private("/redirect/mapped", "redirects to a mapped address", "http://[::ffff:7f00:2]/"),
        private("/redirect/local-port", "redirects to another local port", "http://127.0.0.1:1/"),
        to("/redirect/away", "redirects out of scope", "https://example.com/", Redirected),
    ]
}

fn odd() -> Vec<Case> {
    let long = format!("/found/{}", "x".repeat(60_000));
    let body = "x".repeat(200_000);
    let with_body = answer("302 Found", "Location: /found/behind-a-body\r\n", body);
    vec![
        to("/redirect/long", "redirects to a URL of 60 kB", &long, Redirected)
            .to(&long, Excluded("trap_length")),
        Case::new("/redirect/body", "redirects with a body of 200 kB", vec![with_body], Redirected)
            .to("/found/behind-a-body", Done),
        to("/redirect/relative", "redirects by a relative reference", "../found/up?a b#c", {
            Redirected
        })
        .to("/found/up?a%20b", Done),
        to("/redirect/backslash", "redirects by backslashes", "\\found\\back", Redirected)
            .to("/found/back", Done),
        Case::new(
            "/redirect/latin",
            "has a Location that is no UTF-8",
            {
                let head =
                    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /found/l\xe9\r\n\r\n";
                then_close(head)
            },
            Redirected,
        )
        .to("/found/l%EF%BF%BD", Done),
        Case::new(
            "/redirect/two",
            "has two Locations",
            {
                let headers = "Location: /found/first\r\nLocation: /found/second\r\n";
                vec![answer("302 Found", headers, "")]
            },
            Redirected,
        )
        .to("/found/first", Done),
        Case::new(
            "/redirect/refresh",
            "refreshes into a script",
            vec![page("refresh", "<meta http-equiv=refresh content='0;url=javascript:x'>")],
            Done,
        )
        .titled("refresh"),
        Case::new(
            "/redirect/silent",
            "redirects, then holds the line",
            {
                vec![
                    send(
                        "HTTP/1.1 302 Found\r\nContent-Length: 9\r\nLocation: /found/line\r\n\r\n",
                    ),
                    Act::Hold,
                ]
            },
            Redirected,
        )
        .to("/found/line", Done),
    ]
}

//! The hostile site: a chain of healthy steps, each with a link to one misbehaviour, and traps
//! without an end behind the last.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::case::{Case, End, answer, page};
use crate::raw_server::{Act, Asked, RawServer};
use crate::{answers, bodies, coding, framing, redirects};

/// Traps that go on for ever: where they begin, and what the server does.
pub(crate) const ENDLESS: [(&str, &str); 5] = [
    ("/calendar", "links the next month, for ever"),
    ("/maze", "has a new session id in each link"),
    ("/grow", "links a path one segment longer"),
    ("/self", "puts its own address into a query"),
    ("/twice", "links itself by a relative path"),
];

/// Every case in the order of the steps: those that break off have a milder one between them, and
/// those that slow the host come late with five, so that it is slowed now and then, but not for ever.
pub(crate) fn cases() -> Vec<Case> {
    let all = [framing::cases(), coding::cases(), redirects::cases(), bodies::cases()];
    let all = all.into_iter().flatten().chain(answers::cases());
    let (breaking, mild): (Vec<_>, Vec<_>) = all.partition(|case| case.end.breaks());
    let (slow, quick): (Vec<_>, Vec<_>) = breaking.into_iter().partition(|case| case.end.slows());
    let mut mild = mild.into_iter();
    let mut order = Vec::new();
    for (cases, between) in [(quick, 1), (slow, 5)] {
        for case in cases {
            order.push(case);
            order.extend(mild.by_ref().take(between));
        }
    }
    order.extend(mild);
    order
}

/// How many steps there are: cases that are linked rather than come by a redirect.
pub(crate) fn steps(cases: &[Case]) -> usize {
    linked(cases).count()
}

/// Serves the cases.
pub(crate) fn open(cases: Arc<Vec<Case>>) -> RawServer {
    let robots = robots();
    RawServer::start(move |asked| {
        if let Some(case) = cases.iter().find(|case| case.path == asked.path()) {
            return case.acts.clone();
        }
        vec![other(&cases, asked, &robots)]
    })
}

/// Steps, leaves, endless traps and robots.txt, which is behind three redirects.
fn other(cases: &[Case], asked: &Asked, robots: &str) -> Act {
    let path = asked.path();
    let to = |path| answer("301 Moved", &format!("Location: {path}\r\n"), "");
    match path {
        "/" => page("root", "<a href=/step/1>on</a>"),
        "/robots.txt" => to("/robots/1"),
        "/robots/1" => to("/robots/2"),
        "/robots/2" => to("/robots/3"),
        "/robots/3" => answer("200 OK", "Content-Type: text/plain\r\n", robots),
        _ if ["/found/", "/healthy/", "/body/same?"].iter().any(|p| path.starts_with(p)) => {
            page("found", "")
        }
        _ => match path.strip_prefix("/step/").and_then(|number| number.parse().ok()) {
            Some(number) => step(cases, number),
            None => endless(path, asked.header("host").unwrap_or_default())
                .unwrap_or_else(|| answer("404 Not Found", "", "")),
        },
    }
}

fn step(cases: &[Case], number: usize) -> Act {
    let mut links = String::new();
    if let Some(case) = linked(cases).nth(number - 1) {
        write!(links, "<a href='{}'>case</a>", case.path).unwrap();
        for path in company(case, number) {
            write!(links, "<a href='{path}'>healthy</a>").unwrap();
        }
    }
    if number < steps(cases) {
        write!(links, "<a href='/step/{}'>on</a>", number + 1).unwrap();
    } else {
        links.push_str("<a href=/calendar?month=0>c</a><a href=/maze?sid=1>m</a>");
        links.push_str("<a href=/grow/0>g</a><a href=/self>s</a><a href=/twice/>t</a>");
    }
    page(&format!("step {number}"), &links)
}

/// The cases that are linked; the others come by a redirect.
fn linked(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().filter(|case| !case.what.is_empty())
}

/// Healthy pages beside a case that breaks off: a site that only breaks off is hardly asked.
fn company(case: &Case, number: usize) -> Vec<String> {
    let pages = if case.end.breaks() { 2 } else { 0 };
    (0..pages).map(|page| format!("/healthy/{number}/{page}")).collect()
}

fn endless(path: &str, host: &str) -> Option<Act> {
    let (trap, _) = ENDLESS.iter().find(|(trap, _)| path.starts_with(trap))?;
    let number = || path.rsplit(['=', '/']).next()?.parse::<u64>().ok();
    let link = match *trap {
        "/calendar" => format!("/calendar?month={}", number()? + 1),
        "/maze" => format!("/maze?sid={}", number()?.wrapping_mul(6_364_136_223_846_793_005) >> 3),
        "/grow" => format!("{path}/{}", number()? + 1),
        "/self" => {
            format!("/self?from=http://{host}{}&at={}", path.replace('&', "%26"), path.len())
        }
        _ => "twice/".to_owned(),
    };
    Some(page("trap", &format!("<a href=\"{link}\">on</a>")))
}

/// Rules among garbage; the last one lies behind what is read.
fn robots() -> String {
    let mut text = "\u{feff}\0\u{1}garbage\r\n<html>:::\r\nUser-agent: *\r\n".to_owned();
    text.push_str("Disallow: /forbidden/page\r\nDisallow: /*a*a*a*a*a*a*a*a*a*a*a*a*a*a*z$\r\n");
    while text.len() < 400_000 {
        writeln!(text, "Disallow: /nothing/{}\r", text.len()).unwrap();
    }
    text.push_str("Disallow: /forbidden/later\r\n");
    while text.len() < 512_100 {
        writeln!(text, "# {}\r", text.len()).unwrap();
    }
    text + "Disallow: /\r\n"
}

/// Path -> end, for all that is not an endless trap.
pub(crate) fn expected(cases: &[Case]) -> HashMap<String, End> {
    let steps = (1..=steps(cases)).map(|number| format!("/step/{number}"));
    let company = (1..).zip(linked(cases)).flat_map(|(number, case)| company(case, number));
    let healthy = steps.chain(company).chain(["/".to_owned()]).map(|path| (path, End::Done));
    let own = cases.iter().map(|case| (case.path.clone(), case.end));
    let led = cases.iter().flat_map(|case| case.leads_to.iter().cloned());
    healthy.chain(own).chain(led).collect()
}

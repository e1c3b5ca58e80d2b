//! Linked pages as a site of documentation has them, and every kind of bad one.

use std::time::Duration;

use super::page::{Asked, Manner, Page};

/// Chapters, and the pages of each.
pub(super) const CHAPTERS: usize = 6;
/// Pages of a chapter.
pub(super) const PAGES: usize = 8;

/// How long the slow page takes.
const SLOW: Duration = Duration::from_millis(1500);

/// From which time on the unsteady page is whole.
const HEALED: u64 = 3;

/// What is asked below `/docs/`.
pub(super) fn answer(asked: &Asked<'_>) -> Page {
    match asked.path {
        "/docs/" => contents(),
        "/docs/old" | "/docs/older" => Page::redirect("/docs/1/1".to_owned()),
        "/docs/oldest" => Page::redirect("/docs/older".to_owned()),
        "/docs/unsteady" if asked.times < HEALED => {
            Page::html("Error", "<p>Something broke.</p>").status(500)
        }
        "/docs/unsteady" => page("Unsteady", "This page breaks twice, then it is well."),
        "/docs/slow" => page("Slow", "This page takes its time.").sent(Manner::Late(SLOW)),
        "/docs/cut" => page("Cut", "This page never arrives whole.").sent(Manner::Cut),
        "/docs/notes.txt" => {
            Page::text("A plain text: <a href=\"/docs/nothing\">no link</a>\n".to_owned())
        }
        path if path.starts_with("/docs/private/") => {
            page("Private", "robots.txt asks every crawler to stay away from here.")
        }
        path if path.starts_with("/docs/calendar/") => calendar(path),
        path => chapter(path).unwrap_or_else(Page::missing),
    }
}

fn page(title: &str, text: &str) -> Page {
    let body = format!("<h1>{title}</h1>\n<p>{text} <a href=\"/docs/\">Contents</a></p>");
    Page::html(title, &body)
}

fn contents() -> Page {
    let line = |at| format!("<li><a href=\"/docs/{at}/1\">Chapter {at}</a></li>\n");
    let chapters: Vec<String> = (1..=CHAPTERS).map(line).collect();
    let chapters = chapters.concat();
    let body = format!(
        "<h1>Contents</h1>\n<ul>\n{chapters}</ul>\n<h2>Bad ones</h2>\n<ul>\n\
         <li><a href=\"old\">Moved</a>, <a href=\"oldest\">moved twice</a></li>\n\
         <li><a href=\"gone\">Gone</a></li>\n<li><a href=\"unsteady\">Unsteady</a></li>\n\
         <li><a href=\"slow\">Slow</a></li>\n<li><a href=\"cut\">Cut short</a></li>\n\
         <li><a href=\"private/\">Private</a></li>\n\
         <li><a href=\"calendar/\">A calendar without an end</a></li>\n\
         <li><a href=\"notes.txt\">A plain text</a></li>\n\
         <li><a href=\"http://docs.example/\">Another site</a></li>\n\
         <li><a href=\"mailto:demo@docs.example\">A letter</a></li>\n</ul>",
    );
    Page::html("Contents", &body)
}

/// `/docs/CHAPTER/PAGE`: links to its neighbours and to the page of its number in the next chapter.
fn chapter(path: &str) -> Option<Page> {
    let (chapter, number) = path.strip_prefix("/docs/")?.split_once('/')?;
    let (chapter, number) = (chapter.parse::<usize>().ok()?, number.parse::<usize>().ok()?);
    if !(1..=CHAPTERS).contains(&chapter) || !(1..=PAGES).contains(&number) {
        return None;
    }
    let title = format!("Chapter {chapter}, page {number}");
    let link = |href: String, text| format!("<li><a href=\"{href}\">{text}</a></li>\n");
    let links = [
        (number < PAGES).then(|| link((number + 1).to_string(), "Next page")),
        (number > 1).then(|| link(format!("/docs/{chapter}/{}#end", number - 1), "Page before")),
        Some(link(format!("../{}/{number}", chapter % CHAPTERS + 1), "Next chapter")),
        Some(link("/docs/".to_owned(), "Contents")),
    ];
    let links: Vec<String> = links.into_iter().flatten().collect();
    let links = links.concat();
    let body =
        format!("<h1>{title}</h1>\n<p>Some words about this and that.</p>\n<ul>\n{links}</ul>");
    Some(Page::html(&title, &body))
}

/// Each page of the calendar links the next one, in the next folder: there is no end to it.
fn calendar(path: &str) -> Page {
    let months = path.matches("/next").count();
    let title = format!("In {months} months");
    Page::html(&title, &format!("<h1>{title}</h1>\n<a href=\"next/\">Next month</a>"))
}

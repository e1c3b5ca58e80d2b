//! A list of addresses, one of every kind that the original list has, and the links that stand on
//! their pages.

use std::collections::BTreeSet;

use crate::common::http::Reply;
use crate::common::site::{Pages, Site};

/// Every way of writing a link, and what only looks like one.
const WAYS: &str = r##"<!doctype html><title>Ways</title>
<!-- <a href="/in-a-comment">no</a> -->
<script>document.write('<a href="/in-a-script">no</a>')</script>
<p data-href="/in-another-attribute">no</p>
<a href="/double">double</a> <a href='/single'>single</a> <A HREF=/bare>bare</A>
<a href = " /spaced ">spaced</a> <a href="/entity?a=1&amp;b=2">entity</a>
<a href="/double#part">again, with a part</a> <a href="relative/one">relative</a>
<a href="?page=2">query only</a> <a href="http://elsewhere.example/x">elsewhere</a>
<a href="//elsewhere.example/y">no scheme</a> <a href="mailto:a@b.example">mail</a>
<a href="javascript:void(0)">script</a> <a href="http://[bad/">bad</a> <a href="#top">top</a>
"##;

/// Two hosts with the pages of the list; the second is known by its number only.
pub(crate) struct Addresses {
    /// The host of most pages.
    pub(crate) first: Site,
    /// Another host.
    pub(crate) second: Site,
}

impl Addresses {
    /// Opens both hosts.
    pub(crate) fn open() -> Self {
        let foreign = "<title>f</title><a href=/one>один</a><a href=two>два</a>";
        let first = Pages::new()
            .page("/ways/index.html", WAYS)
            .page("/plain/none.html", "<title>None</title>nothing to follow")
            .page("/base.html", "<base href='/deep/er/'><a href=leaf>leaf</a><a href=/top>top</a>")
            .reply("/text.txt", Reply::body("text/plain", "<a href=\"/in-a-text\">no</a>"))
            .redirect("/moved/from/here", 302, "/other/place/page.html")
            .page("/other/place/page.html", "<a href=beside>beside</a><a href=../up>up</a>")
            .reply("/odd-charset", Reply::body("text/html; charset=nonsense-1", foreign))
            .open();
        let second = Pages::new().links("/", &["/dns/", "http://elsewhere.example/z"]);
        Self { first, second: second.open_at("127.0.0.2:0") }
    }

    /// The eight addresses: a page of every way to write a link, one that is not there, a host known
    /// by its number, a plain text, a redirect to another folder, one with a base, one without links,
    /// one whose charset nobody knows.
    pub(crate) fn urls(&self) -> [String; 8] {
        [
            self.first.at("/ways/index.html"),
            self.first.at("/missing"),
            self.second.at("/"),
            self.first.at("/text.txt"),
            self.first.at("/moved/from/here"),
            self.first.at("/base.html"),
            self.first.at("/plain/none.html"),
            self.first.at("/odd-charset"),
        ]
    }

    /// The list as people write it: comments, blank lines, both ends of line, one address twice, and
    /// no address at all on line 7.
    pub(crate) fn list(&self) -> String {
        let [ways, missing, number, text, moved, base, none, odd] = self.urls();
        format!(
            "# addresses\r\n{ways}\r\n{missing}\n\n  {number}  \n{text}\nnot an address\n{ways}#part\n\
             {moved}\n{base}\n# {ways}\n{none}\n{odd}"
        )
    }

    /// The number of the line of [`Addresses::list`] that is no address.
    pub(crate) const BAD_LINE: usize = 7;

    /// Every page with every page that it links, as the two columns of the original.
    pub(crate) fn pairs(&self) -> BTreeSet<(String, String)> {
        let ways = [
            "/double",
            "/single",
            "/bare",
            "/spaced",
            "/entity?a=1&b=2",
            "/ways/relative/one",
            "/ways/index.html?page=2",
        ];
        let elsewhere = |path: &str| format!("http://elsewhere.example{path}");
        let mut found = BTreeSet::new();
        let mut add = |source: &str, targets: Vec<String>| {
            found.extend(targets.into_iter().map(|target| (source.to_owned(), target)));
        };
        let here = |paths: &[&str]| paths.iter().map(|path| self.first.at(path)).collect();
        let [way, _, number, _, _, base, _, odd] = self.urls();
        add(&way, here(&ways));
        // A link to a part of the page itself leads nowhere else.
        add(&way, vec![elsewhere("/x"), elsewhere("/y")]);
        add(&number, vec![self.second.at("/dns/"), elsewhere("/z")]);
        add(&self.first.at("/other/place/page.html"), here(&["/other/place/beside", "/other/up"]));
        add(&base, here(&["/deep/er/leaf", "/top"]));
        add(&odd, here(&["/one", "/two"]));
        found
    }
}

//! What a list may look like.

use std::io::Write;
use std::time::Duration;

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::{Pages, Site};
use crate::ground::{FAST, again, fetch, pages, states};

const LONG: Duration = Duration::from_mins(1);

fn leaves() -> Site {
    Pages::new().otherwise(|_| Reply::links(&["/never"])).open()
}

#[test]
fn duplicates_blank_lines_line_ends_and_comments_are_as_people_write_them() {
    let (site, crawld) = (leaves(), Crawld::new());
    let list = format!(
        "\u{feff}# ours\r\n{0}/a\r\n\r\n  {0}/a  \r\n{0}/b\n{0}/a#part\n   # {0}/no\n{0}/c",
        site.url()
    );
    let said = fetch(&crawld, 0, list, &[]);
    let mut asked = site.paths();
    asked.sort();
    assert_eq!(asked, ["/a", "/b", "/c"], "each once, and nothing that they link");
    assert_eq!(pages(&crawld).len(), 3);
    assert!(said.stderr.contains("fetch-urls"), "{}", said.stderr);
}

#[test]
fn bad_lines_are_told_by_number_and_change_nothing_else() {
    let (site, crawld) = (leaves(), Crawld::new());
    let list = format!("mailto:a@b.example\n{}\nftp://x.example/\noops\n", site.at("/a"));
    let said = fetch(&crawld, 0, &list, &[]).stderr;
    for place in ["urls.txt:1: ", "urls.txt:3: ", "urls.txt:4: "] {
        assert!(said.contains(place), "{place}: {said}");
    }
    assert!(said.contains("3 bad lines"), "{said}");
    assert_eq!(site.paths(), ["/a"]);

    let crawld = Crawld::new();
    let many: Vec<String> = (0..500).map(|n| format!("word{n}\n")).collect();
    let said = fetch(&crawld, 0, format!("{}{}\n", many.concat(), site.at("/b")), &[]).stderr;
    assert!(said.contains("500 bad lines") && said.lines().count() < 60, "{said}");
}

#[test]
fn rows_of_a_table_that_give_no_url_are_told_by_number_and_counted() {
    let (site, crawld) = (leaves(), Crawld::new());
    let row = |n: u64| match n {
        21 => format!("\"12 inch,{}\n", site.at("/21")),
        30 => "lonely\n".to_owned(),
        40 => "\n".to_owned(),
        _ => format!("{n} inch,{}\n", site.at(&format!("/{n}"))),
    };
    crawld.write("table.csv", (1..=60).map(row).collect::<Vec<_>>().concat());
    let fetch = [&["fetch", "table.csv", "--column", "2"][..], &FAST].concat();
    let said = crawld.expect(0, &fetch).stderr;
    for told in
        ["table.csv:21: a quote is not closed", "table.csv:30: has no column 2", "2 bad lines"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(site.paths().len(), 57, "every other row");
}

#[test]
fn a_list_that_cannot_be_used_ends_at_once_with_the_reason() {
    let (site, crawld) = (leaves(), Crawld::new());
    crawld.write("good.txt", site.at("/a"));
    crawld.write("empty.txt", "# nothing yet\n\n");
    crawld.write("table.csv", "id,url\n1,http://a.example/\n");
    crawld.write("other.csv", "id;link");
    for (arguments, word) in [
        (&["good.txt", "missing.txt"][..], "missing.txt"),
        (&["."], "folder"),
        (&["empty.txt"], "holds no URL"),
        (&["table.csv", "--column", "link"], "no column 'link'"),
        (&["table.csv", "other.csv", "--column", "url"], "other.csv: there is no column 'url'"),
        (&["table.csv", "--column", "9"], "table.csv: there is no column 9"),
        (&["good.txt", "--column", "0"], "--column"),
        (&["good.txt", "--scope", "host"], "scope: "),
        (&["--sitemap", "ftp://a.example/"], "sitemap: "),
        (&[], "FILE"),
    ] {
        let said = crawld.expect(2, &[&["fetch"], arguments].concat()).stderr;
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    assert_eq!(site.requests(), 0, "nothing is asked of a command that is wrong");
}

#[test]
fn several_files_a_column_and_standard_input_make_one_list() {
    let (site, crawld) = (leaves(), Crawld::new());
    crawld.write("one.csv", format!("name;URL\nx;{0}/1\ny;{0}/2\n", site.url()));
    crawld.write("two.tsv", format!("name\turl\nz\t{0}/3\n", site.url()));
    let more = ["fetch", "one.csv", "two.tsv", "-", "--column", "url"];
    let (running, mut input) = crawld.spawn_fed(&[&more[..], &FAST[..]].concat());
    writeln!(input, "url\n{}/4", site.url()).unwrap();
    drop(input);
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let mut asked = site.paths();
    asked.sort();
    assert_eq!(asked, ["/1", "/2", "/3", "/4"]);
    assert!(finished.stdout.contains("fetch-one"), "{}", finished.stdout);
}

#[test]
fn what_has_come_of_a_slow_list_is_fetched_while_the_rest_is_awaited() {
    let (site, crawld) = (leaves(), Crawld::new());
    let (running, mut input) = crawld.spawn_fed(&[&["fetch", "-"], &FAST[..]].concat());
    for n in 1..=3 {
        writeln!(input, "{}/{n}", site.url()).unwrap();
        // The pipe stays open: robots.txt and the lines so far.
        assert!(site.wait_for(1 + n, LONG), "line {n} is asked before the next one is written");
    }
    write!(input, "{}/last", site.url()).unwrap();
    drop(input);
    let finished = running.finish();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(site.paths(), ["/1", "/2", "/3", "/last"]);
    assert!(finished.stdout.contains("fetch-stdin"), "{}", finished.stdout);
}

#[test]
fn a_signal_ends_the_wait_for_a_list_that_never_ends() {
    let (site, crawld) = (leaves(), Crawld::new());
    let (running, mut input) = crawld.spawn_fed(&[&["fetch", "-"], &FAST[..]].concat());
    writeln!(input, "{}/1", site.url()).unwrap();
    assert!(site.wait_for(2, LONG));
    running.signal("TERM");
    assert_eq!(running.finish().code, Some(143));
    drop(input);
}

#[test]
fn a_line_without_a_scheme_is_tried_by_https_and_then_by_http() {
    let (site, crawld) = (leaves(), Crawld::new());
    fetch(&crawld, 0, format!("127.0.0.1:{}/x\n", site.port()), &[]);
    assert_eq!(site.paths(), ["/x"]);
    let states = states(&crawld);
    assert_eq!(states[&site.at("/x")], "done");
    assert_eq!(states.len(), 2, "{states:?}");
}

#[test]
fn the_entries_of_a_sitemap_and_of_its_indexes_are_a_list() {
    let crawld = Crawld::new();
    let other = Pages::new().otherwise(|_| Reply::html("elsewhere")).open_at("127.0.0.2:0");
    let site = Pages::new()
        .route("/index.xml", |request| {
            let at = |path: &str| format!("http://{}{path}", request.host);
            let sitemaps = [at("/one.xml"), at("/two.xml")];
            let sitemaps = sitemaps.map(|url| format!("<sitemap><loc>{url}</loc></sitemap>"));
            let body = format!("<sitemapindex>{}</sitemapindex>", sitemaps.concat());
            Reply::body("application/xml", body)
        })
        .route("/one.xml", |request| {
            let body = format!("<urlset><url><loc>http://{}/a</loc></url></urlset>", request.host);
            Reply::body("application/xml", body)
        })
        .reply("/two.xml", Reply::body("text/plain", "/b\nhttp://10.1.2.3/private\n"))
        .reply("/robots.txt", Reply::body("text/plain", "Sitemap: /unasked.xml\n"))
        .otherwise(|_| Reply::links(&["/never"]))
        .open();
    crawld.write("urls.txt", other.at("/x"));
    let sitemap = site.at("/index.xml");
    again(&crawld, 0, &["--sitemap", &sitemap]);
    let mut asked = site.paths();
    asked.sort();
    assert_eq!(asked, ["/a", "/index.xml", "/one.xml", "/two.xml"], "robots.txt names others");
    assert_eq!(other.paths(), ["/x"]);
    let pages = pages(&crawld);
    assert_eq!(pages[&site.at("/a")]["depth"], "1");
}

#[test]
fn a_sitemap_that_gives_nothing_is_a_failure_that_names_it() {
    let empty = Reply::body("application/xml", "<urlset></urlset>");
    let site = Pages::new().reply("/empty.xml", empty).open();
    for (path, words) in [("/gone.xml", "gone.xml answered 404"), ("/empty.xml", "lists no page")] {
        let map = site.at(path);
        let arguments = [&["fetch", "--sitemap", &map], &FAST[..]].concat();
        let said = Crawld::new().expect(1, &arguments).stderr;
        assert!(said.contains(&map) && said.contains(words), "{said}");
    }
}

#[test]
fn a_list_that_is_compressed_or_no_text_is_told_as_such() {
    let crawld = Crawld::new();
    for (name, bytes, word) in [
        ("list.gz", &b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc"[..], "compressed (gzip): unpack it"),
        ("list.zip", b"PK\x03\x04\x14\0", "compressed (zip)"),
        ("image.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no text"),
    ] {
        crawld.write(name, bytes);
        let said = crawld.expect(2, &["fetch", name]).stderr;
        assert!(said.contains(name) && said.contains(word), "{said}");
        assert!(!said.contains(['\u{8}', '\u{fffd}']), "{said}");
    }
    let (running, mut input) = crawld.spawn_fed(&["fetch", "-"]);
    input.write_all(b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc\n").unwrap();
    drop(input);
    let said = running.finish().stderr;
    assert!(said.contains("standard input: it is compressed"), "{said}");
}

#[test]
fn a_list_that_is_the_store_itself_is_refused_by_whatever_name_and_not_opened() {
    let site = Pages::new().page("/a", "a").open();
    let crawld = Crawld::new();
    // None of them is there yet: the store would make them.
    for name in ["crawld.db", "./crawld.db-wal"] {
        let said = crawld.expect(2, &["fetch", name]).stderr;
        assert!(said.contains(name) && said.contains("the store's own"), "{name}: {said}");
    }
    fetch(&crawld, 0, site.at("/a"), &[]);
    let at = |name: &str| crawld.path().join(name);
    std::fs::hard_link(at("crawld.db"), at("hard.csv")).unwrap();
    std::os::unix::fs::symlink("crawld.db", at("soft.txt")).unwrap();
    for list in ["crawld.db", "hard.csv", "soft.txt", "crawld.db-shm"] {
        for more in [&[][..], &["--column", "1"]] {
            let said = crawld.expect(2, &[&["fetch", "urls.txt", list], more].concat()).stderr;
            assert!(said.contains(list) && said.contains("the store's own"), "{list}: {said}");
            assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        }
        let toml = format!("[jobs.l]\nkind = \"fetch\"\nfiles = [\"urls.txt\", \"{list}\"]\n");
        crawld.write("c.toml", toml);
        let said = crawld.expect(78, &["check", "--config", "c.toml"]).stderr;
        assert!(said.contains("c.toml:3:1: jobs.l.files[1]: "), "{said}");
        assert!(said.contains(list) && said.contains("the store's own"), "{said}");
        crawld.write("d.toml", "[jobs.l]\nkind = \"fetch\"\nfile = \"urls.txt\"\n");
        let said = crawld.expect(2, &["try", "d.toml", "l", list, "--url", "http://a/"]).stderr;
        assert!(said.contains(list) && said.contains("the store's own"), "{said}");
        let to = ["export", "--what", "pages", "--format", "csv", "--output", list];
        let said = crawld.expect(2, &to).stderr;
        assert!(said.contains(list) && said.contains("the store's own"), "{said}");
    }
    let secrets = "[http]\nca_file = \"hard.csv\"\n[control]\ntoken_file = \"soft.txt\"\n";
    crawld.write("c.toml", secrets);
    let said = crawld.expect(78, &["check", "--config", "c.toml"]).stderr;
    for key in
        ["c.toml:2:1: http.ca_file: hard.csv: ", "c.toml:4:1: control.token_file: soft.txt: "]
    {
        assert!(said.contains(&format!("{key}this is the store's own")), "{key}: {said}");
    }
    crawld.write("c.toml", "[jobs.l]\nkind = \"fetch\"\nfile = \"soft.txt\"\n");
    let said = crawld.expect(78, &["run", "--config", "c.toml"]).stderr;
    assert!(said.contains("c.toml:3:1: jobs.l.file: ") && said.contains("soft.txt"), "{said}");
    assert_eq!(crawld.export("pages", &[]).len(), 1, "the store is as it was");
}

#[test]
fn a_column_that_standard_input_lacks_is_told_before_the_list_ends_and_nothing_is_stored() {
    let (site, crawld) = (leaves(), Crawld::new());
    let more = [&["fetch", "-", "--column", "url"], &FAST[..]].concat();
    let (running, mut input) = crawld.spawn_fed(&more);
    input.write_all(b"name,link\n").unwrap();
    // The rest of the list has not come.
    let finished = running.finish();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("there is no column 'url'; there are name, link"));
    assert!(!crawld.path().join("crawld.db").exists());
    drop(input);

    let (running, mut input) = crawld.spawn_fed(&more);
    for piece in ["na", "me,u", "rl\nx,", &site.at("/a"), "\ny,", &site.at("/b")] {
        input.write_all(piece.as_bytes()).unwrap();
    }
    drop(input);
    assert_eq!(running.finish().code, Some(0));
    assert_eq!(pages(&crawld).len(), 2);
}

#[test]
fn all_that_is_wrong_with_a_list_of_a_configuration_is_told_at_once() {
    let crawld = Crawld::new();
    crawld.write(
        "c.toml",
        "[jobs.l]\nkind = \"fetch\"\ncolumn = \"0\"\nscope = \"host\"\ncheck = true\n\
         links = \"first\"\n[jobs.m]\nkind = \"fetch\"\nsitemap = [\"http://\"]\n",
    );
    let said = crawld.expect(78, &["check", "--config", "c.toml"]).stderr;
    for fault in [
        "c.toml:1:7: jobs.l.file: missing",
        "c.toml:3:1: jobs.l.column: ",
        "c.toml:4:1: jobs.l.scope: ",
        "c.toml:5:1: jobs.l.check: ",
        "c.toml:9:1: jobs.m.sitemap: ",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 5, "{said}");
}

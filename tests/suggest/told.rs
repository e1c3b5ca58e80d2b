//! What the operator is told of a harvest: before it, after it, and of what is wrong with it.

use crate::common::http::Reply;
use crate::common::run::Crawld;
use crate::common::site::{Pages, Site};
use crate::tips;

/// An endpoint that answers each query with this.
fn endpoint(answer: &'static str) -> Site {
    Pages::new()
        .reply("/robots.txt", Reply::status(404))
        .otherwise(move |_| Reply::body("application/json", answer))
        .open()
}

/// A job of a configuration: queries of one letter of `letters`, with further lines.
fn job(site: &Site, letters: &str, more: &str) -> String {
    format!(
        "[jobs.box]\nkind = \"suggest\"\nrequest = {{ url = \"{}\" }}\nalphabet = \"{letters}\"\n\
         max_length = 1\ndelay = \"0ms\"\n{more}\n",
        site.at("/s?q={query}")
    )
}

fn run(crawld: &Crawld) -> crate::common::run::Finished {
    crawld.expect(0, &["run", "--config", "crawld.toml", "--until-done"])
}

#[test]
fn a_run_and_a_check_tell_how_much_each_harvest_asks() {
    let site = endpoint("[\"a\"]");
    let crawld = Crawld::new();
    let crawl = format!("[jobs.site]\nkind = \"crawl\"\nroots = [\"{}\"]\n", site.at("/"));
    crawld.write("crawld.toml", job(&site, "abc", "results.tips = { path = \"$[*]\" }") + &crawl);
    let checked = crawld.expect(0, &["check", "--config", "crawld.toml"]).stdout;
    let told = "3 queries of 1 of 3 letters; as fast as 127.0.0.1:";
    assert!(checked.contains(&format!("\nbox: {told}")), "{checked}");
    assert!(!checked.contains("\nsite:"), "{checked}");
    let begun = run(&crawld).stderr;
    assert!(begun.contains(&format!("job=box {told}")), "{begun}");
    let again = run(&crawld).stderr;
    assert!(!again.contains("3 queries"), "it is complete: {again}");
}

#[test]
fn queries_that_no_url_can_hold_are_told_before_the_start_and_once_in_the_report() {
    let site = endpoint("[]");
    for strategy in ["exhaustive", "adaptive"] {
        let crawld = Crawld::new();
        let template = site.at("/tips/{query}/");
        let letters = ["--alphabet", "ab.", "--max-length", "2", "--strategy", strategy];
        let more = [&letters[..], &["--tips", "$[*]", "--delay", "0ms"]].concat();
        let begun = crawld.expect(0, &[&["suggest", &template], &more[..]].concat());
        let told = "; 2 of them not asked, as no URL can hold: \".\", \"..\"\n";
        assert!(begun.stderr.contains(told), "{}", begun.stderr);
        let lines = begun.stdout.matches("\".\" is not asked").count();
        assert_eq!(lines, 1, "{strategy}: {}", begun.stdout);
        if strategy == "exhaustive" {
            assert!(begun.stdout.contains("\"..\" is not asked"), "{}", begun.stdout);
            assert!(
                begun.stdout.contains("10 asked = 0 with tips + 10 without"),
                "{}",
                begun.stdout
            );
        }
        let paths = site.paths();
        assert!(!paths.iter().any(|path| matches!(&**path, "/" | "/tips/")), "{paths:?}");
    }
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let more = ["--alphabet", "ab.", "--max-length", "2", "--tips", "$[*]", "--delay", "0ms"];
    let begun = crawld.expect(0, &[&["suggest", &template], &more[..]].concat());
    let told = [begun.stderr, begun.stdout].concat();
    assert!(!told.contains("not asked") && told.contains("12 asked"), "{told}");
}

#[test]
fn a_check_tells_every_fault_of_a_harvest_with_its_line() {
    let crawld = Crawld::new();
    let text = "[jobs.box]\nkind = \"suggest\"\nrequest = { url = \"https://a.test/s\", method = \"HEAD\" }\n\
                alphabet = \"z-a\"\nmin_length = 5\nmax_length = 2\nbudget = 0\n\
                results.a = { path = \"$[\", pattern = \"(\", fields = { b = \"x\" } }\n\
                results.c = { css = \"div..x\", fields = { d = \"[\", e = \"i\", f = \"..\" } }\n";
    crawld.write("crawld.toml", text);
    let told = crawld.expect(78, &["check", "--config", "crawld.toml"]).stderr;
    for (line, key) in [
        (3, "request: {query} is nowhere"),
        (3, "request.method: "),
        (4, "alphabet: "),
        (6, "max_length: "),
        (7, "budget: "),
        (8, "results.a.path: "),
        (8, "results.a.pattern: "),
        (8, "results.a.fields.b: "),
        (9, "results.c.css: "),
        (9, "results.c.fields.d.css: "),
        (9, "results.c.fields.f.css: "),
    ] {
        let is_told = |said: &str| {
            said.contains(&format!("crawld.toml:{line}:")) && said.contains(&format!("box.{key}"))
        };
        assert!(told.lines().any(is_told), "{line} {key} in {told}");
    }
    assert_eq!(told.lines().filter(|line| line.contains("jobs.box")).count(), 11, "{told}");
}

#[test]
fn a_misspelt_name_is_told_with_those_that_there_are() {
    let crawld = Crawld::new();
    let text = "[jobs.box]\nkind = \"suggest\"\nrequest = { url = \"https://a.test/{query}\" }\n\
                results.a = { path = \"$[*]\" }\nlearn = true\nstrategy = \"adaptiv\"\n\
                matcher = \"sufix\"\n[jobs.other]\nkind = \"sugest\"\n";
    crawld.write("crawld.toml", text);
    let told = crawld.expect(78, &["check", "--config", "crawld.toml"]).stderr;
    for said in [
        "crawld.toml:6:1: jobs.box.strategy: 'adaptiv' is none of exhaustive, adaptive; is adaptive meant?",
        "crawld.toml:7:1: jobs.box.matcher: 'sufix' is none of prefix, infix",
        "'sugest' is none of crawl, suggest, fetch, scrape; is suggest meant?",
    ] {
        assert!(told.contains(said), "{said} in {told}");
    }
    assert!(!told.contains("variant") && !told.contains("learn"), "{told}");
}

#[test]
fn a_path_in_place_of_a_kind_of_result_is_told_with_what_to_write() {
    let crawld = Crawld::new();
    let text = "[jobs.box]\nkind = \"suggest\"\nrequest = { url = \"https://a.test/{query}\" }\n\
                results.q = \"$.query[*]\"\n";
    crawld.write("crawld.toml", text);
    let told = crawld.expect(78, &["check", "--config", "crawld.toml"]).stderr;
    assert!(told.contains("write { path = \"$.query[*]\" }"), "{told}");
    assert!(!told.contains("struct") && !told.contains("Taken"), "{told}");
}

#[test]
fn a_pattern_sees_the_text_without_tags_and_padding() {
    let site = endpoint(r#"{"q": ["  <em>app</em>le pie "]}"#);
    let crawld = Crawld::new();
    let rule =
        r#"results.a = { path = "$.q[*]", strip_tags = true, trim = true, pattern = '^(\w+)' }"#;
    crawld.write("crawld.toml", job(&site, "a", rule));
    run(&crawld);
    let rows = crawld.export("suggestions", &["--config", "crawld.toml"]);
    assert_eq!(tips(&rows).into_iter().collect::<Vec<_>>(), ["apple"]);
}

#[test]
fn a_path_that_finds_the_list_itself_finds_no_tips_and_fills_no_query() {
    let site = endpoint(r#"{"q": ["apple", "pie"]}"#);
    let crawld = Crawld::new();
    crawld.write("crawld.toml", job(&site, "abc", "results.a = { path = \"$.q\" }"));
    let told = run(&crawld).stdout;
    assert!(told.contains("3 asked = 0 with tips + 3 without + 0 failed"), "{told}");
    assert!(!told.contains("full"), "{told}");
}

#[test]
fn other_rules_of_reading_are_told_in_one_line_with_what_is_to_be_done() {
    let site = endpoint(r#"{"q": ["apple"], "p": [{"name": "pie"}]}"#);
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let harvest = |path: &str, more: &[&str]| {
        let usual =
            ["suggest", &template, "--alphabet", "ab", "--max-length", "1", "--delay", "0ms"];
        crawld.expect(0, &[&usual[..], &["--tips", path], more].concat()).stderr
    };
    harvest("$.q[*]", &[]);
    let asked = site.requests();
    let told = harvest("$.p[*]", &[]);
    let line = "changed suggest.results.tips.path \"$.q[*]\" -> \"$.p[*]\"; what was asked before \
                is not read again: --again asks all once more";
    assert!(told.contains(line), "{told}");
    assert!(!told.contains("resumed") && !told.contains('{'), "{told}");
    assert_eq!(site.requests(), asked);
    assert!(crawld.expect(0, &["report"]).stdout.contains("done, suggest, pass 1"));
    let told = harvest("$.p[*]", &["--again"]);
    assert!(!told.contains("is not read again"), "{told}");
    assert!(tips(&crawld.export("suggestions", &[])).contains("pie"));
}

#[test]
fn other_fields_of_items_are_told_in_one_line_too() {
    let page = "<html><li><b>a</b><i>1</i></li><li><b>b</b><i>2</i></li></html>";
    let site = Pages::new().otherwise(move |_| Reply::html(page)).open();
    let crawld = Crawld::new();
    let list = site.at("/list");
    let scrape = |fields: &[&str]| {
        let usual = ["scrape", &list, "--item", "li", "--delay", "0ms", "--no-robots"];
        crawld.expect(0, &[&usual[..], fields].concat()).stderr
    };
    scrape(&["--field", "name=b"]);
    let asked = site.requests();
    let told = scrape(&["--field", "name=i", "--field", "other=b"]);
    assert!(told.contains("scrape.items.fields.name.css \"b\" -> \"i\""), "{told}");
    assert!(told.contains("scrape.items.fields.other added; what was asked before"), "{told}");
    assert!(!told.contains("resumed") && !told.contains('{'), "{told}");
    assert_eq!(site.requests(), asked);
}

#[test]
fn a_budget_that_ends_a_harvest_is_called_so() {
    let site = endpoint("[\"a\"]");
    let crawld = Crawld::new();
    let template = site.at("/s?q={query}");
    let cut = |option: &str| {
        let job = [
            "--job",
            option.trim_start_matches('-'),
            "--max-length",
            "1",
            "--delay",
            "0ms",
            "--tips",
            "$[*]",
        ];
        let arguments = [&["suggest", &template][..], &job, &[option, "5"]].concat();
        crawld.expect(0, &arguments).stdout
    };
    assert!(cut("--budget").contains("done (limit budget)"));
    assert!(cut("--max-pages").contains("done (limit max_pages)"));
}

//! What values are: markup, pieces of URLs, defaults of the right type.

use serde_json::json;

use super::*;
use crate::common::site::Pages;

/// A configuration with a job whose items are the `li` of the site's first page.
fn configured(crawld: &Crawld, start: &str, keys: &str) {
    let text = format!(
        "[politeness]\ndelay = \"0ms\"\nrobots = false\n\
         [jobs.list]\nkind = \"scrape\"\nstart = [\"{start}\"]\nitem = \"li\"\n{keys}"
    );
    crawld.write("c.toml", text);
}

#[test]
fn markup_that_is_asked_for_comes_as_it_is_written() {
    let inner = "one<br>two<span hidden=\"\">hid</span> <b>bold</b>";
    let site = Pages::new().page("/", &format!("<li><p class=q>{inner}</p></li>")).open();
    let crawld = Crawld::new();
    let start = site.at("/");
    configured(
        &crawld,
        &start,
        "fields.parsed = { css = \"p.q\", parse = \"html\" }\nfields.part = \"p.q@html\"\n",
    );
    crawld.expect(0, &["run", "--config", "c.toml", "--until-done", "--quiet"]);
    let items = fields(exported(&crawld, &["--job", "list"]));
    assert_eq!(items, [json!({"parsed": inner, "part": inner})]);

    let mut arguments =
        vec!["scrape", &start, "--job", "cli", "--item", "li", "--field", "x:html=p.q"];
    arguments.extend(FAST);
    crawld.expect(0, &arguments);
    assert_eq!(fields(exported(&crawld, &["--job", "cli"])), [json!({"x": inner})]);
}

#[test]
fn what_a_regex_takes_from_a_url_is_that_text_and_no_url_of_its_own() {
    let site = Pages::new()
        .page("/l/", "<li><h2><a href='/o/17'>x</a></h2><a class=t href='tel:+3811'>call</a></li>")
        .open();
    let crawld = Crawld::new();
    configured(
        &crawld,
        &site.at("/l/"),
        r#"
fields.id = { css = "h2 a@href", regex = "(\\d+)$" }
fields.phone = { css = "a.t@href", regex = "tel:(.+)" }
fields.changed = { css = "h2 a@href", regex = "/o/", replace = "offer-" }
fields.whole = "h2 a@href"
fields.made = { css = "h2 a@href", regex = "\\d+", parse = "url" }
"#,
    );
    crawld.expect(0, &["run", "--config", "c.toml", "--until-done", "--quiet"]);
    let items = fields(exported(&crawld, &[]));
    let expected = json!({
        "id": "17", "phone": "+3811", "changed": "offer-17",
        "whole": site.at("/o/17"), "made": site.at("/l/17"),
    });
    assert_eq!(items, [expected]);
}

#[test]
fn a_default_that_is_not_what_its_field_gives_is_refused_with_file_line_key_and_mend() {
    let crawld = Crawld::new();
    let wrong = [
        ("parse = \"number\", default = \"abc\"", "\"abc\" is no number"),
        ("parse = \"integer\", default = 1.5", "1.5 is no whole number"),
        ("parse = \"price\", default = \"0\"", "\"0\" is no number"),
        ("parse = \"date\", default = \"never\"", "\"never\" is no date; write \"2026-11-21\""),
        ("parse = \"url\", default = \"none\"", "\"none\" is no absolute URL"),
        ("default = 0", "0 is no text; write it in quotes"),
        ("list = true, default = \"x\"", "\"x\" is no list, which the field is; write [\"x\"]"),
        ("list = true, parse = \"number\", default = [1, \"x\"]", "\"x\" is no number"),
        ("fields = { a = \"b\" }, default = \"x\"", "\"x\" is no item"),
        ("fields = { a = \"b\" }, default = { b = \"x\" }", "there is no field b within"),
    ];
    for (keys, problem) in wrong {
        configured(
            &crawld,
            "http://a.test/",
            &format!("fields.n = {{ css = \".none\", {keys} }}\n"),
        );
        let told = crawld.expect(78, &["check", "--config", "c.toml"]).stderr;
        for part in ["c.toml:8", "fields.n.default", problem] {
            assert!(told.contains(part), "{keys}: {part}: {told}");
        }
    }
    for keys in [
        "parse = \"number\", default = -1.5",
        "parse = \"integer\", default = 0",
        "parse = \"date\", default = \"2026-11-21T09:30:00Z\"",
        "parse = \"url\", default = \"https://a.test/\"",
        "default = \"none\"",
        "list = true, default = []",
        "list = true, parse = \"number\", default = [0, 1]",
        "fields = { a = \"b\" }, default = { a = \"x\" }",
    ] {
        configured(
            &crawld,
            "http://a.test/",
            &format!("fields.n = {{ css = \".none\", {keys} }}\n"),
        );
        crawld.expect(0, &["check", "--config", "c.toml"]);
    }
}

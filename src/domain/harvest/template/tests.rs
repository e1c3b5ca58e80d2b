use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn spec(url: &str) -> RequestSpec {
    RequestSpec { url: url.to_owned(), ..RequestSpec::default() }
}

fn pair(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

fn template(spec: &RequestSpec) -> RequestTemplate {
    RequestTemplate::new(spec).unwrap()
}

fn sent(spec: &RequestSpec, query: &str) -> (String, String, String) {
    let filled = template(spec).fill(query).unwrap();
    let payload = filled.payload.map_or((String::new(), String::new()), |payload| {
        (payload.content_type, String::from_utf8(payload.bytes.to_vec()).unwrap())
    });
    (format!("{} {}", filled.method, filled.url), payload.0, payload.1)
}

const AWKWARD: &str = "a&b=ї \"\\/%+";

#[test]
fn a_query_in_the_url_is_percent_encoded_as_utf_8() {
    let encoded = "a%26b%3D%D1%97%20%22%5C%2F%25%2B";
    for (url, asked) in [
        ("https://a.test/s?q={query}", format!("GET https://a.test/s?q={encoded}")),
        ("a.test/s/{query}.json#top", format!("GET https://a.test/s/{encoded}.json")),
        ("http://A.test:80/s?x={query}&y={query}", {
            format!("GET http://a.test/s?x={encoded}&y={encoded}")
        }),
        ("a.test/?f={{query}}&q={query}", format!("GET https://a.test/?f={{query}}&q={encoded}")),
    ] {
        assert_eq!(sent(&spec(url), AWKWARD), (asked, String::new(), String::new()), "{url}");
    }
}

#[test]
fn parameters_join_those_of_the_url() {
    let params = vec![("q".to_owned(), "{query}*".to_owned()), ("a b".to_owned(), "=".to_owned())];
    let spec = RequestSpec { params, ..spec("https://a.test/s?theme=main") };
    assert_eq!(sent(&spec, "x y").0, "GET https://a.test/s?theme=main&q=x%20y%2A&a%20b=%3D");
    let alone = RequestSpec { params: pair("q", "{query}"), ..self::spec("https://a.test/s") };
    assert_eq!(sent(&alone, "x").0, "GET https://a.test/s?q=x");
}

#[test]
fn a_form_is_posted_as_a_browser_would() {
    let form =
        vec![("q".to_owned(), "{query}".to_owned()), ("isAjax".to_owned(), "1 2".to_owned())];
    let spec = RequestSpec { form, ..spec("https://a.test/suggest?theme=main") };
    let (asked, media, body) = sent(&spec, AWKWARD);
    assert_eq!(asked, "POST https://a.test/suggest?theme=main");
    assert_eq!(media, "application/x-www-form-urlencoded");
    assert_eq!(body, "q=a%26b%3D%D1%97+%22%5C%2F%25%2B&isAjax=1+2");
}

#[test]
fn json_stays_json_whatever_the_query_and_wherever_it_stands() {
    let json = r#"{"z":{"deep":[{"q":"<{query}>"}]},"a":1,"query":"{{query}} {x"}"#;
    let spec = RequestSpec { json: Some(json.to_owned()), ..spec("https://a.test/") };
    let (asked, media, body) = sent(&spec, "\"\\\u{2028}\tї");
    assert_eq!((asked.as_str(), media.as_str()), ("POST https://a.test/", "application/json"));
    let read: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(read["z"]["deep"][0]["q"], "<\"\\\u{2028}\tї>");
    assert_eq!(read["query"], "{query} {x");
    assert!(body.starts_with(r#"{"z""#), "in the order given: {body}");
}

#[test]
fn a_body_and_headers_are_sent_as_they_are_said() {
    let spec = RequestSpec {
        body: Some("{search(q: {query}) { {name_ } }".to_owned()),
        content_type: Some("application/graphql".to_owned()),
        headers: pair("Referer", "https://a.test/?q={query}"),
        ..spec("https://a.test/")
    };
    let (_, media, body) = sent(&spec, "a b");
    assert_eq!(
        (media.as_str(), body.as_str()),
        ("application/graphql", "{search(q: a b) { {name_ } }")
    );
    let headers = template(&spec).fill("a ї").unwrap().headers;
    assert_eq!(headers, pair("Referer", "https://a.test/?q=a%20%D1%97"));
}

#[test]
fn a_row_bears_the_url_or_the_endpoint_with_the_query_as_fragment() {
    let get = template(&spec("https://a.test/s?q={query}")).row_url("a b").unwrap();
    assert_eq!((get.url.as_str(), get.authority.as_str()), ("https://a.test/s?q=a%20b", "a.test"));
    assert_eq!(get.key, CanonicalUrl::parse(&get.url).unwrap().key());
    let form = RequestSpec { form: pair("q", "{query}"), ..spec("https://a.test:8443/s") };
    let post = template(&form).row_url("a#b").unwrap();
    assert_eq!(post.url, "https://a.test:8443/s#a%23b");
    assert_eq!(post.host, CanonicalUrl::parse("https://a.test:8443/").unwrap().host_key());
    assert_eq!(template(&form).endpoint().as_str(), "https://a.test:8443/s");
}

#[test]
fn a_query_that_the_path_would_swallow_is_refused() {
    let template = template(&spec("https://a.test/b/../s/%2e/{query}?x=1"));
    for query in [".", ".."] {
        assert!(template.fill(query).is_err() && template.row_url(query).is_err(), "{query}");
    }
    assert_eq!(template.row_url("...").unwrap().url, "https://a.test/s/...?x=1");
}

#[test]
fn what_is_no_template_is_refused_with_its_key_and_the_mend() {
    let json = |text: &str| RequestSpec { json: Some(text.to_owned()), ..spec("https://a.test/") };
    let q = "https://a.test/?q={query}";
    let cases = [
        (spec("https://a.test/?q=x"), "request: {query} is nowhere"),
        (spec("https://a.test/?q={qeury}"), "request.url: {qeury} is not known"),
        (spec("https://a.test/?q={{query}}"), "request: {query} is nowhere"),
        (spec("https://{query}.a.test/"), "request.url: {query} stands in the host"),
        (spec("https://a.test/#{query}"), "request.url: {query} stands after the #"),
        (spec("https://a.test/?q=%{query}"), "request.url: a % stands before"),
        (spec("https://a.test/?q=%4{query}"), "request.url: a % stands before"),
        (spec("ftp://a.test/{query}"), "request.url: scheme 'ftp'"),
        (spec(""), "request.url: not a URL"),
        (json(r#"{"q": {query}}"#), "request.json: no JSON"),
        (json(r#"{"q": "{word}"}"#), "request.json: {word} is not known"),
        (RequestSpec { method: Some(Method::Head), ..spec(q) }, "request.method: HEAD"),
        (
            RequestSpec { method: Some(Method::Get), form: pair("a", "b"), ..spec(q) },
            "request.method: GET",
        ),
        (
            RequestSpec { body: Some(String::new()), form: pair("a", "b"), ..spec(q) },
            "request: give one of",
        ),
        (RequestSpec { headers: pair("a b", "c"), ..spec(q) }, "request.headers: "),
        (RequestSpec { headers: pair("a", "c\r\nd: e"), ..spec(q) }, "request.headers.a: "),
        (RequestSpec { content_type: Some("a/b".to_owned()), ..spec(q) }, "request.content_type: "),
    ];
    for (spec, said) in cases {
        let error = RequestTemplate::new(&spec).expect_err(said).to_string();
        assert!(error.starts_with(said) && !error.contains('\n'), "{said} / {error}");
    }
}

proptest! {
    #[test]
    fn different_queries_have_different_rows(
        queries in prop::collection::hash_set("[ -~ї%/.?#]{1,4}", 2..20),
    ) {
        let form = RequestSpec { form: pair("q", "{query}"), ..spec("https://a.test/s") };
        for spec in [spec("https://a.test/?q={query}"), spec("https://a.test/s/{query}"), form] {
            let template = template(&spec);
            let rows: Vec<_> =
                queries.iter().filter_map(|query| template.row_url(query).ok()).collect();
            let distinct: HashSet<_> = rows.iter().map(|row| row.url.clone()).collect();
            prop_assert_eq!(distinct.len(), rows.len());
        }
    }
}

#[test]
fn a_row_goes_to_the_url_that_parsing_the_whole_text_gives() {
    let urls = [
        "https://Shop.example/s?q={query}",
        "http://shop.example:80?q={query}&x={query}",
        "https://shop.example/a/../b?a=%7e%zz&q=x{query}y&'\"<>[]|^`",
        "https://shop.example/s?{query}",
        "https://shop.example/s??q={query}",
        "https://shop.example/{query}/s?q={query}",
        "https://shop.example/s?\u{43f}=%d0%bf{query}\t \n",
        "https://user:word@shop.example./s?q={query}",
    ];
    for url in urls {
        let spec = RequestSpec { url: url.to_owned(), ..RequestSpec::default() };
        let Ok(template) = RequestTemplate::new(&spec) else { panic!("{url}") };
        for query in ["", "a", "a b", "\u{43f}\u{440}", "'%41&=#?/", "..x"] {
            let whole = Text::parse(url.trim()).unwrap().fill(&Escape::Url.write(query));
            let parsed = CanonicalUrl::parse(&whole).unwrap();
            assert_eq!(template.row_url(query).unwrap().url, parsed.as_str(), "{url} {query}");
            let filled = template.fill(query).unwrap();
            assert_eq!(filled.url, parsed);
            assert_eq!(template.fill_at(parsed, query), filled);
        }
    }
}

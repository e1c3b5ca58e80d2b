use super::*;

fn field(name: &str, path: &str) -> FieldSpec {
    FieldSpec { name: name.to_owned(), path: path.to_owned(), ..FieldSpec::default() }
}

fn kind(name: &str, path: &str) -> ResultSpec {
    ResultSpec { name: name.to_owned(), path: path.to_owned(), ..ResultSpec::default() }
}

/// A shop's answers: words, products with fields, categories.
fn shop() -> TipReader {
    let tidy = CleaningSpec { strip_tags: true, trim: true, ..CleaningSpec::default() };
    let price = FieldSpec { cleaning: tidy, ..field("price", "$.price") };
    let products = ResultSpec {
        fields: vec![field("url", "$.url"), field("name", "$.name"), price],
        ..kind("products", "$.products[*]")
    };
    let categories = ResultSpec {
        text: Some(field("text", "$.names[0]")),
        ..kind("categories", "$.categories[*]")
    };
    TipReader::new(&[kind("query", "$.query[*]"), products, categories]).unwrap()
}

fn texts(reading: &Reading, result: usize) -> Vec<&str> {
    let of_kind = reading.tips.iter().filter(|tip| tip.result == result);
    of_kind.map(|tip| tip.text.as_str()).collect()
}

#[test]
fn several_kinds_are_read_side_by_side_with_their_fields_and_ranks() {
    let reading = shop()
        .read(
            "\u{feff} {\"query\": [\"galaxy\", \"gal\\u0430\"], \"products\": [
                {\"name\": \"A\", \"url\": \"/a\", \"price\": \"<b>1 299</b> &#8372; \"},
                {\"name\": \"B\", \"price\": null, \"more\": {}}],
                \"categories\": [{\"names\": [\"Phones\", \"x\"]}]}",
        )
        .unwrap();
    assert_eq!(reading.counts, [2, 2, 1]);
    assert_eq!(texts(&reading, 0), ["galaxy", "gal\u{430}"]);
    assert_eq!(texts(&reading, 1), ["A", "B"]);
    assert_eq!(texts(&reading, 2), ["Phones"]);
    let first = &reading.tips[2];
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(first.fields, [some("/a"), some("A"), some("1 299 ₴")]);
    assert_eq!((first.rank, reading.tips[3].rank), (1, 2));
    assert_eq!(reading.tips[3].fields, [None, some("B"), None]);
}

#[test]
fn every_way_of_saying_nothing_is_an_answer_with_no_tip() {
    let nothing =
        ["", " \r\n", "null", "\"\"", "[]", "{}", r#"{"query": []}"#, r#"{"query": null}"#];
    for body in nothing {
        let reading = shop().read(body).unwrap();
        assert_eq!((reading.tips.len(), reading.counts), (0, vec![0, 0, 0]), "{body}");
    }
    let partly = shop().read(r#"{"query": ["", null, "x"], "products": [{}, 7]}"#).unwrap();
    assert_eq!(partly.counts, [2, 2, 0], "an empty tip takes a place in the answer");
    assert_eq!(texts(&partly, 0), ["x"]);
    assert_eq!(partly.tips[0].rank, 2);
    assert_eq!(texts(&partly, 1), ["7"]);
}

#[test]
fn numbers_booleans_and_objects_have_a_text() {
    let reader = TipReader::new(&[ResultSpec {
        fields: vec![field("all", "$"), field("first", "$.a[*]")],
        ..kind("any", "$[*]")
    }])
    .unwrap();
    let reading = reader.read(r#"[1, 2.5, true, {"a": [null, "x"]}, [1]]"#).unwrap();
    assert_eq!(texts(&reading, 0), ["1", "2.5", "true", "", ""]);
    assert_eq!(reading.tips[3].fields[0].as_deref(), Some(r#"{"a":[null,"x"]}"#));
    assert_eq!(reading.tips[3].fields[1].as_deref(), Some("x"));
}

#[test]
fn an_answer_that_is_no_json_or_too_much_of_it_is_refused() {
    for body in ["<html>", "{", "[1,]", "[1] x", "nul", "{\"query\": [\"\\ud800\"]}"] {
        let error = shop().read(body).unwrap_err();
        assert!(matches!(error, AnswerError::Json(_)), "{body}: {error}");
        assert!(!error.to_string().contains('\n'));
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(shop().read(&deep), Err(AnswerError::Shape(ShapeError::Deep)));
    let wide = format!("[{}1]", "1,".repeat(300_000));
    assert_eq!(shop().read(&wide), Err(AnswerError::Shape(ShapeError::Large)));
    let whole = ResultSpec { fields: vec![field("a", "$")], ..kind("x", "$..*") };
    let body = format!("{}\"{}\"{}", "[".repeat(60), "x".repeat(1 << 20), "]".repeat(60));
    assert_eq!(TipReader::new(&[whole]).unwrap().read(&body), Err(AnswerError::Text));
}

#[test]
fn a_broken_rule_names_its_key_and_says_how_to_write_it() {
    let problem = |spec: ResultSpec| TipReader::new(&[spec]).unwrap_err().to_string();
    let path = problem(kind("query", "query[*]"));
    assert!(path.starts_with("results.query.path: ") && path.contains("$.query[*]"), "{path}");
    let bad = FieldSpec {
        cleaning: CleaningSpec { pattern: Some("(".to_owned()), ..CleaningSpec::default() },
        ..field("price", "$.price")
    };
    let regex = problem(ResultSpec { fields: vec![bad], ..kind("products", "$[*]") });
    assert!(regex.starts_with("results.products.fields.price: \"(\" is no regex"), "{regex}");
    assert!(!path.contains('\n') && !regex.contains('\n'));
    assert!(TipReader::new(&[]).unwrap_err().to_string().starts_with("results: "));
}

/// Products of a shop's list in markup.
fn markup(html: Option<&str>) -> TipReader {
    let css = |name: &str, css: &str| FieldSpec { css: Some(css.to_owned()), ..field(name, "") };
    let price = FieldSpec {
        cleaning: CleaningSpec {
            pattern: Some(r"[\d ]+".to_owned()),
            trim: true,
            ..CleaningSpec::default()
        },
        ..css("price", ".price")
    };
    TipReader::new(&[ResultSpec {
        css: Some("li.suggestion".to_owned()),
        html: html.map(str::to_owned),
        text: Some(css("text", "a")),
        fields: vec![css("url", "a@href"), price],
        ..kind("products", "")
    }])
    .unwrap()
}

const LIST: &str = "<ul><li class=suggestion><a href='/1'>Galaxy <b>S</b>24</a><i class=price>1 299 uah</i>\
    <li class='suggestion x'><a>No &amp; link</a><li class=other>x<li class=suggestion> </ul>";

#[test]
fn tips_in_markup_are_read_by_selectors_with_their_fields_and_ranks() {
    let within = serde_json::json!({"ok": true, "html": LIST}).to_string();
    for (reader, body) in [(markup(None), LIST), (markup(Some("$.html")), &within)] {
        let reading = reader.read(body).unwrap();
        assert_eq!((reading.counts, reading.tips.len()), (vec![3], 2), "an empty one is counted");
        let [first, second] = reading.tips.as_slice() else { panic!() };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!((first.text.as_str(), first.rank), ("Galaxy S24", 1));
        assert_eq!(first.fields, [some("/1"), some("1 299")]);
        assert_eq!((second.text.as_str(), second.rank), ("No & link", 2));
        assert_eq!(second.fields, [None, None]);
    }
}

#[test]
fn markup_that_holds_nothing_has_no_tip_and_what_is_too_deep_is_refused() {
    for body in ["", "<ul></ul>", "no markup", "[]"] {
        assert_eq!(markup(None).read(body).unwrap().counts, [0], "{body}");
    }
    for body in ["{}", "null", r#"{"html": null}"#, r#"{"html": ""}"#] {
        assert_eq!(markup(Some("$.html")).read(body).unwrap().counts, [0], "{body}");
    }
    assert!(matches!(markup(Some("$.html")).read("<ul>"), Err(AnswerError::Json(_))));
    let deep = markup(None).read(&"<div>".repeat(5_000));
    assert!(matches!(deep, Err(AnswerError::Html(_))), "{deep:?}");
}

#[test]
fn a_broken_selector_names_its_key() {
    let problem = |change: &dyn Fn(&mut ResultSpec)| {
        let css = FieldSpec { css: Some("b".to_owned()), ..field("price", "") };
        let mut spec =
            ResultSpec { css: Some("li".to_owned()), fields: vec![css], ..kind("products", "") };
        change(&mut spec);
        TipReader::new(&[spec]).unwrap_err().to_string()
    };
    let wrong = || Some("a[".to_owned());
    assert!(problem(&|spec| spec.css = wrong()).starts_with("results.products.css: "));
    assert!(problem(&|spec| spec.path = "$".to_owned()).starts_with("results.products.path: "));
    assert!(problem(&|spec| spec.html = wrong()).starts_with("results.products.html: "));
    assert!(problem(&|spec| spec.css = None).starts_with("results.products.css: say which"));
    let key = "results.products.fields.price";
    assert!(problem(&|spec| spec.fields[0].css = wrong()).starts_with(&format!("{key}.css: ")));
    assert!(problem(&|spec| spec.fields[0].css = None).starts_with(&format!("{key}: give css")));
    let text = |spec: &mut ResultSpec| {
        spec.text = Some(FieldSpec { css: wrong(), ..field("text", "") });
    };
    assert!(problem(&text).starts_with("results.products.text.css: "));
}

#[test]
fn an_object_is_called_what_the_server_calls_it() {
    let reader = TipReader::new(&[kind("categories", "$[*]")]).unwrap();
    let read = reader.read(r#"[{"name": " Phones "}, {"title": "x"}, {"name": 7}, "Cases"]"#);
    let tips = read.unwrap().tips;
    let texts: Vec<&str> = tips.iter().map(|tip| tip.text.trim()).collect();
    assert_eq!(texts, ["Phones", "7", "Cases"]);
}

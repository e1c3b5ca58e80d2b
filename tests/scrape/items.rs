//! What is taken: fields that are missing, required, keys, own pages, other sources.

use super::*;
use crate::common::http::Reply;
use crate::common::site::Pages;
use crate::common::sites::books::Shop;
use crate::common::sites::quotes;

fn books(site: &Site) -> Vec<String> {
    let mut arguments = vec!["scrape".to_owned(), site.at("/")];
    for (option, value) in [
        ("--item", "article.product_pod"),
        ("--field", "title=h3 a@title"),
        ("--field", "price:number=.price_color"),
        ("--field", "available=.availability"),
        ("--field", "url=h3 a@href"),
        ("--next", "li.next a"),
    ] {
        arguments.extend([option.to_owned(), value.to_owned()]);
    }
    arguments.extend(FAST.map(str::to_owned));
    arguments
}

const DETAIL: [&str; 6] = [
    "--detail",
    "url",
    "--detail-field",
    "upc=table tr:first-child td",
    "--detail-field",
    "description=#product_description + p",
];

fn with(items: Vec<Value>, names: &[&str]) -> Vec<Value> {
    let keep = |item: Value| {
        let kept = item.as_object().unwrap().iter();
        Value::Object(
            kept.filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        )
    };
    items.into_iter().map(keep).collect()
}

#[test]
fn fields_of_an_items_own_page_are_merged_into_it() {
    let (crawld, shop) = (Crawld::new(), Shop::new());
    let site = shop.pages().open();
    run(&crawld, 0, &books(&site), &DETAIL);
    let names = ["title", "price", "available", "url", "upc", "description"];
    let items = fields(exported(&crawld, &[]));
    assert_eq!(items.len(), 55);
    assert_eq!(items, with(shop.detailed(&site.url()), &names));
    assert_eq!(site.requests(), 3 + 55);
}

#[test]
fn of_each_page_no_more_items_are_taken_than_may_be() {
    let (crawld, shop) = (Crawld::new(), Shop::new());
    let site = shop.pages().open();
    run(&crawld, 0, &books(&site), &["--max-items", "10"]);
    let titles = |items: Vec<Value>| -> Vec<Value> {
        items.into_iter().map(|item| item["title"].clone()).collect()
    };
    let all = titles(shop.items(&site.url()));
    let pages = all.chunks(20).flat_map(|page| page.iter().take(10).cloned());
    assert_eq!(titles(exported(&crawld, &[])), pages.collect::<Vec<_>>());
}

#[test]
fn an_item_whose_own_page_fails_is_kept_without_its_fields_and_counted() {
    let item = |n: usize| format!("<li><a href='/item/{n}'>item {n}</a></li>");
    let list: String = (1..=3).map(item).collect();
    let site = Pages::new()
        .page("/", &list)
        .page("/item/1", "<h1>One</h1>")
        .redirect("/item/3", 302, "/moved/3")
        .redirect("/moved/3", 302, "/there/3")
        .page("/there/3", "<h1>Three</h1>")
        .open();
    let crawld = Crawld::new();
    let mut arguments: Vec<&str> =
        vec!["scrape", "--item", "li", "--field", "name=a", "--field", "url=a@href"];
    arguments.extend(["--detail", "url", "--detail-field", "head=h1"]);
    arguments.extend(FAST);
    let root = site.at("/");
    arguments.push(&root);
    crawld.expect(0, &arguments);
    let items = exported(&crawld, &[]);
    let heads: Vec<&Value> = items.iter().map(|item| &item["head"]).collect();
    assert_eq!(heads, [&Value::from("One"), &Value::Null, &Value::from("Three")]);
    assert_eq!(report(&crawld)["items"]["details_failed"], 1);
}

#[test]
fn a_missing_field_is_null_and_counted_and_costs_no_item() {
    let market = Market::new(Portal::Utility);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let finished = {
        let arguments = by_link(Portal::Utility, &site.at(market.start()));
        let loud: Vec<String> = arguments.into_iter().filter(|a| a != "--quiet").collect();
        run(&crawld, 0, &loud, &[])
    };
    let items = exported(&crawld, &[]);
    assert_eq!(items.len(), 47);
    let lacking = |field: &str| items.iter().filter(|item| item[field].is_null()).count();
    let (titles, prices) = (lacking("title"), lacking("price"));
    assert!(titles > 0 && prices > 0, "{titles} {prices}");
    let report = report(&crawld);
    let told = |field: &str| {
        let all = report["items"]["fields"].as_array().unwrap();
        let one = all.iter().find(|told| told["field"] == field).unwrap();
        usize::try_from(one["missing"].as_i64().unwrap() + one["unread"].as_i64().unwrap()).unwrap()
    };
    assert_eq!((told("title"), told("price")), (titles, prices), "{report}");
    assert!(finished.stdout.contains("47 items"), "{}", finished.stdout);
    assert!(finished.stdout.contains(&format!("title: {titles}")), "{}", finished.stdout);
}

#[test]
fn an_item_without_a_required_field_is_left_out_and_counted() {
    let market = Market::new(Portal::Classic);
    let (crawld, site) = (Crawld::new(), market.pages().open());
    let arguments = by_link(Portal::Classic, &site.at(market.start()));
    run(&crawld, 0, &arguments, &["--required", "price"]);
    let priced = market.items(&site.url()).into_iter().filter(|item| !item["price"].is_null());
    let priced: Vec<Value> = priced.collect();
    assert_eq!(fields(exported(&crawld, &[])), priced);
    assert_eq!(report(&crawld)["items"]["dropped"], 47 - priced.len());
}

#[test]
fn items_with_the_same_key_are_one_on_whatever_pages_they_stand() {
    let site = Pages::new()
        .page("/", "<li id=1>one</li><li id=2>two</li><li id=1>uno</li><a rel=next href=/2>on</a>")
        .page("/2", "<li id=2>zwei</li><li id=3>drei</li>")
        .open();
    let crawld = Crawld::new();
    let root = site.at("/");
    let mut arguments = vec!["scrape", &root, "--item", "li", "--next", "a[rel=next]"];
    arguments.extend(["--field", "id=:scope@id", "--field", "name=:scope", "--key", "id"]);
    arguments.extend(FAST);
    crawld.expect(0, &arguments);
    let names: Vec<Value> =
        exported(&crawld, &[]).iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["one", "two", "drei"], "the first one counts");
    assert_eq!(report(&crawld)["items"]["repeated"], 2);
}

#[test]
fn json_answers_are_read_by_paths_and_lists_stay_lists() {
    let (crawld, site) = (Crawld::new(), quotes::pages().open());
    let template = site.at("/api/quotes?page={page}");
    let mut arguments = vec!["scrape", "--source", "json", "--item", "$.quotes[*]"];
    arguments.extend(["--field", "text=$.text", "--field", "author=$.author.name"]);
    arguments.extend(["--field", "tags=$.tags", "--more", "$.has_next"]);
    arguments.extend(["--page-template", &template]);
    arguments.extend(FAST);
    crawld.expect(0, &arguments);
    assert_eq!(site.requests(), 5);
    assert_eq!(fields(exported(&crawld, &[])), quotes::items());
    let rows = crawld.export("items", &[]);
    let tags: Vec<String> = serde_json::from_str(&rows[0]["tags"]).unwrap();
    let first: Vec<String> = serde_json::from_value(quotes::items()[0]["tags"].clone()).unwrap();
    assert_eq!(tags, first, "a list is JSON in a cell");
    assert_eq!(rows[0]["ordinal"], "1");
    assert_eq!(rows[0]["page"], site.at("/api/quotes?page=1"));
}

#[test]
fn a_job_killed_anywhere_has_every_item_once_in_the_end() {
    for after in [1, 3, 9, 20, 41] {
        let (crawld, shop) = (Crawld::new(), Shop::new());
        let site = shop.pages().open();
        let mut arguments = books(&site);
        arguments.extend(DETAIL.map(str::to_owned));
        arguments.extend(["--concurrency", "2"].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let running = crawld.spawn(&arguments);
        assert!(site.wait_for(after, std::time::Duration::from_mins(1)));
        running.kill();
        crawld.expect(0, &arguments);
        let items = fields(exported(&crawld, &[]));
        let names = ["title", "price", "available", "url", "upc", "description"];
        assert_eq!(items, with(shop.detailed(&site.url()), &names), "killed at {after}");
        let report = report(&crawld);
        assert_eq!(report["urls"]["done"], 58, "killed at {after}: {report}");
        assert_eq!(report["items"]["repeated"], 0, "killed at {after}: {report}");
        assert!(site.requests() <= 58 + 4, "{} requests", site.requests());
    }
}

#[test]
fn items_and_suggestions_need_no_job_to_be_named_among_several() {
    let site = Pages::new()
        .page("/list", "<li><b>one</b><i>1</i></li>")
        .page("/other", "<li><b>two</b></li>")
        .otherwise(|_| Reply::body("application/json", "[\"a tip\"]"))
        .page("/", "home")
        .open();
    let crawld = Crawld::new();
    let at = |path: &str| site.at(path);
    let scrape = |path: &str, name: &str, fields: &[&str]| {
        let start = at(path);
        let own = ["scrape", &start, "--item", "li", "--job", name];
        crawld.expect(0, &[&own[..], fields, &FAST].concat());
    };
    scrape("/list", "first", &["--field", "name=b", "--field", "size=i"]);
    let tips = at("/tips?q={query}");
    let suggest = ["suggest", &tips, "--tips", "$[*]", "--alphabet", "a", "--max-length", "1"];
    crawld.expect(0, &[&suggest[..], &["--job", "tips"], &FAST].concat());
    crawld.expect(0, &[&["crawl", &at("/")], &FAST[..]].concat());
    let items = crawld.export("items", &[]);
    assert_eq!(items.len(), 1);
    assert_eq!((&*items[0]["job"], &*items[0]["size"]), ("first", "1"));
    assert_eq!(crawld.export("suggestions", &[])[0]["text"], "a tip");
    scrape("/other", "second", &["--field", "name=b"]);
    let items = crawld.export("items", &["--sorted"]);
    let cells: Vec<_> = items.iter().map(|i| [&*i["job"], &*i["name"], &*i["size"]]).collect();
    assert_eq!(cells, [["first", "one", "1"], ["second", "two", ""]]);
    for what in ["pages", "links", "failures"] {
        let said = crawld.expect(2, &["export", "--what", what]).stderr;
        assert!(said.contains("which job?"), "{what}: {said}");
    }
    let said = crawld.expect(2, &["export", "--what", "items", "--job", "tips"]).stderr;
    assert!(said.contains("job 'tips' is a suggest: only scrape gives items"), "{said}");
    let piped = crawld.expect(0, &["export", "--what", "items", "--output", "-"]).stdout;
    assert!(piped.starts_with("job,page,ordinal,name,size\n"), "{piped}");
    assert!(!crawld.path().join("-").exists());
}

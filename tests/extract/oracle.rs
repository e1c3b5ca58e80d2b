//! Our tokenizer against one that is used the world over.

use std::cell::RefCell;
use std::rc::Rc;

use lol_html::{HtmlRewriter, Settings, element};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{html, targets};

/// Markup that both read alike: without `noscript`, which we read as a browser without scripts.
const PIECES: [&str; 44] = [
    "<a href=/1>",
    "<a href='/2'>",
    "<A HREF=\"/3\" class=x>",
    "<a\thref = /4 />",
    "<a x href=/5>",
    "<a title='>' href=/6>",
    "<a title=it's href=/7>",
    "<a \"x' href=/8>",
    "<a href=/9/>",
    "<a =x href=/10>",
    "<area href=/11>",
    "</a>",
    "</a x='>'>",
    "<b>",
    "</b>",
    "<div a=b>",
    "</div>",
    "<!-- <a href=/12> -->",
    "<!-->",
    "<!--->",
    "<!--",
    "-->",
    "--!>",
    "<!doctype html>",
    "<?x>",
    "</ x>",
    "<script>",
    "</script>",
    "<script><!--",
    "<script",
    "</script",
    "<style>",
    "</style >",
    "<textarea>",
    "</textarea/>",
    "<xmp>",
    "</xmp>",
    "<iframe>",
    "</iframe>",
    " a<b ",
    "<",
    ">",
    "text",
    "'",
];

fn oracle(markup: &str) -> Vec<String> {
    let found = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&found);
    let settings = Settings::new().with_strict(false).append_element_content_handler(element!(
        "a[href], area[href]",
        move |el| {
            sink.borrow_mut().extend(el.get_attribute("href"));
            Ok(())
        }
    ));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    rewriter.write(markup.as_bytes()).unwrap();
    rewriter.end().unwrap();
    let mut unique = Vec::new();
    for href in found.take() {
        if href.starts_with('/') && !unique.contains(&href) {
            unique.push(href);
        }
    }
    unique
}

#[test]
fn the_same_links_are_found_as_by_another_tokenizer() {
    let config = Config { cases: 20_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]);
    let piece = proptest::sample::select(PIECES.as_slice());
    TestRunner::new_with_rng(config, rng)
        .run(&proptest::collection::vec(piece, 0..25), |pieces| {
            let markup = pieces.concat();
            let page = html(&markup);
            let ours: Vec<_> = targets(&page).into_iter().filter(|t| t.starts_with('/')).collect();
            let ours: Vec<_> = ours.iter().filter(|t| !t.starts_with("/dir/")).copied().collect();
            prop_assert_eq!(ours, oracle(&markup), "{}", markup);
            Ok(())
        })
        .unwrap();
}

//! Search boxes that show what was typed as the first suggestion.

use crate::common::run::Crawld;
use crate::common::sites::suggestions::Suggestions;
use crate::common::tips::endpoint::{Endpoint, Match};
use crate::common::tips::words;
use crate::{harvest, tips};

#[test]
fn an_echo_is_no_tip_and_does_not_lead_to_every_combination() {
    let mut endpoint = Endpoint::new(&words::tips(400, 61), Match::Prefix, 6);
    let findable = endpoint.findable("abcdefghijklmnopqrstuvwxyz", (1, 4));
    (endpoint.cap, endpoint.echoes) = (7, Some(0));
    let shop = Suggestions::of(endpoint);
    let site = shop.pages().open();
    let crawld = Crawld::new();
    let more = ["--alphabet", "a-z", "--max-length", "4", "--strategy", "adaptive", "--yes"];
    harvest(&crawld, &site, &more);
    let found = tips(&crawld.export("suggestions", &[]));
    assert!(findable.len() > 100 && shop.asked() < 3000, "{} {}", findable.len(), shop.asked());
    assert_eq!(found, findable);
    let report = crawld.expect(0, &["report"]).stdout;
    assert!(report.contains("only what begins with a full query is asked"), "{report}");
    assert!(report.contains("queries themselves are shown, and left out"), "{report}");
}

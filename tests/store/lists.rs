//! Lists: what is given again, or after it was found; the hosts that a list names.

use crawld::domain::link::LinkKind;
use crawld::domain::outcome::UrlState;
use crawld::domain::task::Task;
use crawld::domain::url::CanonicalUrl;
use crawld::frontier::record::NewUrl;

use crate::ground::*;

const PAGE: &str = "http://a.test/";
const LINK: &str = "http://b.test/x";

/// A link that is only checked.
fn checked() -> NewUrl {
    NewUrl { task: Task::Check, ..link(LINK, PAGE, 1) }
}

on_both! {
    fn the_hosts_that_a_list_names_are_known_after_a_restart_and_no_others(ground: Ground) {
        ground.offer(&[root(PAGE), root("http://c.test:81/y")], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(PAGE), vec![checked()])]));
        let ground = ground.reopened();
        let mut named = ground.store.named_hosts(ground.job).unwrap();
        let key = |url: &str| CanonicalUrl::parse(url).unwrap().host_key();
        let mut expected = vec![key(PAGE), key("http://c.test:81/")];
        named.sort();
        expected.sort();
        assert_eq!(named, expected);
    }

    fn a_list_given_again_changes_nothing(ground: Ground) {
        let list = [root(PAGE), root(LINK)];
        ground.offer(&list, NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(PAGE), Vec::new())]));
        let offered = ground.offer(&list, NOW + 1);
        assert_eq!((offered.added, offered.woken.len()), (0, 0));
        assert_eq!(ground.page(PAGE).state, UrlState::Done);
    }

    fn a_link_that_was_checked_is_asked_anew_when_it_is_given(ground: Ground) {
        ground.offer(&[root(PAGE)], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(PAGE), vec![checked()])]));
        let row = ground.queued(LINK);
        assert_eq!(row.task, Task::Check);
        ground.commit(2, &settle(vec![done(&row, Vec::new())]));
        assert_eq!(ground.offer(&[root(LINK)], NOW + 1).added, 1);
        let row = ground.queued(LINK);
        assert_eq!((row.task, row.depth), (Task::Main, 0));
        ground.commit(3, &settle(vec![done(&row, Vec::new())]));
        let page = ground.page(LINK);
        assert_eq!((page.via, page.referrer), (LinkKind::Root, None));
        assert_eq!(ground.offer(&[root(LINK)], NOW + 2).added, 0, "once");
    }
}

//! The cookies of a job are its own and last as long as they should.

use crawld::domain::JobId;
use crawld::domain::cookies::{Cookie, CookieKey};
use crawld::frontier::record::Commit;

use crate::ground::*;

fn cookie(name: &str, value: &str, expires_at: Option<i64>) -> Cookie {
    Cookie {
        key: CookieKey {
            domain: "\u{e4}.a.test".to_owned(),
            path: format!("/{}", "p".repeat(1000)),
            name: name.to_owned(),
        },
        value: value.to_owned(),
        host_only: true,
        secure: name.is_empty(),
        http_only: !name.is_empty(),
        expires_at,
        created_at: NOW + i64::try_from(name.len()).unwrap(),
    }
}

fn kept(job: JobId, cookies: &[Cookie]) -> Commit {
    let cookies = cookies.iter().map(|c| (job, (c.key.clone(), Some(c.clone())))).collect();
    Commit { cookies, ..Commit::default() }
}

on_both! {
    fn cookies_come_back_as_they_were_kept_oldest_first(ground: Ground) {
        let long = "n".repeat(1024);
        let all = [
            cookie("", "no name", None),
            cookie("a", "'; DROP TABLE cookie; --", Some(NOW + 1)),
            cookie("\u{442}\u{442}", &"\u{457}".repeat(2000), None),
            cookie(&long, "x", Some(NOW + 2)),
        ];
        let mut shuffled = all.clone();
        shuffled.reverse();
        ground.commit(1, &kept(ground.job, &shuffled));
        assert_eq!(ground.store.cookies(ground.job).unwrap(), all);
        assert_eq!(ground.reader().cookies(ground.job).unwrap(), all);
    }

    fn a_cookie_is_replaced_and_removed(ground: Ground) {
        let (first, second) = (cookie("a", "1", None), cookie("a", "2", Some(NOW + 1)));
        ground.commit(1, &kept(ground.job, &[first.clone(), cookie("b", "x", None)]));
        ground.commit(2, &kept(ground.job, std::slice::from_ref(&second)));
        assert_eq!(ground.store.cookies(ground.job).unwrap(), [second, cookie("b", "x", None)]);
        let gone = vec![(ground.job, (first.key, None))];
        ground.commit(3, &Commit { cookies: gone.clone(), ..Commit::default() });
        ground.commit(4, &Commit { cookies: gone, ..Commit::default() });
        assert_eq!(ground.store.cookies(ground.job).unwrap(), [cookie("b", "x", None)]);
    }

    fn jobs_have_jars_of_their_own_that_go_with_them(ground: Ground) {
        let other = ground.store.create_job(&new_job("k"), NOW).unwrap().id;
        ground.commit(1, &kept(ground.job, &[cookie("a", "1", None)]));
        ground.commit(2, &kept(other, &[cookie("a", "2", None)]));
        ground.commit(3, &kept(JobId(77), &[cookie("a", "3", None)]));
        assert_eq!(ground.store.cookies(ground.job).unwrap(), [cookie("a", "1", None)]);
        assert!(ground.store.cookies(JobId(77)).unwrap().is_empty(), "there is no such job");
        while !ground.store.forget(ground.job, 1).unwrap() {}
        assert!(ground.store.cookies(ground.job).unwrap().is_empty());
        assert_eq!(ground.store.cookies(other).unwrap(), [cookie("a", "2", None)]);
    }

    fn a_new_pass_begins_with_the_cookies_that_last(ground: Ground) {
        let lasting = cookie("a", "1", Some(NOW + 1));
        ground.commit(1, &kept(ground.job, &[lasting.clone(), cookie("b", "2", None)]));
        ground.store.start_pass(ground.job, NOW).unwrap();
        assert_eq!(ground.store.cookies(ground.job).unwrap(), [lasting]);
    }

    fn a_batch_applied_twice_keeps_a_cookie_once(ground: Ground) {
        let batch = kept(ground.job, &[cookie("a", "1", None)]);
        ground.commit(1, &batch);
        assert!(ground.commit(1, &batch).repeated);
        assert_eq!(ground.store.cookies(ground.job).unwrap().len(), 1);
    }

    fn a_store_without_cookies_is_brought_up_to_date(ground: Ground) {
        ground.offer(&[root("http://a.test/")], NOW);
        ground.sql(
            "DROP TABLE cookie; \
             DELETE FROM __diesel_schema_migrations WHERE version = '20261121000001'",
        );
        let ground = ground.reopened();
        ground.commit(1, &kept(ground.job, &[cookie("a", "1", None)]));
        assert_eq!(ground.store.cookies(ground.job).unwrap().len(), 1);
        assert_eq!(ground.pages().len(), 1, "what was stored is still there");
    }
}

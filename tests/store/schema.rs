//! The schema itself: for people to read, and to go back and forth.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationVersion;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::ground::*;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

#[derive(QueryableByName, Debug, PartialEq)]
struct Line {
    #[diesel(sql_type = sql_types::Text)]
    line: String,
}

/// What a selection of one text column called `line` gives, sorted.
pub(crate) fn lines(ground: &Ground, sql: &str) -> Vec<String> {
    let sql = format!("SELECT {sql} ORDER BY 1");
    let lines: Vec<Line> = if ground.is_postgres() {
        sql_query(sql).load(&mut PgConnection::establish(&ground.url).unwrap()).unwrap()
    } else {
        let path = ground.url.trim_start_matches("sqlite://").replace('%', "%25");
        let mut conn = SqliteConnection::establish(&format!("file:{path}")).unwrap();
        sql_query(sql).load(&mut conn).unwrap()
    };
    lines.into_iter().map(|row| row.line).collect()
}

/// Takes back all migrations but the first few.
pub(crate) fn go_back_to(ground: &Ground, left: usize) {
    fn back<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
        conn: &mut C,
        all: fn() -> EmbeddedMigrations,
        left: usize,
    ) where
        EmbeddedMigrations: diesel::migration::MigrationSource<DB>,
    {
        while conn.applied_migrations().unwrap().len() > left {
            conn.revert_last_migration(all()).unwrap();
        }
    }
    if ground.is_postgres() {
        back(&mut PgConnection::establish(&ground.url).unwrap(), || POSTGRES, left);
    } else {
        let path = ground.url.trim_start_matches("sqlite://").replace('%', "%25");
        let file = format!("file:{path}");
        back(&mut SqliteConnection::establish(&file).unwrap(), || SQLITE, left);
    }
}

on_both! {
    fn the_views_show_what_the_contract_names(ground: Ground) {
        let a = "http://a.test/";
        ground.offer(&[root(a)], NOW);
        let found = vec![link("http://b.test/", a, 1), link("http://a.test/c", a, 1)];
        ground.commit(1, &settle(vec![done(&ground.queued(a), found)]));
        let c = ground.queued("http://a.test/c");
        ground.commit(2, &settle(vec![failed(&c, crawld::domain::outcome::Reason::Http(404))]));

        let pages = "job || ' ' || url || ' ' || state || ' ' || coalesce(status, 0) || ' ' || depth \
            || ' ' || coalesce(referrer, '-') || ' ' || tries || ' ' || coalesce(links, -1) \
            || ' ' || coalesce(new_links, -1) || ' ' || coalesce(title, '-') \
            || ' ' || coalesce(substr(digest, 1, 11), '-') || ' ' || coalesce(fetched_at, '-') \
            || ' ' || coalesce(elapsed_ms, -1) AS line FROM v_pages WHERE state <> 'failed'";
        assert_eq!(lines(&ground, pages), [
            "j http://a.test/ done 200 0 - 1 2 2 A title sha256:abab 2025-10-09T08:53:20.007Z 40",
            "j http://b.test/ queued 0 1 http://a.test/ 0 -1 -1 - - - -1",
        ]);
        assert_eq!(
            lines(&ground, "url || ' ' || reason AS line FROM v_failures"),
            ["http://a.test/c http_404"]
        );
        assert_eq!(
            lines(&ground, "job || ' ' || host || ' ' || url || ' ' || due_at AS line FROM v_queue"),
            ["j b.test http://b.test/ 2025-10-09T08:53:20.000Z"]
        );
        assert_eq!(
            lines(&ground, "host || ' ' || asked || ' ' || fails AS line FROM v_hosts WHERE NOT leased"),
            ["a.test 2 0", "b.test 0 0"]
        );
        assert_eq!(
            lines(&ground, "source || ' ' || target || ' ' || kind AS line FROM v_links"),
            ["http://a.test/ http://a.test/c a", "http://a.test/ http://b.test/ a"],
            "the links that discovered, for a job that stores no others"
        );
    }

    fn every_kind_of_link_has_its_name_in_the_views(ground: Ground) {
        let kinds = crawld::domain::link::LinkKind::ALL;
        let urls: Vec<_> = kinds
            .into_iter()
            .map(|kind| {
                let mut url = link(&format!("http://a.test/{kind}"), "http://a.test/", 1);
                url.kind = kind;
                url
            })
            .collect();
        ground.offer(&[root("http://a.test/")], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued("http://a.test/"), urls)]));
        let mut expected: Vec<_> = kinds.iter().map(|k| format!("http://a.test/{k} {k}")).collect();
        expected.sort();
        let mut named = lines(&ground, "target || ' ' || kind AS line FROM v_links");
        named.sort();
        assert_eq!(named, expected);
    }

    fn a_store_of_the_first_version_is_brought_up_to_date_with_all_it_holds(ground: Ground) {
        let a = "http://a.test/";
        ground.offer(&[root(a)], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(a), vec![link("http://b.test/", a, 1)])]));
        let before = ground.pages();
        go_back_to(&ground, 1);
        let ground = ground.opened_again();
        assert_eq!(ground.pages(), before);
        assert_eq!(ground.take("b.test", NOW)[0].role, crawld::domain::role::Role::Page);
    }

    fn migrations_go_up_down_and_up_again(ground: Ground) {
        fn cycle<DB: diesel::backend::Backend, C: MigrationHarness<DB> + SimpleConnection>(
            conn: &mut C,
            all: fn() -> EmbeddedMigrations,
        ) -> Vec<MigrationVersion<'static>>
        where
            EmbeddedMigrations: diesel::migration::MigrationSource<DB>,
        {
            conn.revert_all_migrations(all()).unwrap();
            conn.batch_execute("CREATE TABLE urls (a INTEGER); DROP TABLE urls").unwrap();
            conn.run_pending_migrations(all()).unwrap();
            conn.revert_all_migrations(all()).unwrap();
            conn.run_pending_migrations(all()).unwrap();
            conn.applied_migrations().unwrap()
        }
        let (url, postgres) = (ground.url.clone(), ground.is_postgres());
        let applied = if postgres {
            cycle(&mut PgConnection::establish(&url).unwrap(), || POSTGRES)
        } else {
            let path = url.trim_start_matches("sqlite://").replace('%', "%25");
            cycle(&mut SqliteConnection::establish(&format!("file:{path}")).unwrap(), || SQLITE)
        };
        assert!(!applied.is_empty());
        let store = &ground.store;
        store.register("again", NOW, LEASE).unwrap();
        store.create_job(&new_job("again"), NOW).unwrap();
    }
}

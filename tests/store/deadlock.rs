//! Two transactions wait for each other: PostgreSQL ends one of them, which is simply repeated.

use std::thread;

use crawld::frontier::record::{Commit, JobDelta};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types};

use crate::ground::*;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

#[test]
fn a_commit_that_the_database_ends_for_a_deadlock_is_made_again() {
    let ground = Ground::postgres();
    let mut other = PgConnection::establish(&ground.url).unwrap();
    // The store waits for the job, this one for the store's node, and does not look for deadlocks.
    other.batch_execute("SET deadlock_timeout = '1h'; BEGIN; UPDATE job SET asked = 0").unwrap();
    let mut watch = PgConnection::establish(&ground.url).unwrap();
    let mut waiting = |wanted: i64| {
        let sql = "SELECT COUNT(*) AS rows FROM pg_locks WHERE NOT granted AND pid IN \
                   (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        while sql_query(sql).get_result::<Count>(&mut watch).unwrap().rows < wanted {
            thread::yield_now();
        }
    };
    let delta = JobDelta { job: Some(ground.job), bytes: 7, ..JobDelta::default() };
    let batch = Commit { jobs: vec![delta], ..Commit::default() };
    thread::scope(|scope| {
        let commit = scope.spawn(|| ground.commit(1, &batch));
        waiting(1);
        // It comes to this when the store's transaction has been ended.
        other.batch_execute("UPDATE node SET name = name; COMMIT").unwrap();
        assert!(!commit.join().unwrap().repeated);
    });
    assert_eq!(ground.job_row().bytes, 7);
}

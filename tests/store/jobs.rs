//! Jobs come, change and go.

use crawld::domain::JobId;
use crawld::frontier::record::JobDelta;
use crawld::store::{JobPass, JobState, NewJob, Offered, Origin, StoreErrorKind};

use crate::ground::*;

on_both! {
    fn a_job_is_stored_as_it_was_given(ground: Ground) {
        let spec = r#"{"roots":["http://a.test/"]}"#.to_owned();
        let new = NewJob { origin: Origin::File, spec, ..new_job("docs") };
        let created = ground.store.create_job(&new, NOW + 5).unwrap();
        assert_eq!(ground.store.job_by_name("docs").unwrap(), Some(created.clone()));
        assert_eq!((created.pass, created.state), (1, JobState::Running));
        assert_eq!((created.origin, created.spec), (Origin::File, new.spec));
        assert_eq!((created.started_at, created.pass_started_at), (NOW + 5, NOW + 5));
        let names: Vec<_> = ground.store.jobs().unwrap().into_iter().map(|job| job.name).collect();
        assert_eq!(names, ["docs", "j"]);
        assert_eq!(ground.store.job_by_name("nowhere").unwrap(), None);
    }

    fn a_name_is_given_once(ground: Ground) {
        let error = ground.store.create_job(&new_job("j"), NOW).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Bad);
        assert!(error.message.contains("'j'"), "{error}");
    }

    fn states_and_limits_come_and_go(ground: Ground) {
        let set = |state, limit| ground.store.set_job_state(ground.job, state, limit, NOW + 9);
        for state in JobState::ALL {
            set(state, Some("max_pages")).unwrap();
            let row = ground.job_row();
            assert_eq!((row.state, row.limit_hit.as_deref()), (state, Some("max_pages")));
            assert_eq!(row.finished_at, state.is_final().then_some(NOW + 9));
        }
        set(JobState::Running, None).unwrap();
        assert_eq!((ground.job_row().limit_hit, ground.job_row().finished_at), (None, None));
    }

    fn a_new_pass_starts_its_totals_afresh(ground: Ground) {
        let a = "http://a.test/";
        ground.offer(&[root(a)], NOW);
        ground.commit(1, &settle(vec![done(&ground.queued(a), vec![])]));
        ground.store.offer(&ground.node, ground.job, &[], Some("x"), true, false, NOW).unwrap();
        ground.store.end_pass(ground.job, 1, Some("max_time"), NOW).unwrap();
        let row = ground.store.start_pass(ground.job, NOW + 3).unwrap();
        assert_eq!((row.pass, row.asked, row.cursor, row.exhausted), (2, 0, None, false));
        assert_eq!((row.pass_started_at, row.started_at), (NOW + 3, NOW));
        assert_eq!((row.limit_hit, row.finished_at, row.state), (None, None, JobState::Running));
    }

    fn a_run_of_an_older_pass_neither_ends_the_new_one_nor_gives_it_anything(ground: Ground) {
        let a = "http://a.test/";
        ground.offer(&[root(a)], NOW);
        let mut batch = settle(vec![done(&ground.queued(a), vec![link("http://b.test/", a, 1)])]);
        ground.store.start_pass(ground.job, NOW + 1).unwrap();
        batch.jobs = vec![JobDelta { job: Some(ground.job), pass: 1, bytes: 7, ..JobDelta::default() }];
        let committed = ground.commit(1, &batch);
        assert_eq!((committed.outrun, committed.asked), (vec![ground.job], vec![]));
        assert!(ground.queued(a).tries == 0 && ground.pages().len() == 1);
        let old = JobPass { job: ground.job, pass: Some(1) };
        let store = &ground.store;
        let urls = [root("http://c.test/")];
        let offered = store.offer(&ground.node, old, &urls, Some("c"), true, true, NOW).unwrap();
        assert_eq!(offered, Offered { outrun: true, ..Offered::default() });
        assert!(store.revisit(&ground.node, old, 0, 10, NOW).unwrap().outrun);
        assert!(!store.end_pass(ground.job, 1, None, NOW).unwrap());
        let row = ground.job_row();
        assert_eq!((row.pass, row.state, row.asked), (2, JobState::Running, 0));
        assert_eq!((row.cursor, row.exhausted, row.bytes), (None, false, 0));
        // The run of the new pass is as any other.
        batch.jobs[0].pass = 2;
        let committed = ground.commit(2, &batch);
        assert_eq!((committed.outrun, committed.asked), (vec![], vec![(ground.job, 1)]));
        assert!(store.end_pass(ground.job, 2, None, NOW).unwrap());
        assert_eq!(ground.job_row().state, JobState::Done);
    }

    fn what_a_job_is_can_change(ground: Ground) {
        ground.store.amend_job(ground.job, r#"{"depth":3}"#, None, true).unwrap();
        assert_eq!(ground.job_row().spec, r#"{"depth":3}"#);
    }

    fn a_job_that_is_not_there_is_missed(ground: Ground) {
        let none = JobId(99);
        let errors = [
            ground.store.amend_job(none, "", None, true).unwrap_err(),
            ground.store.end_pass(none, 1, None, NOW).unwrap_err(),
            ground.store.start_pass(none, NOW).unwrap_err(),
            ground.store.offer(&ground.node, none, &[], None, true, false, NOW).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind == StoreErrorKind::Missing), "{errors:?}");
    }

    fn forgetting_a_job_removes_its_data_and_only_its(ground: Ground) {
        let other = ground.store.create_job(&new_job("other"), NOW).unwrap().id;
        let urls: Vec<_> = (0..10).map(|n| root(&format!("http://a.test/{n}"))).collect();
        ground.offer(&urls, NOW);
        ground.store.offer(&ground.node, other, &urls, None, true, false, NOW).unwrap();
        let mut steps = 1;
        while !ground.store.forget(ground.job, 4).unwrap() {
            steps += 1;
        }
        assert_eq!(steps, 5, "3 for the URLs, 1 for the host, 1 for the job");
        assert!(ground.pages().is_empty());
        assert_eq!(ground.store.pages_after(other, i64::MIN, 100).unwrap().len(), 10);
    }
}

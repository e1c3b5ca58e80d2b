//! A harvest in the store: what is asked next, its tips, and what a death or a new plan leaves.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crawld::domain::JobId;
use crawld::domain::harvest::{Reading, RequestSpec, ResultSpec, Tip};
use crawld::domain::job::{HarvestJob, Job, JobSpec, StrategyName, SuggestSpec};
use crawld::domain::outcome::Reason;
use crawld::frontier::gathered::Gathered;
use crawld::frontier::harvests::Harvests;
use crawld::frontier::record::{Commit, QueuedUrl, Settled};
use crawld::store::Refilled;

use crate::ground::*;
use crate::schema::{go_back_to, lines};
use crate::tips::endpoint::{Endpoint, Match};
use crate::tips::words;

/// Queries ahead of what is asked.
const WINDOW: i64 = 40;

fn suggest(alphabet: &str, longest: usize, strategy: StrategyName) -> SuggestSpec {
    SuggestSpec {
        request: RequestSpec {
            url: "http://a.test/s".to_owned(),
            form: vec![("q".to_owned(), "{query}".to_owned())],
            ..RequestSpec::default()
        },
        alphabet: alphabet.to_owned(),
        max_length: longest,
        strategy,
        results: vec![ResultSpec {
            name: "tips".to_owned(),
            path: "$[*]".to_owned(),
            ..ResultSpec::default()
        }],
        ..SuggestSpec::default()
    }
}

fn plan(own: SuggestSpec) -> Arc<HarvestJob> {
    let spec = JobSpec { kind: "suggest".to_owned(), suggest: Some(own), ..JobSpec::default() };
    Arc::clone(Job::new(JobId(1), "j", &spec).unwrap().harvest().unwrap())
}

/// What queries are answered with.
type Answers<'a> = dyn Fn(&str) -> Vec<String> + 'a;

/// A harvest of an endpoint in memory.
struct Crawl {
    ground: Ground,
    of: Arc<HarvestJob>,
    seq: i64,
    asked: Vec<String>,
    most_queued: i64,
    warnings: Vec<String>,
    /// Which queries are answered with 403.
    fails: fn(&str) -> bool,
}

impl Crawl {
    fn new(ground: Ground, own: SuggestSpec) -> Self {
        let (of, warnings) = (plan(own), Vec::new());
        Self { ground, of, seq: 0, asked: Vec::new(), most_queued: 0, warnings, fails: |_| false }
    }

    fn refill(&mut self) -> Refilled {
        let Ground { store, node, job, .. } = &self.ground;
        let refilled = store.refill(node, *job, &self.of, WINDOW, NOW).unwrap();
        self.most_queued = self.most_queued.max(refilled.queued);
        self.warnings.extend(refilled.warnings.clone());
        refilled
    }

    fn rows(&self, most: usize) -> Vec<QueuedUrl> {
        let Ground { store, job, .. } = &self.ground;
        let mut rows = store.take(*job, host("a.test"), most, NOW).unwrap().rows;
        store.name_queries(*job, &mut rows).unwrap();
        rows
    }

    fn commit(&mut self, settled: Vec<Settled>) {
        self.seq += 1;
        let harvests = Harvests(vec![(self.ground.job, Arc::clone(&self.of))]);
        let batch = Commit { harvests, ..settle(settled) };
        for harvested in self.ground.commit(self.seq, &batch).harvested {
            self.warnings.extend(harvested.warnings);
        }
    }

    /// Asks up to so many queries, seven at a time; `true` when there are no more.
    fn ask(&mut self, most: usize, answer: &Answers<'_>) -> bool {
        let end = self.asked.len() + most;
        while self.asked.len() < end {
            let refilled = self.refill();
            let rows = self.rows(7);
            if rows.is_empty() && refilled.exhausted {
                return true;
            }
            let mut settled = Vec::new();
            for row in &rows {
                let query = row.query.as_deref().unwrap();
                self.asked.push(query.to_owned());
                let fails = (self.fails)(query);
                settled.push(if fails {
                    failed(row, Reason::Http(403))
                } else {
                    shows(row, &answer(query))
                });
            }
            self.commit(settled);
        }
        false
    }

    /// The process dies and another one goes on.
    fn dies(mut self) -> Self {
        self.ground = self.ground.reopened();
        self.seq = 0;
        self
    }

    fn tips(&self) -> HashSet<String> {
        lines(&self.ground, "text AS line FROM suggestion").into_iter().collect()
    }

    fn asked_again(&self) -> usize {
        self.asked.len() - self.asked.iter().collect::<HashSet<_>>().len()
    }
}

/// The answer to a query.
fn shows(row: &QueuedUrl, tips: &[String]) -> Settled {
    let tip = |(rank, text): (usize, &String)| Tip {
        result: 0,
        rank,
        text: text.clone(),
        fields: Vec::new(),
    };
    let reading = Reading { tips: (1..).zip(tips).map(tip).collect(), counts: vec![tips.len()] };
    Settled { gathered: Some(Box::new(Gathered::Tips(reading))), ..done(row, Vec::new()) }
}

fn endpoint(matches: Match) -> Endpoint {
    Endpoint::new(&words::tips(400, 51), matches, 6)
}

on_both! {
    fn exhaustive_asks_each_combination_once_in_order_and_never_queues_more_than_a_window(
        ground: Ground
    ) {
        let mut crawl = Crawl::new(ground, suggest("a-d", 3, StrategyName::Exhaustive));
        assert!(crawl.ask(1000, &|query| if query.contains("ab") { vec!["abba".to_owned()] } else { Vec::new() }));
        assert_eq!(crawl.asked.len(), 4 + 16 + 64);
        assert_eq!(crawl.asked[..6], ["a", "b", "c", "d", "aa", "ab"]);
        assert_eq!(crawl.asked.last().unwrap(), "ddd");
        assert_eq!(crawl.asked_again(), 0);
        assert!(crawl.most_queued <= WINDOW, "{}", crawl.most_queued);
        let seen = lines(&crawl.ground, "text || ' ' || seen || ' ' || first_pass AS line FROM suggestion");
        assert_eq!(seen, ["abba 9 1"], "one tip, nine queries that show it");
        let view = lines(&crawl.ground, "job || ' ' || result || ' ' || query || ' ' || rank || ' ' || text AS line FROM v_suggestions");
        assert_eq!(view.len(), 9);
        assert_eq!(view[0], "j tips aab 1 abba");
    }

    fn adaptive_finds_what_there_is_whatever_dies_and_asks_nothing_twice(ground: Ground) {
        let endpoint = endpoint(Match::Infix);
        let mut crawl = Crawl::new(ground, suggest("a-z0-9", 3, StrategyName::Adaptive));
        while !crawl.ask(300, &|query| endpoint.answer(query)) {
            crawl = crawl.dies();
        }
        assert_eq!(crawl.asked_again(), 0, "what is committed is never asked again");
        let letters: String = ('a'..='z').chain('0'..='9').collect();
        let findable = endpoint.findable(&letters, (1, 3));
        assert!(crawl.tips().is_superset(&findable));
        assert!(crawl.asked.len() * 4 < 47_988, "{}", crawl.asked.len());
        let mut again = Crawl::new(Ground::sqlite(), suggest("a-z0-9", 3, StrategyName::Adaptive));
        assert!(again.ask(usize::MAX / 2, &|query| endpoint.answer(query)));
        let (all, whole): (BTreeSet<_>, BTreeSet<_>) =
            (crawl.asked.iter().collect(), again.asked.iter().collect());
        assert_eq!(all, whole, "the deaths changed nothing");
    }

    fn every_combination_of_an_endpoint_that_no_rule_fits_is_queued_a_window_at_a_time(ground: Ground) {
        let found_out = |query: &str| match query.len() {
            1 => (0..6).map(|rank| format!("{query}{rank}")).collect(),
            _ => vec![format!("{query}!")],
        };
        let at_once = |query: &str| vec![format!("{}!", query.len()), "?".to_owned()];
        let found_out: (&Answers<'_>, _) = (&found_out, "every combination is asked from here on");
        for (answer, warning) in [found_out, (&at_once, "so no query can be left out")] {
            for budget in [None, Some(100_000)] {
                let ground = if ground.is_postgres() { Ground::postgres() } else { Ground::sqlite() };
                let own = SuggestSpec { budget, ..suggest("a-f", 4, StrategyName::Adaptive) };
                let mut crawl = Crawl::new(ground, own);
                while !crawl.ask(1500, answer) {
                    crawl = crawl.dies();
                }
                assert!(crawl.warnings.iter().any(|said| said.contains(warning)), "{:?}", crawl.warnings);
                let distinct: HashSet<_> = crawl.asked.iter().collect();
                assert!(distinct.len() >= 1554 && crawl.asked_again() == 0, "{warning}: {}", distinct.len());
                assert!(crawl.most_queued < 7 * WINDOW, "{warning}: {} are queued", crawl.most_queued);
            }
        }
    }

    fn what_lies_behind_failed_queries_is_found_whatever_dies_and_under_a_larger_plan(ground: Ground) {
        let fails = |query: &str| query == "e" || query.bytes().map(usize::from).sum::<usize>().is_multiple_of(19);
        for matches in [Match::Infix, Match::Prefix] {
            let endpoint = endpoint(matches);
            let ground = if ground.is_postgres() { Ground::postgres() } else { Ground::sqlite() };
            let mut crawl = Crawl::new(ground, suggest("a-m", 2, StrategyName::Adaptive));
            crawl.fails = fails;
            assert!(crawl.ask(usize::MAX / 2, &|query| endpoint.answer(query)));
            crawl.of = plan(suggest("a-t", 3, StrategyName::Adaptive));
            while !crawl.ask(100, &|query| endpoint.answer(query)) {
                crawl = crawl.dies();
            }
            assert_eq!(crawl.asked_again(), 0);
            let mut every = Crawl::new(Ground::sqlite(), suggest("a-t", 3, StrategyName::Exhaustive));
            every.fails = fails;
            assert!(every.ask(usize::MAX / 2, &|query| endpoint.answer(query)));
            let (all, found) = (every.tips(), crawl.tips());
            assert!(all.len() > 100 && all == found, "{matches:?}: {:?}", all.difference(&found));
        }
    }

    fn a_commit_that_fails_changes_no_machine(ground: Ground) {
        let mut crawl = Crawl::new(ground, suggest("a-c", 2, StrategyName::Adaptive));
        crawl.refill();
        let rows = crawl.rows(1);
        let batch = Commit {
            harvests: Harvests(vec![(crawl.ground.job, Arc::clone(&crawl.of))]),
            ..settle(vec![shows(&rows[0], &["ab".to_owned()])])
        };
        let Ground { store, node, .. } = &crawl.ground;
        store.commit(node, 9, &batch, NOW, LEASE).unwrap_err();
        assert!(crawl.ask(1000, &|query| vec![format!("{query}b")]));
        assert_eq!(crawl.asked_again(), 0);
        assert_eq!(lines(&crawl.ground, "count(*) || '' AS line FROM v_queue"), ["0"]);
    }

    fn a_second_pass_asks_everything_again_and_adds_only_what_is_new(ground: Ground) {
        let mut crawl = Crawl::new(ground, suggest("ab", 2, StrategyName::Exhaustive));
        assert!(crawl.ask(100, &|query| vec![format!("{query}x"), "all".to_owned()]));
        crawl.ground.store.start_pass(crawl.ground.job, NOW + 5).unwrap();
        let answer = |query: &str| match query {
            "bb" => vec!["all".to_owned(), "new".to_owned()],
            query => vec![format!("{query}x"), "all".to_owned()],
        };
        assert!(crawl.ask(100, &answer));
        assert_eq!((crawl.asked.len(), crawl.asked_again()), (12, 6));
        let tips = lines(&crawl.ground, "text || ' ' || first_pass || ' ' || last_pass || ' ' || seen AS line FROM suggestion");
        assert_eq!(tips, [
            "aax 1 2 1", "abx 1 2 1", "all 1 2 6", "ax 1 2 1", "bax 1 2 1", "bbx 1 1 1", "bx 1 2 1", "new 2 2 1",
        ]);
        let shown = lines(&crawl.ground, "rank || ' ' || text || ' ' || pass AS line FROM v_suggestions WHERE query = 'bb'");
        assert_eq!(shown, ["1 all 2", "1 bbx 1", "2 new 2"]);
    }

    fn a_larger_plan_asks_what_is_new_and_nothing_again(ground: Ground) {
        let endpoint = endpoint(Match::Infix);
        for strategy in [StrategyName::Exhaustive, StrategyName::Adaptive] {
            let ground = if ground.is_postgres() { Ground::postgres() } else { Ground::sqlite() };
            let mut crawl = Crawl::new(ground, suggest("a-h", 2, strategy));
            assert!(crawl.ask(1_000_000, &|query| endpoint.answer(query)));
            let small = crawl.asked.len();
            crawl.of = plan(suggest("a-p", 3, strategy));
            assert!(crawl.ask(1_000_000, &|query| endpoint.answer(query)));
            assert!(crawl.asked.len() > small, "{strategy:?}: {small}, {}, {:?}", crawl.asked.len(), crawl.warnings);
            assert_eq!(crawl.asked_again(), 0, "{strategy:?}");
            let letters: String = ('a'..='p').collect();
            assert!(crawl.tips().is_superset(&endpoint.findable(&letters, (1, 3))));
            let other = if crawl.ground.is_postgres() { Ground::postgres() } else { Ground::sqlite() };
            let mut whole = Crawl::new(other, suggest("a-p", 3, strategy));
            assert!(whole.ask(1_000_000, &|query| endpoint.answer(query)));
            let difference = crawl.asked.len().abs_diff(whole.asked.len());
            assert!(difference * 20 < whole.asked.len(), "{strategy:?}: {difference} more or less");
        }
    }

    fn a_half_done_harvest_of_the_version_before_goes_on_as_if_nothing_had_happened(ground: Ground) {
        let endpoint = endpoint(Match::Infix);
        for strategy in [StrategyName::Exhaustive, StrategyName::Adaptive] {
            let again = || if ground.is_postgres() { Ground::postgres() } else { Ground::sqlite() };
            let mut crawl = Crawl::new(again(), suggest("a-h", 3, strategy));
            // Other rows before, so that ids are no numbers of queries.
            let pages: Vec<_> = (0..9).map(|n| root(&format!("http://b.test/{n}"))).collect();
            let Ground { store, node, .. } = &crawl.ground;
            let pages_of = store.create_job(&new_job("pages"), NOW).unwrap().id;
            store.offer(node, pages_of, &pages, None, true, false, NOW).unwrap();
            assert!(!crawl.ask(100, &|query| endpoint.answer(query)));
            let shown = "query || ' ' || rank || ' ' || text || ' ' || pass AS line FROM v_suggestions";
            let before = lines(&crawl.ground, shown);
            assert!(before.len() > 20, "{before:?}");

            go_back_to(&crawl.ground, 10);
            assert_eq!(lines(&crawl.ground, shown), before);
            crawl = crawl.dies();
            assert_eq!(lines(&crawl.ground, shown), before);

            assert!(crawl.ask(1_000_000, &|query| endpoint.answer(query)));
            assert_eq!(crawl.asked_again(), 0, "{strategy:?}");
            let mut whole = Crawl::new(again(), suggest("a-h", 3, strategy));
            assert!(whole.ask(1_000_000, &|query| endpoint.answer(query)));
            let all = |crawl: &Crawl| crawl.asked.iter().cloned().collect::<BTreeSet<_>>();
            assert_eq!(all(&crawl), all(&whole), "{strategy:?}");
            let tips = "text || ' ' || seen || ' ' || tip_key AS line FROM suggestion";
            assert_eq!(lines(&crawl.ground, tips), lines(&whole.ground, tips), "{strategy:?}");
            crawl.ground.store.start_pass(crawl.ground.job, NOW + 5).unwrap();
            let asked = crawl.asked.len();
            assert!(crawl.ask(1_000_000, &|query| endpoint.answer(query)));
            assert_eq!(crawl.asked.len(), 2 * asked, "{strategy:?}: a pass more asks each once more");
        }
    }

    fn a_pass_that_has_just_begun_reports_no_fewer_than_no_queries(ground: Ground) {
        ground.sql("UPDATE job SET kind = 'suggest'");
        let mut crawl = Crawl::new(ground, suggest("ab", 1, StrategyName::Exhaustive));
        assert!(crawl.ask(10, &|query| Vec::from_iter((query == "a").then(|| "tip".to_owned()))));
        let queries = |crawl: &Crawl| {
            let harvest = crawl.ground.store.job_report(crawl.ground.job).unwrap().harvest.unwrap();
            (harvest.shown, harvest.empty)
        };
        assert_eq!(queries(&crawl), (1, 1));
        crawl.ground.store.start_pass(crawl.ground.job, NOW + 5).unwrap();
        assert_eq!(queries(&crawl), (1, 1), "the last pass, until this one has asked");
        crawl.refill();
        assert_eq!(queries(&crawl), (0, 0));
    }

    fn two_tips_whose_hashes_are_alike_are_both_kept(ground: Ground) {
        let mut crawl = Crawl::new(ground, suggest("ab", 1, StrategyName::Exhaustive));
        assert!(crawl.ask(10, &|_| vec!["tip".to_owned()]));
        // What another tip with that hash would have left.
        crawl.ground.sql("UPDATE suggestion SET text = 'top'");
        crawl.ground.store.start_pass(crawl.ground.job, NOW + 5).unwrap();
        assert!(crawl.ask(10, &|_| vec!["tip".to_owned()]));
        let tips = lines(&crawl.ground, "text || ' ' || first_pass || ' ' || seen AS line FROM suggestion");
        assert_eq!(tips, ["tip 2 2", "top 1 2"]);
        let view = lines(&crawl.ground, "query || ' ' || text || ' ' || pass AS line FROM v_suggestions");
        assert_eq!(view, ["a tip 2", "a top 1", "b tip 2", "b top 1"]);
    }

    fn what_is_shown_for_nothing_is_not_stored(ground: Ground) {
        let mut endpoint = endpoint(Match::Infix);
        endpoint.defaults = vec!["popular".to_owned(), "offers".to_owned()];
        let mut crawl = Crawl::new(ground, suggest("a-z", 2, StrategyName::Adaptive));
        assert!(crawl.ask(100_000, &|query| endpoint.answer(query)));
        assert!(crawl.tips().is_disjoint(&endpoint.defaults.iter().cloned().collect()));
        assert!(crawl.tips().len() > 50);
    }

    fn an_endpoint_that_answers_nothing_is_not_asked_for_ever(ground: Ground) {
        let mut crawl = Crawl::new(ground, suggest("a-z", 4, StrategyName::Exhaustive));
        loop {
            let refilled = crawl.refill();
            let rows = crawl.rows(100);
            if refilled.exhausted {
                break;
            }
            crawl.asked.extend(rows.iter().map(|row| row.url.clone()));
            crawl.commit(rows.iter().map(|row| failed(row, Reason::Http(404))).collect());
        }
        assert_eq!(crawl.asked.len(), usize::try_from(WINDOW).unwrap());
        assert!(crawl.warnings[0].contains("none of the first 40 queries"), "{:?}", crawl.warnings);
        assert_eq!(crawl.asked[0], "http://a.test/s#a");
    }
}

#[test]
fn the_best_come_first_again_after_a_death() {
    let endpoint = endpoint(Match::Infix);
    let own = SuggestSpec { budget: Some(100_000), ..suggest("a-z", 3, StrategyName::Adaptive) };
    let found = |dies: bool| {
        let mut crawl = Crawl::new(Ground::sqlite(), own.clone());
        for _ in 0..4 {
            crawl.ask(150, &|query| endpoint.answer(query));
            if dies {
                crawl = crawl.dies();
            }
        }
        assert_eq!(crawl.asked_again(), 0);
        crawl.tips().len()
    };
    let (whole, dying) = (found(false), found(true));
    assert!(dying * 10 > whole * 9, "{dying} tips with deaths, {whole} without");
    let by_letter: HashMap<bool, usize> = HashMap::from([(true, whole), (false, dying)]);
    assert!(by_letter.values().all(|count| *count > 100));
}

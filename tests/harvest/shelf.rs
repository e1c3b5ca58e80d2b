//! A store in memory, and a crawl of an endpoint that can die at any moment.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::ops::Range;

use crawld::domain::harvest::{
    Answer, Fact, Facts, Failed, Harvest, Next, Offer, Plan, Purpose, Record, Rule, Shown, Warning,
};

use crate::chance::Chance;
use crate::endpoint::Endpoint;

/// Queries wanted ahead of those in flight.
const ROOM: usize = 64;
/// Proofs that may come with what is looked at again.
const PROOFS: usize = 5 * ROOM;

struct Row {
    age: usize,
    priority: i32,
    purpose: Purpose,
    fact: Option<Fact>,
    failed: bool,
    /// The generation in which it was looked at though it failed.
    bridged: u32,
}

/// What is stored.
#[derive(Default)]
pub(crate) struct Shelf {
    rows: HashMap<String, Row>,
    queue: BTreeSet<(i32, usize, String)>,
    showing: BTreeMap<(usize, usize), String>,
    shown_by: HashMap<String, Vec<String>>,
    seen: HashMap<String, u64>,
}

impl Shelf {
    fn put(&mut self, offers: Vec<Offer>) {
        for Offer { text, priority, purpose } in offers {
            if !self.rows.contains_key(&text) {
                let age = self.rows.len();
                self.queue.insert((priority, age, text.clone()));
                self.rows.insert(
                    text,
                    Row { age, priority, purpose, fact: None, failed: false, bridged: 0 },
                );
            }
        }
    }

    fn raise(&mut self, raised: Vec<(String, i32)>) {
        for (text, priority) in raised {
            let Some(row) = self.rows.get_mut(&text) else { continue };
            if priority < row.priority && self.queue.remove(&(row.priority, row.age, text.clone()))
            {
                row.priority = priority;
                self.queue.insert((priority, row.age, text));
            }
        }
    }

    fn keep(&mut self, fact: Fact) {
        let row = self.rows.get_mut(&fact.text).unwrap();
        assert!(row.fact.is_none(), "{} is settled twice", fact.text);
        if fact.shows() {
            self.showing.insert((fact.text.chars().count(), row.age), fact.text.clone());
        }
        row.fact = Some(fact);
    }
}

impl Facts for Shelf {
    type Error = Infallible;

    fn answered(&mut self, texts: &[String]) -> Result<Vec<Fact>, Infallible> {
        let rows = texts.iter().filter_map(|text| self.rows.get(text));
        Ok(rows.filter_map(|row| row.fact.clone()).collect())
    }

    fn tips_of(&mut self, text: &str) -> Result<Vec<String>, Infallible> {
        Ok(self.shown_by.get(text).cloned().unwrap_or_default())
    }

    fn stale(
        &mut self,
        generation: u32,
        below: usize,
        limit: usize,
    ) -> Result<Vec<Fact>, Infallible> {
        let showing = self.showing.range(..(below, 0)).map(|(_, text)| &self.rows[text]);
        let facts = showing.filter_map(|row| row.fact.as_ref());
        Ok(facts.filter(|fact| fact.generation < generation).take(limit).cloned().collect())
    }

    fn failed(
        &mut self,
        generation: u32,
        lengths: Range<usize>,
        limit: usize,
    ) -> Result<Failed, Infallible> {
        let all: Vec<_> = self.rows.iter().filter(|(_, row)| row.failed).collect();
        let mut texts: Vec<String> = all
            .iter()
            .filter(|(_, row)| row.purpose == Purpose::Tips && row.bridged < generation)
            .map(|(text, _)| (*text).clone())
            .filter(|text| lengths.contains(&text.chars().count()))
            .collect();
        texts.sort_by_key(|text| (text.chars().count(), self.rows[text].age));
        texts.truncate(limit);
        Ok(Failed { all: all.len() as u64, texts })
    }

    fn failed_of(&mut self, texts: &[String]) -> Result<HashSet<String>, Infallible> {
        let failed = |text: &&String| self.rows.get(*text).is_some_and(|row| row.failed);
        Ok(texts.iter().filter(failed).cloned().collect())
    }
}

/// How a crawl goes.
pub(crate) struct Manner {
    /// Requests in flight; their answers come in any order.
    pub(crate) at_once: usize,
    /// One answer in so many is followed by a death.
    pub(crate) death: Option<usize>,
    /// Most requests.
    pub(crate) budget: usize,
    /// Luck.
    pub(crate) seed: u64,
    /// Which queries fail.
    pub(crate) fails: fn(&str) -> bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { at_once: 8, death: None, budget: usize::MAX, seed: 1, fails: |_| false }
    }
}

/// What a crawl came to.
pub(crate) struct Outcome {
    /// Requests.
    pub(crate) asked: usize,
    /// Requests of a query that had been asked before.
    pub(crate) again: usize,
    /// Deaths, and queries in flight at them.
    pub(crate) deaths: (usize, usize),
    pub(crate) tips: HashSet<String>,
    pub(crate) queries: HashSet<String>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) record: Record,
    /// Largest record, in bytes as it is stored.
    pub(crate) record_bytes: usize,
    /// Most queries that waited to be asked.
    pub(crate) most_queued: usize,
}

impl Outcome {
    pub(crate) fn rule(&self) -> Option<Rule> {
        self.record.rule()
    }

    /// One line about it.
    pub(crate) fn show(&self, name: &str, exhaustive: u128, optimum: usize) {
        println!(
            "{name}: {} requests ({} proofs), {} by the rule, {exhaustive} exhaustive (1/{:.0}); \
             {} tips, coverage estimated {:.3}, {} full at the longest length, rule {:?}",
            self.asked,
            self.record.proofs().0,
            optimum,
            exhaustive as f64 / self.asked as f64,
            self.tips.len(),
            self.record.coverage(true).unwrap_or_default(),
            self.record.caps().kinds().iter().map(|cap| cap.at_limit).sum::<u64>(),
            self.rule(),
        );
    }
}

/// Asks the endpoint until the harvest is done or the budget is spent.
pub(crate) fn crawl(endpoint: &Endpoint, plan: &Plan, manner: &Manner) -> Outcome {
    let (mut shelf, mut chance) = (Shelf::default(), Chance::new(manner.seed));
    let mut harvest = Harvest::new(plan.clone(), Record::default());
    let mut flight: Vec<String> = Vec::new();
    let mut asked: HashMap<String, usize> = HashMap::new();
    let (mut deaths, mut warnings, mut requests) = ((0, 0), Vec::new(), 0);
    let (mut record_bytes, mut most_queued) = (0, 0);
    loop {
        let next = fill(&mut harvest, &mut shelf, flight.is_empty(), &mut warnings);
        most_queued = most_queued.max(shelf.queue.len());
        while flight.len() < manner.at_once && requests < manner.budget {
            let Some((_, _, text)) = shelf.queue.pop_first() else { break };
            *asked.entry(text.clone()).or_default() += 1;
            requests += 1;
            flight.push(text);
        }
        if flight.is_empty() {
            assert!(next == Next::Done || requests == manner.budget, "it waits for nothing");
            break;
        }
        let text = flight.swap_remove(chance.below(flight.len()));
        if (manner.fails)(&text) {
            shelf.rows.get_mut(&text).unwrap().failed = true;
            continue;
        }
        let settled =
            harvest.settle(&answer(endpoint, &harvest, &shelf, text), &mut shelf).unwrap();
        if !settled.nothing {
            let tips = tips_of(endpoint, &harvest, &settled.fact.text);
            store(&mut shelf, &settled.fact.text, tips);
        }
        shelf.keep(settled.fact);
        shelf.put(settled.offers);
        shelf.raise(settled.raised);
        warnings.extend(settled.warning);
        if manner.death.is_some_and(|one_in| chance.below(one_in) == 0) {
            deaths = (deaths.0 + 1, deaths.1 + flight.len());
            for text in flight.drain(..) {
                let row = &shelf.rows[&text];
                shelf.queue.insert((row.priority, row.age, text));
            }
            let stored = serde_json::to_string(harvest.record()).unwrap();
            record_bytes = record_bytes.max(stored.len());
            harvest = Harvest::new(plan.clone(), serde_json::from_str(&stored).unwrap());
            for tip in shelf.seen.keys() {
                harvest.recall(tip);
            }
        }
    }
    let stored = serde_json::to_string(harvest.record()).unwrap();
    Outcome {
        asked: requests,
        again: requests - asked.len(),
        deaths,
        tips: shelf.seen.into_keys().collect(),
        queries: asked.into_keys().collect(),
        warnings,
        record: harvest.record().clone(),
        record_bytes: record_bytes.max(stored.len()),
        most_queued,
    }
}

/// Lets the harvest offer queries for as long as it wants to or there is room.
fn fill(
    harvest: &mut Harvest,
    shelf: &mut Shelf,
    rests: bool,
    warnings: &mut Vec<Warning>,
) -> Next {
    let mut next = Next::More;
    while next == Next::More && (shelf.queue.len() < ROOM || harvest.is_behind()) {
        let idle = shelf.queue.is_empty() && rests;
        let room = ROOM.saturating_sub(shelf.queue.len());
        let refill = harvest.refill(room, idle, shelf).unwrap();
        for text in refill.renewed {
            let fact = shelf.rows.get_mut(&text).unwrap().fact.as_mut().unwrap();
            fact.generation = harvest.record().generation();
        }
        for text in refill.bridged {
            shelf.rows.get_mut(&text).unwrap().bridged = harvest.record().generation();
        }
        warnings.extend(refill.warning);
        let letters = harvest.record().letters().chars().count();
        let most = room.max(2 * letters) + PROOFS;
        assert!(refill.offers.len() <= most, "{} for {room}", refill.offers.len());
        shelf.put(refill.offers);
        next = refill.next;
    }
    next
}

fn answer(endpoint: &Endpoint, harvest: &Harvest, shelf: &Shelf, text: String) -> Answer {
    let before = |tip: &String| shelf.seen.get(tip).copied().unwrap_or_default();
    let tips = tips_of(endpoint, harvest, &text).into_iter();
    Answer {
        purpose: shelf.rows[&text].purpose.clone(),
        counts: vec![endpoint.answer(&harvest.plan().query(&text)).len()],
        tips: tips.map(|tip| Shown { before: before(&tip), text: tip }).collect(),
        text,
    }
}

/// What an answer shows beside an echo.
fn tips_of(endpoint: &Endpoint, harvest: &Harvest, text: &str) -> Vec<String> {
    let query = harvest.plan().query(text);
    let mut tips = endpoint.answer(&query);
    tips.retain(|tip| !harvest.is_echo(&query, tip));
    tips
}

/// Stores the tips of an answer that are not what is shown for nothing.
fn store(shelf: &mut Shelf, text: &str, tips: Vec<String>) {
    for tip in &tips {
        *shelf.seen.entry(tip.clone()).or_default() += 1;
    }
    shelf.shown_by.insert(text.to_owned(), tips);
}

//! The state machine of a harvest.
//!
//! Invariant: whatever a query that was answered makes worth asking under the rule in force has
//! been offered once the fact's generation is the record's; what needs two facts is offered when
//! the later one settles. Facts of an earlier generation are looked at again by the refill. So with
//! the record and the facts stored together, a harvest goes on from any transaction as if it had
//! never stopped: a query in flight at a death is asked again, nothing else is.

use std::collections::HashSet;

use super::alphabet::lower;
use super::echo;
use super::frequency::Frequency;
use super::plan::{Plan, Strategy};
use super::query::{Answer, Fact, Facts, Offer, Purpose, Settled, Shown};
use super::record::{MOST_LEARNED, MOST_UNHELD, Record, Stage, Warning};
use super::rule::{End, Matcher, Rule};

/// A harvest under way. Calls that fail may have changed the record: begin again from the stored
/// one.
#[derive(Debug, Clone)]
pub struct Harvest {
    pub(super) plan: Plan,
    pub(super) record: Record,
    frequency: Option<Frequency>,
}

impl Harvest {
    /// A harvest at the place that its record tells.
    #[must_use]
    pub fn new(plan: Plan, mut record: Record) -> Self {
        if record.letters.is_empty() {
            record.letters = plan.alphabet.letters().iter().collect();
        }
        record.walk_to = match plan.strategy {
            Strategy::Exhaustive => plan.max,
            Strategy::Adaptive { .. } => record.walk_to.clamp(plan.min, plan.max),
        };
        let best_first = matches!(plan.strategy, Strategy::Adaptive { best_first: true, .. });
        let frequency = best_first.then(|| Frequency::new(plan.max));
        Self { plan, record, frequency }
    }

    /// Is it to be told, after a restart, the tips that are stored?
    #[must_use]
    pub fn recalls(&self) -> bool {
        self.frequency.is_some()
    }

    /// Tells a tip that is stored, each once, after a restart: for the order of `best_first` only.
    pub fn recall(&mut self, tip: &str) {
        if let Some(frequency) = &mut self.frequency {
            frequency.add(tip);
        }
    }

    /// Do refills come first, however much is queued? Facts of an earlier generation wait, and what
    /// follows from them may be better than what is queued. Where the best do not come first they
    /// can wait for room.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.frequency.is_some() && self.record.is_behind()
    }

    /// A query that was offered cannot be asked, since no URL can hold it; it is told once.
    pub fn leave_out(&mut self, query: &str) -> Option<Warning> {
        let told = &self.record.unheld;
        if told.len() >= MOST_UNHELD || told.iter().any(|known| known == query) {
            return None;
        }
        self.record.unheld.push(query.to_owned());
        Some(Warning::NoUrl(query.to_owned()))
    }

    /// To be stored with what the last call returned.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Is this tip of a query, as it was sent, only its echo? It is no tip then, and not told.
    #[must_use]
    pub fn is_echo(&self, query: &str, tip: &str) -> bool {
        self.record.echo.known && echo::is_same(query, tip)
    }

    /// Are these tips what the endpoint shows for nothing? They are no tips of the query then.
    #[must_use]
    pub fn is_nothing<'a>(&self, purpose: &Purpose, tips: impl Iterator<Item = &'a str>) -> bool {
        *purpose == Purpose::Nothing || self.record.are_defaults(tips)
    }

    /// Takes an answer; the fact is stored with what follows from it. A query that failed for good
    /// is not told: it is found among the facts when nothing else is left.
    ///
    /// # Errors
    /// When a look-up fails.
    pub fn settle<F: Facts>(
        &mut self,
        answer: &Answer,
        facts: &mut F,
    ) -> Result<Settled, F::Error> {
        self.record.answered += 1;
        if answer.purpose == Purpose::Nothing {
            let query = self.plan.query(&answer.text);
            self.record.echo.hear(&query, texts(&answer.tips));
            let others = texts(&answer.tips).filter(|tip| !echo::is_same(&query, tip));
            self.record.set_defaults(others);
            return Ok(settled(answer, true));
        }
        let nothing = self.is_nothing(&answer.purpose, texts(&answer.tips));
        let mut settled = settled(answer, nothing);
        let tips: &[Shown] = if nothing { &[] } else { &answer.tips };
        settled.raised = self.count(&answer.text, tips);
        let longest = letters_of(&answer.text) == self.plan.max;
        self.record.caps.see(&settled.fact.counts, longest);
        if self.plan.strategy == Strategy::Exhaustive {
            return Ok(settled);
        }
        self.observe(&settled.fact, tips);
        match &answer.purpose {
            Purpose::Case(of) => self.compare(tips, &facts.tips_of(of)?),
            Purpose::Proof(parent, end) => {
                settled.warning = self.check(answer, tips, parent, *end, facts)?;
            }
            Purpose::Tips | Purpose::Nothing => {}
        }
        if self.record.stage == Stage::Tree {
            self.reconsider();
            settled.fact.generation = self.record.generation;
            settled.offers = self.expand(&settled.fact, facts)?;
            settled.offers.extend(self.sample(&settled.fact));
            settled.offers.extend(self.edge(&settled.fact, facts)?);
            let tips: Vec<&str> = texts(tips).collect();
            settled.offers.extend(self.suspect(&settled.fact, &tips, facts)?);
        }
        Ok(settled)
    }

    /// Counts the tips of a query; returns texts whose urgency has changed.
    fn count(&mut self, text: &str, tips: &[Shown]) -> Vec<(String, i32)> {
        let mut raised = Vec::new();
        if let Some(frequency) = &mut self.frequency {
            frequency.learn(text, tips.iter().filter(|tip| tip.before == 0).count());
        }
        for tip in tips {
            self.record.sightings.see(tip.before);
            if let Some(frequency) = self.frequency.as_mut().filter(|_| tip.before == 0) {
                let risen = frequency.add(&tip.text).into_iter();
                raised.extend(risen.map(|text| (frequency.priority(&text), text)));
            }
        }
        raised.into_iter().map(|(priority, text)| (text, priority)).collect()
    }

    /// Learns from an answer how the endpoint behaves. Once that is decided only answers that were
    /// not full count: they alone are no choice of the server's.
    fn observe(&mut self, fact: &Fact, tips: &[Shown]) {
        let record = &mut self.record;
        if record.rule.is_none() {
            record.echo.see(&self.plan.query(&fact.text), texts(tips));
        }
        if record.rule.is_none() || !record.caps.are_reached(&fact.counts) {
            let query = self.plan.query(&fact.text);
            for tip in tips {
                record.places.see(&query, &tip.text);
            }
        }
        if fact.counts.len() == 1 && (record.rule.is_none() || record.skipping) {
            record.order.see(texts(tips));
        }
        if matches!(self.plan.strategy, Strategy::Adaptive { learn: true, .. }) {
            for tip in tips {
                self.learn(&tip.text);
            }
        }
    }

    /// Until it is known that case matters, letters join in lower case.
    fn learn(&mut self, tip: &str) {
        let record = &mut self.record;
        let exact = record.stage == Stage::Tree && !record.folds();
        for letter in tip.chars() {
            let letter = if exact { letter } else { lower(letter) };
            let known = record.letters.contains(letter) || record.learned.contains(letter);
            if !known
                && !letter.is_control()
                && letters_of(&record.letters) + letters_of(&record.learned) < MOST_LEARNED
            {
                record.learned.push(letter);
            }
        }
    }

    /// Two queries that differ in case alone were answered.
    pub(super) fn compare(&mut self, tips: &[Shown], others: &[String]) {
        let tips: HashSet<&str> = texts(tips).collect();
        let others: HashSet<&str> = others.iter().map(String::as_str).collect();
        if tips == others {
            self.record.case.0 += 1;
        } else {
            self.record.case.1 += 1;
        }
    }

    /// Changes its mind about the endpoint when answers tell another tale than the first ones did.
    fn reconsider(&mut self) {
        let record = &mut self.record;
        if record.skipping && record.order.mixed > 0 {
            record.skipping = false;
            record.generation += 1;
        }
        let found_out = matches!(self.plan.strategy, Strategy::Adaptive { matcher: None, .. });
        let may_grow = found_out && !record.weakened && record.rule == Some(Rule::Prefix);
        if may_grow && record.places.reveal_infix() {
            let (before, after) = (!self.plan.before.is_empty(), !self.plan.after.is_empty());
            record.rule = Some(Rule::fitting(Some(Matcher::Infix), before, after));
        }
    }

    /// The queries that a fact makes worth asking.
    pub(super) fn expand<F: Facts>(
        &self,
        fact: &Fact,
        facts: &mut F,
    ) -> Result<Vec<Offer>, F::Error> {
        let length = letters_of(&fact.text);
        let Some(rule) = self.record.rule else { return Ok(Vec::new()) };
        if length >= self.plan.max || length < self.record.walk_to || !self.is_full(fact) {
            return Ok(Vec::new());
        }
        let letters: Vec<char> = self.record.letters.chars().collect();
        // Letters may have left the alphabet: upper case where it is the same as lower case.
        if !fact.text.chars().all(|c| letters.contains(&c)) {
            return Ok(Vec::new());
        }
        let mut candidates = rule.candidates(&fact.text, &letters);
        candidates.retain(|candidate| !self.is_covered(&candidate.text, fact));
        let siblings = candidates.iter().filter_map(|candidate| candidate.sibling.as_ref());
        let siblings: Vec<String> = siblings.filter(|text| **text != fact.text).cloned().collect();
        let mut full: HashSet<String> = HashSet::from([fact.text.clone()]);
        if !siblings.is_empty() {
            let known = facts.answered(&siblings)?.into_iter();
            full.extend(known.filter(|known| self.is_full(known)).map(|known| known.text));
        }
        let worth = candidates.into_iter().filter(|candidate| {
            candidate.sibling.as_ref().is_none_or(|sibling| full.contains(sibling))
        });
        Ok(worth.map(|candidate| self.offer(candidate.text, Purpose::Tips)).collect())
    }

    /// May the server have held back tips?
    pub(super) fn is_full(&self, fact: &Fact) -> bool {
        self.record.caps.are_reached(&fact.counts)
    }

    /// Did a sorted answer reach beyond all that begins with this text?
    pub(super) fn is_covered(&self, text: &str, fact: &Fact) -> bool {
        let Some(last) = fact.last.as_ref().filter(|_| self.record.skipping) else { return false };
        let (last, query) = (last.to_lowercase(), self.plan.query(text).to_lowercase());
        query < last && !last.starts_with(&query)
    }

    /// Without a budget the shortest come first, with one those that the most tips seen hold.
    pub(super) fn offer(&self, text: String, purpose: Purpose) -> Offer {
        let priority = match (&self.frequency, &purpose) {
            (Some(frequency), Purpose::Tips) if self.record.stage == Stage::Tree => {
                frequency.priority(&text)
            }
            (Some(_), _) => 0,
            (None, _) => i32::try_from(letters_of(&text)).unwrap_or(i32::MAX),
        };
        Offer { text, priority, purpose }
    }

    /// Goes by this end no longer: it was found wrong.
    pub(super) fn weaken(&mut self, end: End) -> Rule {
        let record = &mut self.record;
        let rule = record.rule.unwrap_or(Rule::Every).without(end);
        record.rule = Some(rule);
        record.weakened = true;
        record.generation += 1;
        if rule == Rule::Every {
            record.walk_to = self.plan.max;
        }
        rule
    }

    /// Decides how to go on, all that there is of the shortest lengths having been answered.
    pub(super) fn decide(&mut self) -> Option<Warning> {
        let Strategy::Adaptive { matcher: hint, .. } = self.plan.strategy else { return None };
        let (before, after) = (!self.plan.before.is_empty(), !self.plan.after.is_empty());
        let record = &mut self.record;
        record.echo.decide();
        let found = record.places.matcher();
        let rule = Rule::fitting(hint.or(found), before, after);
        let at_start = record.places.word + record.places.inside == 0;
        record.skipping = rule == Rule::Prefix && at_start && record.order.is_sorted();
        record.rule = Some(rule);
        if rule == Rule::Every {
            record.walk_to = self.plan.max;
        }
        if record.folds() {
            let all: HashSet<char> = record.letters.chars().collect();
            record.letters.retain(|c| lower(c) == c || !all.contains(&lower(c)));
            record.cursor = super::Cursor::default();
        }
        let places = std::mem::take(&mut record.places);
        record.generation += 1;
        record.stage = Stage::Tree;
        let unknown = hint.is_none() && found.is_none() && places.tips() > 0;
        unknown.then(|| Warning::NoMatcher { absent: places.absent, tips: places.tips() })
    }
}

/// What an answer comes to by itself.
fn settled(answer: &Answer, nothing: bool) -> Settled {
    let (counts, last) = if nothing {
        (vec![0; answer.counts.len()], None)
    } else {
        (answer.counts.clone(), answer.tips.last().map(|tip| tip.text.clone()))
    };
    let fact = Fact { text: answer.text.clone(), counts, last, generation: 0 };
    Settled { fact, nothing, offers: Vec::new(), raised: Vec::new(), warning: None }
}

/// Letters of a text.
pub(super) fn letters_of(text: &str) -> usize {
    text.chars().count()
}

fn texts(tips: &[Shown]) -> impl Iterator<Item = &str> {
    tips.iter().map(|tip| tip.text.as_str())
}

//! Queries that follow from no single answer: the first ones, those of a new rule, those of letters
//! that were learned. They are made when there is room for them.

use super::alphabet::{Alphabet, lower};
use super::combinations::Cursor;
use super::luck::Luck;
use super::machine::{Harvest, letters_of};
use super::plan::Strategy;
use super::query::{Fact, Facts, Next, Offer, Purpose, Refill};
use super::record::Stage;
use super::rule::Rule;

/// Letters of the text that nothing can match.
const NONSENSE: usize = 16;
/// Ends at which a full query may grow.
const ENDS: usize = 2;
/// Pairs of queries that differ in case alone.
const CASE_PAIRS: usize = 3;

impl Harvest {
    /// At most about `room` queries; `idle`: nothing is queued or in flight. To be called again as
    /// [`Next`] says. Facts that wait come before combinations: these are as many as there is room
    /// for, however many are left.
    ///
    /// # Errors
    /// When a look-up fails.
    pub fn refill<F: Facts>(
        &mut self,
        room: usize,
        idle: bool,
        facts: &mut F,
    ) -> Result<Refill, F::Error> {
        let adaptive = matches!(self.plan.strategy, Strategy::Adaptive { .. });
        if adaptive && self.record.stage == Stage::Start {
            self.record.stage = Stage::Nothing;
            return Ok(Refill { offers: vec![self.nonsense()], ..Refill::default() });
        }
        if adaptive && self.record.stage == Stage::Nothing {
            if !idle {
                return Ok(Refill { next: Next::Wait, ..Refill::default() });
            }
            self.record.stage = Stage::Walk;
        }
        if self.record.is_behind() {
            return self.sweep(room, facts);
        }
        let walked = self.step_on(room);
        if !walked.is_empty() {
            return Ok(Refill { offers: walked, ..Refill::default() });
        }
        match (idle, adaptive) {
            (false, _) => Ok(Refill { next: Next::Wait, ..Refill::default() }),
            (true, false) => Ok(Refill { next: Next::Done, ..Refill::default() }),
            (true, true) => self.go_on(room, facts),
        }
    }

    /// A text that no tip holds.
    fn nonsense(&self) -> Offer {
        let letters: Vec<char> = self.record.letters.chars().collect();
        let mut luck = Luck::of(self.plan.seed, &self.plan.query(""));
        let text = (0..NONSENSE.max(self.plan.max + 1)).filter_map(|_| luck.one_of(&letters));
        self.offer(text.collect(), Purpose::Nothing)
    }

    /// The next combinations of the lengths of which all are asked.
    fn step_on(&mut self, room: usize) -> Vec<Offer> {
        let Ok(letters) = Alphabet::new(self.record.letters.chars(), false) else {
            return Vec::new();
        };
        let Some(all) = self.plan.walk(&letters, self.record.walk_to) else { return Vec::new() };
        let batch = all.next_batch(self.record.cursor, room.max(1));
        self.record.cursor = batch.next;
        batch.texts.into_iter().map(|text| self.offer(text, Purpose::Tips)).collect()
    }

    /// What follows from facts of an earlier generation.
    fn sweep<F: Facts>(&mut self, room: usize, facts: &mut F) -> Result<Refill, F::Error> {
        let mut refill = Refill::default();
        let generation = self.record.generation;
        let of_each = letters_of(&self.record.letters) * ENDS;
        let at_once = (room / of_each.max(1)).max(1);
        let stale = facts.stale(generation, self.plan.max, at_once)?;
        if stale.is_empty() {
            self.record.swept = generation;
        }
        for fact in stale {
            refill.offers.extend(self.expand(&fact, facts)?);
            refill.offers.extend(self.sample(&fact));
            refill.offers.extend(self.edge(&fact, facts)?);
            refill.offers.extend(self.suspect_stored(&fact, facts)?);
            refill.renewed.push(fact.text);
        }
        Ok(refill)
    }

    /// All that was offered is answered: what now?
    fn go_on<F: Facts>(&mut self, room: usize, facts: &mut F) -> Result<Refill, F::Error> {
        let mut refill = Refill::default();
        if self.grow() {
            return Ok(refill);
        }
        let found = self.record.sightings.tips > 0;
        match self.record.stage {
            Stage::Tree => refill = self.bridge(room, facts)?,
            // Many endpoints show nothing for one or two letters.
            Stage::Walk if !found && self.record.walk_to < self.plan.max => {
                self.record.walk_to += 1;
            }
            Stage::Walk if self.case_matters() => {
                self.record.stage = Stage::Case;
                refill.offers = self.case_pairs(facts)?;
            }
            _ => refill.warning = self.decide(),
        }
        Ok(refill)
    }

    /// Lets the letters learned join the alphabet. Of two full queries that a longer one needs, at
    /// least one holds the new letter and comes later; otherwise old facts are looked at again, and
    /// also where the other may have failed.
    fn grow(&mut self) -> bool {
        if self.record.learned.is_empty() {
            return false;
        }
        let learned = std::mem::take(&mut self.record.learned);
        self.record.letters.push_str(&learned);
        self.record.cursor = Cursor::default();
        let bridged = self.record.bridged > 0;
        if self.record.rule.is_some_and(|rule| rule != Rule::Both || bridged) {
            self.record.generation += 1;
        }
        true
    }

    /// Is it of use to know whether the endpoint folds case?
    fn case_matters(&self) -> bool {
        let learns = matches!(self.plan.strategy, Strategy::Adaptive { learn: true, .. });
        let letters = &self.record.letters;
        learns || letters.chars().any(|c| lower(c) != c && letters.contains(lower(c)))
    }

    /// Queries that differ in case alone from some that showed tips; pairs that were asked already
    /// are compared at once.
    fn case_pairs<F: Facts>(&mut self, facts: &mut F) -> Result<Vec<Offer>, F::Error> {
        let mut offers = Vec::new();
        let shown = facts.stale(1, self.plan.max + 1, 4 * CASE_PAIRS)?;
        let pairs: Vec<(Fact, String)> = shown
            .into_iter()
            .filter_map(|fact| other_case(&fact.text).map(|other| (fact, other)))
            .take(CASE_PAIRS)
            .collect();
        for (fact, other) in pairs {
            if facts.answered(std::slice::from_ref(&other))?.is_empty() {
                offers.push(self.offer(other, Purpose::Case(fact.text)));
            } else {
                let same = facts.tips_of(&fact.text)? == facts.tips_of(&other)?;
                self.record.case.0 += u32::from(same);
                self.record.case.1 += u32::from(!same);
            }
        }
        Ok(offers)
    }
}

/// The text in the other case, if it has one of the same length.
fn other_case(text: &str) -> Option<String> {
    let (upper, lower) = (text.to_uppercase(), text.to_lowercase());
    let other = if text == lower { upper } else { lower };
    (other != text && letters_of(&other) == letters_of(text)).then_some(other)
}

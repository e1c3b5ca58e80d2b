//! Queries that failed for good: what they would have shown is not known, so they are taken for full
//! ones when nothing else is left to ask, the shortest first.
//!
//! Invariant: those of one length are looked at when all that is shorter, and what followed from it,
//! is answered or failed; so of two ends that a query needs neither comes later. It costs at most
//! about twice what all else did, and an endpoint that fails too often is not asked for more.

use super::machine::{Harvest, letters_of};
use super::query::{Facts, Next, Offer, Purpose, Refill};
use super::record::{Record, Warning};
use super::rule::{Candidate, Rule};

/// At most one failure to so many answers.
const ONE_TO: u64 = 8;
/// Queries offered because others failed, whatever they cost.
const FREE: u64 = 1000;
/// Ends at which a query may grow.
const ENDS: usize = 2;

impl Harvest {
    /// What follows from queries that failed; done when there are none left, or too many.
    pub(super) fn bridge<F: Facts>(
        &mut self,
        room: usize,
        facts: &mut F,
    ) -> Result<Refill, F::Error> {
        let mut refill = Refill { next: Next::Done, ..Refill::default() };
        let Some(rule) = self.record.rule.filter(|rule| *rule != Rule::Every) else {
            return Ok(refill);
        };
        let lengths = self.record.walk_to..self.plan.max;
        let at_once = (room / (letters_of(&self.record.letters) * ENDS).max(1)).max(1);
        let failed = facts.failed(self.record.generation, lengths, at_once)?;
        if failed.texts.is_empty() {
            return Ok(refill);
        }
        if !self.may_bridge(failed.all) {
            refill.warning = Some(Warning::Failures(failed.all));
            return Ok(refill);
        }
        let shortest = failed.texts.first().map_or(0, |text| letters_of(text));
        let letters: Vec<char> = self.record.letters.chars().collect();
        for text in failed.texts.into_iter().filter(|text| letters_of(text) == shortest) {
            if text.chars().all(|c| letters.contains(&c)) {
                let candidates = rule.candidates(&text, &letters);
                refill.offers.extend(self.worth(&text, candidates, facts)?);
            }
            refill.bridged.push(text);
        }
        refill.next = Next::More;
        self.record.bridged += u64::try_from(refill.offers.len()).unwrap_or(u64::MAX);
        Ok(refill)
    }

    /// Do few enough fail, and has it not cost too much?
    fn may_bridge(&self, failed: u64) -> bool {
        let Record { answered, bridged, .. } = self.record;
        let others = answered.saturating_sub(bridged);
        failed.saturating_mul(ONE_TO) <= answered
            && bridged <= others.saturating_mul(2).saturating_add(FREE)
    }

    /// Those of which the other end was full, or failed too.
    fn worth<F: Facts>(
        &self,
        text: &str,
        candidates: Vec<Candidate>,
        facts: &mut F,
    ) -> Result<Vec<Offer>, F::Error> {
        let siblings = candidates.iter().filter_map(|candidate| candidate.sibling.clone());
        let siblings: Vec<String> = siblings.collect();
        let mut full = facts.failed_of(&siblings)?;
        let known = facts.answered(&siblings)?.into_iter();
        full.extend(known.filter(|known| self.is_full(known)).map(|known| known.text));
        let worth = candidates.into_iter().filter(|candidate| {
            let sibling = candidate.sibling.as_ref();
            sibling.is_none_or(|sibling| sibling == text || full.contains(sibling))
        });
        Ok(worth.map(|candidate| self.offer(candidate.text, Purpose::Tips)).collect())
    }
}

//! Proofs: now and then a query is asked that the rule leaves out. All that it shows must have been
//! shown by the query that made it needless; if not, the endpoint does not behave as the rule
//! supposes, and the rule is given up.
//!
//! Three sorts, each with its own count, so that none goes short because of another: what is drawn
//! among all that is left out, what is left out at the edge of a full answer, where a wrong rule
//! loses most (here), and what a tip seen speaks for (`suspicion`).

use std::collections::HashMap;

use super::luck::Luck;
use super::machine::{Harvest, letters_of};
use super::query::{Answer, Fact, Facts, Offer, Purpose, Shown};
use super::record::Warning;
use super::rule::{End, Rule};

/// Proofs of each sort that may be asked as early as can be, under each rule.
const FIRST: u64 = 16;
/// After that, one of each sort in so many times that something was left out.
const EVERY: u64 = 64;

impl Harvest {
    /// A query of one letter more, any letter, that is left out because of this fact, when a proof
    /// is due.
    pub(super) fn sample(&mut self, fact: &Fact) -> Option<Offer> {
        let rule = self.record.rule?;
        if !self.may_grow(fact) || (self.is_full(fact) && !self.record.skipping) {
            return None;
        }
        self.record.pruned += 1;
        if self.record.samples >= self.due() {
            return None;
        }
        let mut luck = Luck::of(self.plan.seed, &fact.text);
        let letters: Vec<char> = self.record.letters.chars().collect();
        let end = luck.one_of(rule.ends())?;
        let text = end.grow(&fact.text, luck.one_of(&letters)?);
        let is_out = !self.is_full(fact) || self.is_covered(&text, fact);
        self.record.samples += u64::from(is_out);
        is_out.then(|| self.offer(text, Purpose::Proof(fact.text.clone(), end)))
    }

    /// A query that would be asked if one end alone decided: this fact is one of its ends, the other
    /// was answered before, and one of the two was full, the other not. Each pair of ends comes by
    /// here when the later one is looked at.
    pub(super) fn edge<F: Facts>(
        &mut self,
        fact: &Fact,
        facts: &mut F,
    ) -> Result<Option<Offer>, F::Error> {
        let due = self.record.edges < self.due();
        if self.record.rule != Some(Rule::Both) || !due || !self.may_grow(fact) {
            return Ok(None);
        }
        let letters: Vec<char> = self.record.letters.chars().collect();
        if !fact.text.chars().all(|c| letters.contains(&c)) {
            return Ok(None);
        }
        let full = self.is_full(fact);
        let mut at_edge = Rule::Both.candidates(&fact.text, &letters);
        let others: Vec<String> = at_edge.iter().filter_map(|c| c.sibling.clone()).collect();
        let others = facts.answered(&others)?.into_iter();
        let others: HashMap<String, bool> =
            others.map(|other| (other.text.clone(), self.is_full(&other))).collect();
        at_edge.retain(|c| c.sibling.as_ref().and_then(|s| others.get(s)) == Some(&!full));
        let drawn = Luck::of(self.plan.seed, &fact.text).below(at_edge.len());
        let Some(drawn) = at_edge.into_iter().nth(drawn) else { return Ok(None) };
        if !facts.answered(std::slice::from_ref(&drawn.text))?.is_empty() {
            return Ok(None);
        }
        let parent = drawn.sibling.filter(|_| full).unwrap_or_else(|| fact.text.clone());
        let is_prefix = End::Prefix.of(&drawn.text) == parent;
        let end = if is_prefix { End::Prefix } else { End::Suffix };
        self.record.edges += 1;
        Ok(Some(self.offer(drawn.text, Purpose::Proof(parent, end))))
    }

    /// Are there queries of one letter more than this, of a length of which not all are asked?
    fn may_grow(&self, fact: &Fact) -> bool {
        let length = letters_of(&fact.text);
        length < self.plan.max && length >= self.record.walk_to
    }

    /// How many proofs of each sort may have been asked.
    pub(super) fn due(&self) -> u64 {
        let rules = 1 + self.record.failed_proofs;
        FIRST.saturating_mul(rules) + self.record.pruned / EVERY
    }

    /// Looks at the answer to a proof.
    pub(super) fn check<F: Facts>(
        &mut self,
        answer: &Answer,
        tips: &[Shown],
        parent: &str,
        end: End,
        facts: &mut F,
    ) -> Result<Option<Warning>, F::Error> {
        let stands = self.record.rule.is_some_and(|rule| rule.ends().contains(&end));
        if tips.is_empty() || !stands {
            return Ok(None);
        }
        let known = facts.tips_of(parent)?;
        let Some(new) = tips.iter().find(|tip| !known.contains(&tip.text)) else {
            return Ok(None);
        };
        self.record.failed_proofs += 1;
        let full = facts.answered(&[parent.to_owned()])?.iter().any(|fact| self.is_full(fact));
        let rule = if full && self.record.skipping {
            self.record.skipping = false;
            self.record.generation += 1;
            self.record.rule.unwrap_or(Rule::Every)
        } else {
            self.weaken(end)
        };
        Ok(Some(Warning::Loss {
            query: answer.text.clone(),
            parent: parent.to_owned(),
            tip: new.text.clone(),
            rule,
        }))
    }
}

//! Proofs: now and then a query is asked that the rule leaves out. All that it shows must have been
//! shown by the query that made it needless; if not, the endpoint does not behave as the rule
//! supposes, and the rule is given up.

use super::luck::Luck;
use super::machine::{Harvest, letters_of};
use super::query::{Answer, Fact, Facts, Offer, Purpose, Shown};
use super::record::Warning;
use super::rule::{End, Rule};

/// Proofs of each sort that may be asked as early as can be.
const FIRST: u64 = 16;
/// After that, one of each sort in so many times that something was left out.
const EVERY: u64 = 64;
/// Texts of a tip that are looked at.
const TEXTS: usize = 3;

impl Harvest {
    /// A query of one letter more, any letter, that is left out because of this fact, when a proof
    /// is due.
    pub(super) fn sample(&mut self, fact: &Fact) -> Option<Offer> {
        let rule = self.record.rule?;
        let length = letters_of(&fact.text);
        let grows = length < self.plan.max && length >= self.record.walk_to;
        if !grows || (self.is_full(fact) && !self.record.skipping) {
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

    /// A query that a tip of this answer holds and that is left out because of an answer that does
    /// not show this tip: where the rule is wrong there are many, where tips match that hold the
    /// query there is none.
    pub(super) fn suspect<F: Facts>(
        &mut self,
        fact: &Fact,
        tips: &[Shown],
        facts: &mut F,
    ) -> Result<Option<Offer>, F::Error> {
        let ends = self.record.rule.unwrap_or(Rule::Every).ends();
        if ends.is_empty() || self.record.suspicions >= self.due() {
            return Ok(None);
        }
        let mut luck = Luck::of(!self.plan.seed, &fact.text);
        let Some(tip) = tips.get(luck.below(tips.len())) else { return Ok(None) };
        let letters: Vec<char> = tip.text.to_lowercase().chars().collect();
        for _ in 0..TEXTS {
            let Some(text) = self.text_within(&letters, &mut luck) else { continue };
            let parents: Vec<String> = ends.iter().map(|end| end.of(&text)).collect();
            for parent in facts.answered(&parents)? {
                let end = ends.iter().find(|end| end.of(&text) == parent.text);
                let Some(end) = end.filter(|_| !self.is_full(&parent)) else { continue };
                if !facts.tips_of(&parent.text)?.contains(&tip.text) {
                    self.record.suspicions += 1;
                    return Ok(Some(self.offer(text, Purpose::Proof(parent.text, *end))));
                }
            }
        }
        Ok(None)
    }

    /// How many proofs of each sort may have been asked.
    fn due(&self) -> u64 {
        FIRST + self.record.pruned / EVERY
    }

    /// A text from the beginning of a tip, of one of its words, or from anywhere, of a length of
    /// which not all combinations are asked.
    fn text_within(&self, tip: &[char], luck: &mut Luck) -> Option<String> {
        let (walked, longest) = (self.record.walk_to, self.plan.max);
        let length = walked + 1 + luck.below(longest.saturating_sub(walked));
        let start = match luck.below(3) {
            0 => 0,
            1 => word_start(tip, luck),
            _ => luck.below(tip.len()),
        };
        let text: String = tip.iter().skip(start).take(length).collect();
        let can_be_asked = letters_of(&text) == length && length <= longest;
        (can_be_asked && text.chars().all(|c| self.record.letters.contains(c))).then_some(text)
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

/// The beginning of one of the words.
fn word_start(letters: &[char], luck: &mut Luck) -> usize {
    let pairs = letters.iter().zip(letters.iter().skip(1)).enumerate();
    let starts: Vec<usize> = pairs
        .filter(|(_, (before, letter))| !before.is_alphanumeric() && letter.is_alphanumeric())
        .map(|(at, _)| at + 1)
        .collect();
    luck.one_of(&starts).unwrap_or_default()
}

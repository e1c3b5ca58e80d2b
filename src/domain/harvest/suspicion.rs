//! Proofs that a tip speaks for: a query that it holds was left out because of an answer that does
//! not show it. Where the rule is wrong there are many, where tips match that hold the query there
//! is none.

use std::collections::{HashMap, HashSet};

use super::luck::Luck;
use super::machine::{Harvest, letters_of};
use super::query::{Fact, Facts, Offer, Purpose};
use super::rule::{End, Rule};

/// Texts of a tip, drawn from anywhere, that are looked at with each answer.
const TEXTS: usize = 3;
/// Tips of a full answer that are looked at for what goes on beyond its query.
const TIPS: usize = 6;
/// Most such queries that one answer leads to.
const AT_ONCE: usize = 3;
/// Most letters that an end is shorter than the query, when those between were not asked.
const SHORTER: usize = 4;

/// A query that a tip holds.
struct Held<'a> {
    text: String,
    tip: &'a str,
}

impl Harvest {
    /// Such queries, found through the tips of this answer, when proofs are due. A full answer is
    /// looked at closely: what its tips hold beyond its query is what may be lost.
    pub(super) fn suspect<F: Facts>(
        &mut self,
        fact: &Fact,
        tips: &[&str],
        facts: &mut F,
    ) -> Result<Vec<Offer>, F::Error> {
        let mut offers: Vec<Offer> = Vec::new();
        if !self.may_suspect() || tips.is_empty() {
            return Ok(offers);
        }
        let mut luck = Luck::of(!self.plan.seed, &fact.text);
        let mut held =
            if self.is_full(fact) { self.beyond(fact, tips, &mut luck) } else { Vec::new() };
        held.extend(self.drawn(tips, &mut luck));
        held.retain(|held| self.can_be_asked(&held.text));
        let ends = self.record.rule.unwrap_or(Rule::Every).ends();
        let texts: HashSet<String> = held
            .iter()
            .flat_map(|held| {
                let shorter = ends.iter().flat_map(|end| shorter(*end, &held.text));
                shorter.chain([held.text.clone()])
            })
            .collect();
        let texts: Vec<String> = texts.into_iter().collect();
        let known = facts.answered(&texts)?.into_iter();
        let known: HashMap<String, bool> =
            known.map(|fact| (fact.text.clone(), self.is_full(&fact))).collect();
        let mut shown: HashMap<String, HashSet<String>> = HashMap::new();
        for Held { text, tip } in held.into_iter().filter(|held| !known.contains_key(&held.text)) {
            if offers.len() == AT_ONCE || !self.may_suspect() {
                break;
            }
            if offers.iter().any(|offer| offer.text == text) {
                continue;
            }
            for end in ends {
                // Nothing between was asked: it was left out for the same reason, or is to come.
                let nearest = shorter(*end, &text).find(|text| known.contains_key(text));
                let Some(parent) = nearest.filter(|text| known.get(text) == Some(&false)) else {
                    continue;
                };
                if !shown.contains_key(&parent) {
                    let tips = facts.tips_of(&parent)?.into_iter().collect();
                    shown.insert(parent.clone(), tips);
                }
                if !shown.get(&parent).is_some_and(|tips| tips.contains(tip)) {
                    self.record.suspicions += 1;
                    offers.push(self.offer(text, Purpose::Proof(parent, *end)));
                    break;
                }
            }
        }
        Ok(offers)
    }

    /// The same for an answer of before, the tips of which are looked up.
    pub(super) fn suspect_stored<F: Facts>(
        &mut self,
        fact: &Fact,
        facts: &mut F,
    ) -> Result<Vec<Offer>, F::Error> {
        if !self.may_suspect() {
            return Ok(Vec::new());
        }
        let mut tips = facts.tips_of(&fact.text)?;
        tips.sort_unstable();
        let tips: Vec<&str> = tips.iter().map(String::as_str).collect();
        self.suspect(fact, &tips, facts)
    }

    fn may_suspect(&self) -> bool {
        let goes_by_an_end = self.record.rule.is_some_and(|rule| !rule.ends().is_empty());
        goes_by_an_end && self.record.suspicions < self.due()
    }

    /// Is a text one of those of which not all are asked?
    fn can_be_asked(&self, text: &str) -> bool {
        let length = letters_of(text);
        length > self.record.walk_to
            && length <= self.plan.max
            && text.chars().all(|c| self.record.letters.contains(c))
    }

    /// Texts from the beginning of a tip, of one of its words, or from anywhere.
    fn drawn<'a>(&self, tips: &[&'a str], luck: &mut Luck) -> Vec<Held<'a>> {
        let Some(tip) = luck.one_of(tips) else { return Vec::new() };
        let letters: Vec<char> = tip.to_lowercase().chars().collect();
        let (walked, longest) = (self.record.walk_to, self.plan.max);
        let mut texts = Vec::new();
        for _ in 0..TEXTS {
            let length = walked + 1 + luck.below(longest.saturating_sub(walked));
            let start = match luck.below(3) {
                0 => 0,
                1 => word_start(&letters, luck),
                _ => luck.below(letters.len()),
            };
            let text = letters.iter().skip(start).take(length).collect();
            texts.push(Held { text, tip });
        }
        texts
    }

    /// The query of a full answer with the letter after it or before it, as its tips hold it.
    fn beyond<'a>(&self, fact: &Fact, tips: &[&'a str], luck: &mut Luck) -> Vec<Held<'a>> {
        let query: Vec<char> = fact.text.chars().collect();
        let mut texts = Vec::new();
        let first = luck.below(tips.len());
        for tip in tips.iter().cycle().skip(first).take(tips.len().min(TIPS)) {
            let lower: Vec<char> = tip.to_lowercase().chars().collect();
            let exact: Vec<char> = tip.chars().collect();
            let folds = self.record.folds() || places(&exact, &query).next().is_none();
            let letters = if folds { lower } else { exact };
            let (first, last) = (places(&letters, &query).next(), places(&letters, &query).last());
            for at in first.into_iter().chain(last.filter(|last| Some(*last) != first)) {
                let before = at.checked_sub(1).map(|start| start..at + query.len());
                for range in [Some(at..at + query.len() + 1), before].into_iter().flatten() {
                    let text = letters.get(range).map(|letters| letters.iter().collect());
                    texts.extend(text.map(|text| Held { text, tip }));
                }
            }
        }
        texts
    }
}

/// Where the letters hold the query.
fn places<'a>(letters: &'a [char], query: &'a [char]) -> impl Iterator<Item = usize> + 'a {
    let windows = letters.windows(query.len().max(1)).enumerate();
    windows.filter(move |(_, window)| *window == query).map(|(at, _)| at)
}

/// That end of a text, one letter shorter, two ...
fn shorter(end: End, text: &str) -> impl Iterator<Item = String> {
    let next = move |text: &String| Some(end.of(text)).filter(|text| !text.is_empty());
    std::iter::successors(next(&text.to_owned()), next).take(SHORTER)
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

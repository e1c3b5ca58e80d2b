//! A suggestion endpoint in memory.

use std::collections::{HashMap, HashSet};

/// Which tips match a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// Those that begin with it.
    Prefix,
    /// Those one of whose words does.
    Word,
    /// Those that end with it.
    End,
    /// Those that contain it.
    Infix,
    /// The same, those that begin with it first.
    StartFirst,
    /// Those that contain it, unless its length is even: no rule fits.
    Odd,
}

/// Longest query that finds anything.
const LONGEST: usize = 6;

/// Tips in their rank's order, and what each query finds.
pub(crate) struct Endpoint {
    pub(crate) matches: Match,
    pub(crate) cap: usize,
    /// Shortest query that finds anything.
    pub(crate) shortest: usize,
    /// Are upper and lower case the same?
    pub(crate) folds: bool,
    /// Are answers in alphabetical order?
    pub(crate) sorted: bool,
    /// Shown when nothing matches.
    pub(crate) defaults: Vec<String>,
    /// A query that finds so many is itself shown first, as one of the tips.
    pub(crate) echoes: Option<usize>,
    tips: Vec<String>,
    found: HashMap<String, Vec<usize>>,
}

impl Endpoint {
    pub(crate) fn new(tips: &[String], matches: Match, cap: usize) -> Self {
        Self::folding(tips, matches, cap, true)
    }

    pub(crate) fn folding(tips: &[String], matches: Match, cap: usize, folds: bool) -> Self {
        let mut found: HashMap<String, Vec<usize>> = HashMap::new();
        for (rank, tip) in tips.iter().enumerate() {
            let tip = if folds { tip.to_lowercase() } else { tip.clone() };
            for text in texts(&tip, matches) {
                found.entry(text).or_default().push(rank);
            }
        }
        Self {
            matches,
            cap,
            shortest: 1,
            folds,
            sorted: false,
            defaults: Vec::new(),
            echoes: None,
            tips: tips.to_vec(),
            found,
        }
    }

    /// All that match, the first ones first.
    fn all(&self, query: &str) -> Vec<&str> {
        let query = if self.folds { query.to_lowercase() } else { query.to_owned() };
        let length = query.chars().count();
        let refuses = self.matches == Match::Odd && length % 2 == 0;
        if length < self.shortest || refuses {
            return Vec::new();
        }
        let ranks = self.found.get(&query).map(Vec::as_slice).unwrap_or_default();
        let mut tips: Vec<&str> = ranks.iter().map(|rank| self.tips[*rank].as_str()).collect();
        if self.sorted {
            tips.sort_by_key(|tip| tip.to_lowercase());
        }
        if self.matches == Match::StartFirst {
            tips.sort_by_key(|tip| !tip.to_lowercase().starts_with(&query));
        }
        tips
    }

    /// The answer to a query.
    pub(crate) fn answer(&self, query: &str) -> Vec<String> {
        let mut tips: Vec<String> = self.all(query).into_iter().map(str::to_owned).collect();
        if tips.is_empty() {
            tips.clone_from(&self.defaults);
        }
        if self.echoes.is_some_and(|least| tips.len() >= least) {
            tips.retain(|tip| tip != query);
            tips.insert(0, query.to_owned());
        }
        tips.truncate(self.cap);
        tips
    }

    /// Does a query match as many as the endpoint shows, or more?
    pub(crate) fn is_full(&self, query: &str) -> bool {
        self.all(query).len() >= self.cap
    }

    /// How many tips match a letter of an alphabet.
    pub(crate) fn matching(&self, letters: &str) -> usize {
        let ranks = letters.chars().filter_map(|letter| self.found.get(&letter.to_string()));
        ranks.flatten().collect::<HashSet<_>>().len()
    }

    /// All that is shown by queries of so many letters of an alphabet: what `exhaustive` finds.
    pub(crate) fn findable(&self, letters: &str, lengths: (usize, usize)) -> HashSet<String> {
        let letters: HashSet<char> = letters.chars().collect();
        let asked = self.found.keys().filter(|query| {
            let length = query.chars().count();
            lengths.0 <= length
                && length <= lengths.1
                && query.chars().all(|c| letters.contains(&c))
        });
        asked.flat_map(|query| self.answer(query)).collect()
    }
}

/// The texts that find a tip.
fn texts(tip: &str, matches: Match) -> HashSet<String> {
    let letters: Vec<char> = tip.chars().collect();
    let at_word = |start: usize| start == 0 || !letters[start - 1].is_alphanumeric();
    let starts = (0..letters.len()).filter(|start| match matches {
        Match::Prefix => *start == 0,
        Match::Word => at_word(*start),
        Match::End | Match::Infix | Match::StartFirst | Match::Odd => true,
    });
    starts
        .flat_map(|start| {
            (start + 1..=(start + LONGEST).min(letters.len())).map(move |end| (start, end))
        })
        .filter(|(_, end)| matches != Match::End || *end == letters.len())
        .map(|(start, end)| letters[start..end].iter().collect())
        .collect()
}

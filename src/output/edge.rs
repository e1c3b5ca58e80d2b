//! The links of a table as edges between numbered nodes.

use std::collections::HashSet;
use std::io;

use xxhash_rust::xxh3::xxh3_64;

use super::Cell;

/// Where in a row an edge stands.
pub(super) struct EdgeColumns<'c> {
    source: usize,
    target: usize,
    /// What is told of an edge. The job is left out: a graph is of one job.
    attributes: Vec<(usize, &'c str)>,
}

/// An edge of a row.
pub(super) struct Edge<'r> {
    pub(super) source: &'r str,
    pub(super) target: &'r str,
}

impl<'c> EdgeColumns<'c> {
    pub(super) fn of(columns: &[&'c str]) -> io::Result<Self> {
        let place = |name: &str| {
            let missing = || io::Error::other(format!("a graph needs a column '{name}'"));
            columns.iter().position(|column| *column == name).ok_or_else(missing)
        };
        let (source, target) = (place("source")?, place("target")?);
        let told = |column: &&str| !["source", "target", "job"].contains(column);
        let named = columns.iter().copied().enumerate().filter(|(_, column)| told(column));
        Ok(Self { source, target, attributes: named.collect() })
    }

    /// The row's edge; `None` when an end of it is unknown.
    pub(super) fn edge<'r>(&self, cells: &'r [Cell<'_>]) -> Option<Edge<'r>> {
        let end = |at: usize| match cells.get(at) {
            Some(Cell::Text(text)) => Some(text.as_ref()),
            _ => None,
        };
        Some(Edge { source: end(self.source)?, target: end(self.target)? })
    }

    /// The names of what is told of an edge.
    pub(super) fn names(&self) -> impl Iterator<Item = &'c str> {
        self.attributes.iter().map(|(_, name)| *name)
    }

    /// What is told of this row's edge, the unknown left out.
    pub(super) fn attributes<'r>(
        &self,
        cells: &'r [Cell<'_>],
    ) -> impl Iterator<Item = (&'c str, std::borrow::Cow<'r, str>)> {
        self.attributes.iter().filter_map(|(at, name)| Some((*name, cells.get(*at)?.plain()?)))
    }
}

/// Gives each URL its node: the key of its text. Knows which have been named.
#[derive(Default)]
pub(super) struct Nodes {
    named: HashSet<u64>,
}

impl Nodes {
    /// The node of this URL, and whether it is new.
    pub(super) fn node(&mut self, url: &str) -> (u64, bool) {
        let key = xxh3_64(url.as_bytes());
        (key, self.named.insert(key))
    }
}

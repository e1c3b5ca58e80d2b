//! Metrics as Prometheus reads them.
#![allow(clippy::expect_used, reason = "a line that is wrong ends the test")]

use std::collections::{BTreeMap, BTreeSet};

/// One exposition, taken apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exposition {
    /// Family -> type.
    pub(crate) families: BTreeMap<String, String>,
    /// Name and labels, as written -> value.
    pub(crate) samples: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads a text as `OpenMetrics` wants it; anything else fails the test.
    pub(crate) fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let (body, end) = text.split_at(text.len() - 6);
        assert_eq!(end, "# EOF\n");
        for line in body.lines() {
            if let Some(declared) = line.strip_prefix("# TYPE ") {
                let (name, kind) = declared.split_once(' ').expect(line);
                let old = found.families.insert(name.to_owned(), kind.to_owned());
                assert_eq!(old, None, "declared twice: {line}");
            } else if let Some(help) = line.strip_prefix("# HELP ") {
                assert!(help.split_once(' ').is_some_and(|(_, words)| words.len() > 5), "{line}");
            } else {
                let (name, value) = line.rsplit_once(' ').expect(line);
                found.check(name, line);
                value.parse::<f64>().expect(line);
                let old = found.samples.insert(name.to_owned(), value.to_owned());
                assert_eq!(old, None, "told twice: {line}");
            }
        }
        found.check_histograms();
        found
    }

    /// A sample's name is its family's with the ending of its type; its labels are words.
    fn check(&self, name: &str, line: &str) {
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let labels = labels.strip_suffix('}').expect(line);
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').expect(line);
            let word = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
            let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).expect(line);
            assert!(key.chars().all(word) && bare.chars().all(word), "{line}");
        }
        let family = self.families.iter().find(|(family, kind)| {
            let endings: &[&str] = match kind.as_str() {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            let rest = name.strip_prefix(family.as_str());
            rest.is_some_and(|rest| endings.contains(&rest))
        });
        assert!(family.is_some(), "of no family declared before: {line}");
    }

    /// Buckets only grow, and the last holds all.
    fn check_histograms(&self) {
        let mut buckets: BTreeMap<String, Vec<(f64, u64)>> = BTreeMap::new();
        for (name, value) in self.samples.iter().filter(|(name, _)| name.contains("_bucket{")) {
            let (family, labels) = name.split_once("_bucket{").expect(name);
            let (le, others): (Vec<_>, Vec<_>) =
                labels.trim_end_matches('}').split(',').partition(|l| l.starts_with("le="));
            let bound: f64 = le[0].trim_start_matches("le=").trim_matches('"').parse().expect(name);
            let others = others.join(",");
            let labels = if others.is_empty() { others } else { format!("{{{others}}}") };
            let series = buckets.entry(format!("{family}_count{labels}")).or_default();
            series.push((bound, value.parse().unwrap()));
        }
        for (count, series) in &mut buckets {
            series.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(series.is_sorted_by(|a, b| a.1 <= b.1), "{count}: {series:?}");
            let all = series.last().filter(|(bound, _)| bound.is_infinite());
            assert_eq!(all.map(|(_, all)| all.to_string()), self.samples.get(count).cloned());
        }
    }

    /// A figure that is a whole number; of what was never counted 0.
    pub(crate) fn get(&self, name: &str) -> i64 {
        self.samples.get(name).map_or(0, |value| value.parse().expect(name))
    }

    /// The names that documents speak of.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let name = |(name, kind): (&String, &String)| match kind.as_str() {
            "counter" => format!("{name}_total"),
            _ => name.clone(),
        };
        self.families.iter().map(name).collect()
    }
}

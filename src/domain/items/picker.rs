//! Texts picked from markup by selectors: for answers that are HTML, or hold a piece of it.

use super::css::{Css, Part};
use super::element;
use super::reading::{Cut, MOST_ITEMS, Refusal};
use super::rule::folded;
use super::tree;
use super::work::Work;

/// Picks elements, and of each some values.
#[derive(Debug, Clone)]
pub(in crate::domain) struct Picker {
    item: Css,
    values: Vec<Css>,
}

/// Why nothing is picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) enum PickError {
    /// The tree is not built.
    Refused(Refusal),
    /// There is more than is taken.
    Cut(Cut),
}

impl Picker {
    /// Elements by `item`; a value of each by every selector of `values`, the element itself by an
    /// empty one.
    ///
    /// # Errors
    /// The place of the selector that is none, 0 for `item`, and what is wrong, in one line.
    pub(in crate::domain) fn new(item: &str, values: &[&str]) -> Result<Self, (usize, String)> {
        let read = |(at, css): (usize, &&str)| Css::parse(css).map_err(|error| (at + 1, error));
        Ok(Self {
            item: Css::parse(item).map_err(|error| (0, error))?,
            values: values.iter().enumerate().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The values of every element: texts with white space folded, attributes and markup as they
    /// are.
    ///
    /// # Errors
    /// When the markup is too deep or too large, or too much is picked from it.
    pub(in crate::domain) fn pick(
        &self,
        text: &str,
    ) -> Result<Vec<Vec<Option<String>>>, PickError> {
        let html = tree::parse(text).map_err(PickError::Refused)?;
        let Some(root) = tree::root(&html) else { return Ok(Vec::new()) };
        let (far, nodes) = (tree::far(&html), html.tree.values().len());
        let mut work = Work::new();
        let enough = |work: &Work| work.cut.map_or(Ok(()), |cut| Err(PickError::Cut(cut)));
        work.steps(self.item.cost(nodes, far));
        enough(&work)?;
        let items: Vec<_> = match &self.item.selector {
            None => vec![root],
            Some(selector) => root.select(selector).take(MOST_ITEMS + 1).collect(),
        };
        if items.len() > MOST_ITEMS {
            return Err(PickError::Cut(Cut::Items));
        }
        let mut picked = Vec::with_capacity(items.len());
        for item in items {
            let within = item.descendants().take(work.left().saturating_add(1)).count();
            let mut values = Vec::with_capacity(self.values.len());
            for css in &self.values {
                work.steps(css.cost(within, far));
                enough(&work)?;
                let value = css.first(item).and_then(|found| value(found, css));
                work.text(value.as_ref().map_or(0, String::len));
                enough(&work)?;
                values.push(value);
            }
            picked.push(values);
        }
        Ok(picked)
    }
}

fn value(found: scraper::ElementRef<'_>, css: &Css) -> Option<String> {
    let text = element::read(found, &css.part, None)?;
    Some(if matches!(css.part, Part::Text | Part::Default) { folded(&text) } else { text })
}

//! `srcset` (WHATWG HTML, 4.8.4.2.2): URLs may hold commas, descriptors may hold parentheses.

fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0c' | '\r' | ' ')
}

/// The URLs of a `srcset`, in order.
pub(super) fn urls(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| is_space(c) || c == ',');
        let (url, tail) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        let bare = url.trim_end_matches(',');
        // A URL that ends in a comma has no descriptors.
        rest = if bare.len() == url.len() { after_descriptors(tail) } else { tail };
        (!bare.is_empty()).then_some(bare)
    })
}

fn after_descriptors(text: &str) -> &str {
    let mut in_parentheses = false;
    let end = text.find(|c| {
        match c {
            '(' => in_parentheses = true,
            ')' => in_parentheses = false,
            _ => {}
        }
        c == ',' && !in_parentheses
    });
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn urls_may_hold_commas_and_descriptors_parentheses() {
        for (srcset, expected) in [
            ("a.png 1x, b.png 2x", &["a.png", "b.png"][..]),
            ("a.png, b.png", &["a.png", "b.png"]),
            ("a,b.png 100w,c.png", &["a,b.png", "c.png"]),
            (" ,, a.png (x, y) 2x , b", &["a.png", "b"]),
            ("data:,a 1x,,,", &["data:,a"]),
            (" , ", &[]),
            ("", &[]),
        ] {
            assert_eq!(urls(srcset).collect::<Vec<_>>(), expected, "{srcset}");
        }
    }
}

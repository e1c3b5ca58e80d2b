//! The facts of a log line: its `key=value` pairs.

/// Most facts of one line.
const MOST: usize = 16;

/// The pairs of a text in their order, each key once: `job=docs url="a b" try 1: status=200`. A
/// value ends with a blank, or stands in quotes.
pub(super) fn fields(text: &str) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while found.len() < MOST {
        rest = rest.trim_start();
        let Some(word) = rest.split_whitespace().next() else { break };
        let Some((key, _)) = word.split_once('=').filter(|(key, _)| is_key(key)) else {
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        };
        let after = rest.get(key.len() + 1..).unwrap_or_default();
        let quoted = after.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let (value, left) = quoted.unwrap_or_else(|| {
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            let (value, left) = after.split_at(end);
            (value.trim_end_matches([',', ';', ':']), left)
        });
        rest = left;
        if found.iter().all(|(known, _)| *known != key) {
            found.push((key, value));
        }
    }
    found
}

fn is_key(word: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_wherever_they_stand() {
        assert_eq!(
            fields(
                "job=docs url=http://h/?a=b try 1: status=200, name=\"two words\" x= =y A=1 job=2"
            ),
            [
                ("job", "docs"),
                ("url", "http://h/?a=b"),
                ("status", "200"),
                ("name", "two words"),
                ("x", ""),
            ]
        );
        assert_eq!(fields("nothing of the kind"), []);
        assert_eq!(fields("open=\"no end"), [("open", "\"no")]);
        assert_eq!(fields(&"a".repeat(100)), []);
    }

    #[test]
    fn a_stranger_cannot_make_a_line_of_endless_fields() {
        let many: Vec<_> = (0..1_000).map(|n| format!("k{n}=v")).collect();
        assert_eq!(fields(&many.join(" ")).len(), MOST);
    }
}

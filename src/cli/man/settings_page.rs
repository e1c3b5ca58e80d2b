//! crawld.toml(5): the annotated configuration that is shipped, line by line as a manual page. What is
//! documented there is thereby documented here, once.

use std::io;

use clap_mangen::roff::{Roff, bold, roman};

use super::{FILES, MANUAL, NO_DATE, Page, SOURCE, daemon_page};

const TEXT: &str = include_str!("../../../config/crawld.toml");

/// What a line of the annotated configuration is.
#[derive(Debug, PartialEq)]
enum Line<'a> {
    /// Nothing: what follows is a paragraph of its own.
    Empty,
    /// `[section]`, and what is said of it.
    Section(&'a str, &'a str),
    /// `key = value`, and what is said of it.
    Key(&'a str, &'a str),
    /// What is said goes on.
    More(&'a str),
    /// Plain text.
    Prose(&'a str),
}

/// The page of the configuration.
///
/// # Errors
/// None that a place in memory has.
pub(super) fn page() -> io::Result<Page> {
    let mut roff = Roff::new();
    roff.control("TH", ["CRAWLD.TOML", FILES, NO_DATE, SOURCE, MANUAL]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("crawld.toml - settings of crawld")]);
    roff.control("SH", ["DESCRIPTION"]);
    body(TEXT, &mut roff);
    let mut text = Vec::new();
    roff.to_writer(&mut text)?;
    daemon_page::see_also(&["crawld(8)", "crawld-check(8)"]).to_writer(&mut text)?;
    Ok(Page { name: format!("crawld.toml.{FILES}"), text })
}

fn body(text: &str, roff: &mut Roff) {
    // After a heading a paragraph begins by itself.
    let mut begun = true;
    let mut listing = false;
    for line in text.lines().map(Line::of) {
        match line {
            Line::Empty => begun = false,
            Line::Section(name, said) => {
                roff.control("SS", []);
                roff.text([roman(name)]);
                words(said, roff);
                (begun, listing) = (true, false);
            }
            Line::Key(setting, said) => {
                roff.control("TP", []);
                roff.text([bold(setting)]);
                words(said, roff);
                (begun, listing) = (true, true);
            }
            Line::More(said) => words(said, roff),
            Line::Prose(said) => {
                if listing || !begun {
                    roff.control("PP", []);
                }
                words(said, roff);
                (begun, listing) = (true, false);
            }
        }
    }
}

fn words(said: &str, roff: &mut Roff) {
    if !said.is_empty() {
        roff.text([roman(said)]);
    }
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let bare = line.strip_prefix('#').unwrap_or(line);
        let bare = bare.strip_prefix(' ').unwrap_or(bare);
        let (setting, said) = divide(bare);
        if bare.trim().is_empty() {
            Self::Empty
        } else if setting.is_empty() {
            Self::More(said)
        } else if setting.starts_with('[') && setting.ends_with(']') {
            Self::Section(setting, said)
        } else if is_key(setting) {
            Self::Key(setting, said)
        } else {
            Self::Prose(bare)
        }
    }
}

/// Before and after the `#` that begins a comment, which one within quotes does not.
fn divide(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => {
                let (setting, said) = line.split_at(at);
                return (setting.trim(), said.trim_start_matches('#').trim());
            }
            _ => {}
        }
    }
    (line.trim(), "")
}

/// `key = `, with nothing else that a sentence would have before it.
fn is_key(setting: &str) -> bool {
    let key = setting.split_once(" = ").map_or("", |(key, _)| key);
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_a_line_is_told_from_the_others() {
        assert_eq!(Line::of("[http]"), Line::Section("[http]", ""));
        assert_eq!(
            Line::of("# [hosts.\"a#b\"]  # rules"),
            Line::Section("[hosts.\"a#b\"]", "rules")
        );
        assert_eq!(
            Line::of("# delay = \"1s\"   # between"),
            Line::Key("delay = \"1s\"", "between")
        );
        assert_eq!(Line::of("# fields.a = \"#x\""), Line::Key("fields.a = \"#x\"", ""));
        assert_eq!(Line::of("#             # and more"), Line::More("and more"));
        assert_eq!(Line::of("# A key `a = b` is text."), Line::Prose("A key `a = b` is text."));
        assert_eq!(Line::of("#"), Line::Empty);
    }

    #[test]
    fn every_word_of_the_annotated_configuration_is_on_the_page() {
        let page = String::from_utf8(page().unwrap().text).unwrap();
        let begin = page.find("DESCRIPTION").unwrap() + "DESCRIPTION".len();
        let end = page.find(".SH \"SEE ALSO\"").unwrap();
        let shown = page[begin..end].lines().filter(|line| !line.starts_with('.'));
        let shown = shown.collect::<Vec<_>>().join("\n");
        let shown = ["\\fB", "\\fR", "\\&"].iter().fold(shown, |text, mark| text.replace(mark, ""));
        let shown = shown.replace("\\*(Aq", "'").replace("\\-", "-").replace("\\\\", "\\");
        let plain = |text: &str| -> Vec<String> {
            text.replace('#', " ").split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(plain(&shown), plain(TEXT));
    }
}

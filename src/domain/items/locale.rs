//! How numbers and dates are written in a language.

/// Marks of numbers, order of dates. Without a mark both are told from the number itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Locale {
    /// The mark before a fraction.
    pub(super) decimal: Option<char>,
    /// The mark between groups; when it is not given, each mark that is not the decimal one.
    pub(super) group: Option<char>,
    /// Is `3/4/2026` the fourth of March?
    pub(super) month_first: bool,
}

/// Languages that write `1.234,5` or `1 234,5`.
const COMMA: [&str; 38] = [
    "af", "be", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "eu", "fi", "fr", "gl", "hr",
    "hu", "hy", "id", "is", "it", "ka", "kk", "lt", "lv", "mk", "nb", "nl", "no", "pl", "pt", "ro",
    "ru", "sk", "sl", "sr", "sv", "uk",
];
/// Further ones of them.
const COMMA_TOO: [&str; 3] = ["sq", "tr", "vi"];
/// Languages that write `1,234.5`.
const POINT: [&str; 11] = ["en", "ga", "he", "hi", "ja", "ko", "ms", "th", "zh", "ar", "fa"];

impl Locale {
    /// The habits of a language: `en`, `en-GB`, `de_CH`. `None` when it is not known.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase().replace('_', "-");
        let (language, region) = name.split_once('-').unwrap_or((&name, ""));
        let comma = COMMA.contains(&language) || COMMA_TOO.contains(&language);
        if !comma && !POINT.contains(&language) {
            return None;
        }
        let point = !comma || region == "ch" || (language == "es" && region == "mx");
        Some(Self {
            decimal: Some(if point { '.' } else { ',' }),
            group: None,
            month_first: language == "en" && matches!(region, "" | "us"),
        })
    }
}

//! The currency beside a price.

/// Signs and words of one currency alone, with its code (ISO 4217).
const SIGNS: [(&str, &str); 47] = [
    ("us$", "USD"),
    ("a$", "AUD"),
    ("c$", "CAD"),
    ("ca$", "CAD"),
    ("nz$", "NZD"),
    ("hk$", "HKD"),
    ("r$", "BRL"),
    ("€", "EUR"),
    ("евра", "EUR"),
    ("evra", "EUR"),
    ("евро", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("₴", "UAH"),
    ("грн", "UAH"),
    ("₽", "RUB"),
    ("руб", "RUB"),
    ("р", "RUB"),
    ("₹", "INR"),
    ("rs", "INR"),
    ("₺", "TRY"),
    ("tl", "TRY"),
    ("₪", "ILS"),
    ("₩", "KRW"),
    ("₫", "VND"),
    ("₸", "KZT"),
    ("₾", "GEL"),
    ("₼", "AZN"),
    ("֏", "AMD"),
    ("zł", "PLN"),
    ("zl", "PLN"),
    ("kč", "CZK"),
    ("kc", "CZK"),
    ("ft", "HUF"),
    ("лв", "BGN"),
    ("lv", "BGN"),
    ("lei", "RON"),
    ("дин", "RSD"),
    ("din", "RSD"),
    ("динара", "RSD"),
    ("dinara", "RSD"),
    ("ден", "MKD"),
    ("км", "BAM"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("฿", "THB"),
];

/// Signs that several currencies share: kept as they are written.
const SHARED: [&str; 5] = ["$", "¥", "￥", "kr", "₤"];

/// Codes that people write.
const CODES: [&str; 58] = [
    "AED", "ALL", "AMD", "ARS", "AUD", "AZN", "BAM", "BGN", "BRL", "BYN", "CAD", "CHF", "CLP",
    "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR",
    "ISK", "JPY", "KRW", "KZT", "MAD", "MDL", "MKD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN",
    "PHP", "PKR", "PLN", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD",
    "UAH", "USD", "UYU", "UZS", "VND", "ZAR",
];

/// The currency next to a number: its code, or a sign that several share as it is written.
pub(super) fn beside(before: &str, behind: &str) -> Option<String> {
    let next = behind.trim_start_matches(['.', ',', '-', '–', '—']).trim_start();
    let next = next.split(|c: char| c.is_whitespace() || "/.,;:)".contains(c)).next()?;
    let last = before.trim_end().trim_end_matches(['-', '\u{2212}', ':', '.']).trim_end();
    let last = last.rsplit(|c: char| c.is_whitespace() || "/,;:(".contains(c)).next()?;
    named(next).or_else(|| named(last))
}

fn named(word: &str) -> Option<String> {
    // `€500` behind a number belongs to the next one; a sign stands at the word's ends.
    let code = CODES.iter().find(|code| **code == word);
    if let Some(code) = code {
        return Some((*code).to_owned());
    }
    let lower = word.to_lowercase();
    let lower = lower.trim_end_matches(|c: char| c == '*' || c.is_numeric());
    let sign = SIGNS.iter().find(|(sign, _)| *sign == lower).map(|(_, code)| *code);
    sign.or_else(|| SHARED.iter().find(|sign| **sign == lower).copied()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_or_a_code_beside_the_number_is_the_currency() {
        for (before, behind, currency) in [
            ("", " €", "EUR"),
            ("€", "", "EUR"),
            ("$", "", "$"),
            ("US$ ", "", "USD"),
            ("CHF ", ".–", "CHF"),
            ("", " EUR/mes", "EUR"),
            ("od ", " din.", "RSD"),
            ("", " грн", "UAH"),
            ("", " zł*", "PLN"),
            ("Price: £", " inc. VAT", "GBP"),
            ("", " kr", "kr"),
        ] {
            assert_eq!(beside(before, behind).as_deref(), Some(currency), "{before}1{behind}");
        }
        for (before, behind) in [("", ""), ("NEW ", " pcs"), ("", " m²"), ("TOP", ""), ("a ", " b")]
        {
            assert_eq!(beside(before, behind), None, "{before}1{behind}");
        }
    }
}

//! What holds for every number, date and document.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shared::{objects, reader, url};

/// A number of hundredths with these marks: `-1.234.567,05`.
fn written(hundredths: i64, group: &str, decimal: &str) -> String {
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push_str(group);
        }
        grouped.push(digit);
    }
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{grouped}{decimal}{rest:02}")
}

fn field(value: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["css"] = json!(":scope");
    let reader = reader(json!({"item": "p", "fields": [["value", spec]]}));
    let page = format!("<p>before {value} behind</p>");
    let reading = reader.read(&url("http://a.test/"), Some("text/html"), &page).unwrap();
    objects(&reading)[0]["value"].clone()
}

const MONTHS: [(&str, [&str; 12]); 4] = [
    (
        "en",
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    ),
    (
        "de",
        [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    ),
    (
        "sr",
        [
            "јануар",
            "фебруар",
            "март",
            "април",
            "мај",
            "јун",
            "јул",
            "август",
            "септембар",
            "октобар",
            "новембар",
            "децембар",
        ],
    ),
    (
        "uk",
        [
            "січня",
            "лютого",
            "березня",
            "квітня",
            "травня",
            "червня",
            "липня",
            "серпня",
            "вересня",
            "жовтня",
            "листопада",
            "грудня",
        ],
    ),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_number_is_read_back_in_each_way_of_writing(hundredths in -99_999_999_999_i64..99_999_999_999) {
        let number = json!(written(hundredths, "", ".").parse::<f64>().unwrap());
        let number = match hundredths % 100 {
            0 => json!(hundredths / 100),
            _ => number,
        };
        for (locale, group, decimal) in [
            ("en", ",", "."), ("de", ".", ","), ("fr", "\u{202f}", ","), ("de-CH", "’", "."),
            ("uk", " ", ","), ("en", "", "."),
        ] {
            let text = written(hundredths, group, decimal);
            for spec in [json!({"parse": "number", "locale": locale}), json!({"parse": "price"})] {
                prop_assert_eq!(&field(&text, &spec), &number, "{} in {}", text, locale);
            }
        }
    }

    #[test]
    fn every_date_is_read_back_in_each_way_of_writing(year in 1970_i16..2069, month in 1_usize..13, day in 1..29) {
        let date = json!(format!("{year}-{month:02}-{day:02}"));
        let short = year % 100;
        for (locale, text) in [
            ("en", format!("{month}/{day}/{year}")),
            ("fr", format!("{day}/{month}/{year}")),
            ("de", format!("{day}.{month:02}.{short:02}")),
            ("sr", format!("{day}. {month}. {year}.")),
            ("en", format!("{year}-{month:02}-{day:02}")),
        ] {
            let spec = json!({"parse": "date", "locale": locale});
            prop_assert_eq!(&field(&text, &spec), &date, "{} in {}", text, locale);
        }
        for (locale, names) in MONTHS {
            let name = names[month - 1];
            for text in [format!("{day}. {name} {year}."), format!("{name} {day}, {year}")] {
                let spec = json!({"parse": "date", "locale": locale});
                prop_assert_eq!(&field(&text, &spec), &date, "{}", text);
            }
        }
    }

    #[test]
    fn whatever_a_document_holds_each_item_has_the_configured_fields(
        pieces in proptest::collection::vec(prop_oneof![
            Just("<li>"), Just("</li>"), Just("<p"), Just(" class=x"), Just(">"), Just("<a href='"),
            Just("'"), Just("<table>"), Just("<td>"), Just("<svg>"), Just("<title>"), Just("<!--"),
            Just("-->"), Just("<script>"), Just("</script>"), Just("<template>"), Just("&#x"),
            Just("1.2,3 €"), Just("21.11.2026"), Just("\u{0}"), Just("<frameset>"), Just("<select>"),
            Just("<base href=//b>"), Just("<plaintext>"), Just("</body>"), Just("itemscope itemprop=a"),
        ], 0..60),
    ) {
        let page = pieces.concat();
        let reader = reader(json!({
            "item": "li, td, p", "next": "a",
            "fields": [
                ["a", {"css": ":scope", "parse": "price"}], ["b", {"css": "a@href", "list": true}],
                ["c", {"css": "* ~ *", "parse": "date"}], ["d", "@html"],
            ],
        }));
        let read = || reader.read(&url("http://a.test/"), None, &page);
        let reading = read().unwrap();
        for item in &reading.items {
            let names: Vec<_> = item.fields.iter().map(|(name, _)| name.clone()).collect();
            prop_assert_eq!(names, reader.columns());
        }
        prop_assert_eq!(read().unwrap(), reading);
    }
}

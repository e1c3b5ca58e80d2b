//! Tips as a shop in Ukraine has them: 6,000, of 16 characters in the mean and 96 different ones;
//! six in ten hold a Latin letter or a digit, four in ten begin with one.

use std::collections::HashSet;

use super::chance::Chance;

const LATIN: [&str; 40] = [
    "a", "be", "ca", "do", "e", "fi", "ga", "ho", "i", "jo", "ka", "lu", "mi", "no", "o", "pa",
    "qua", "ra", "sa", "to", "u", "vi", "wa", "xi", "yo", "ze", "ph", "sm", "tr", "st", "ng",
    "lix", "er", "on", "am", "el", "ip", "od", "us", "ix",
];
const CYRILLIC: [&str; 44] = [
    "а", "бе", "ва", "го", "ґа", "ди", "е", "є", "жи", "зо", "і", "ї", "ка", "ло", "ми", "но", "о",
    "по", "ра", "се", "ти", "у", "фо", "хо", "ци", "че", "ша", "щи", "ю", "я", "й", "ль", "ый",
    "эк", "ёр", "ъ", "ст", "пр", "ний", "ка", "ння", "тел", "ер", "ов",
];
const SIGNS: [&str; 18] =
    ["+", "-", ".", ",", "/", "(", ")", "&", "'", "\"", "*", "%", "!", "#", ":", "_", "=", "°"];

/// That many different tips.
pub(crate) fn tips(count: usize, seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let brands = vocabulary(&mut chance, 1500, &LATIN, "abcdefghijklmnopqrstuvwxyz", 4);
    let latin = vocabulary(&mut chance, 6000, &LATIN, "abcdefghijklmnopqrstuvwxyz", 2);
    let cyrillic = vocabulary(&mut chance, 3000, &CYRILLIC, "абвгдежзийклмнопрстуфхцчшщьюяіїєґ", 4);
    let (mut tips, mut known) = (Vec::new(), HashSet::new());
    while tips.len() < count {
        let foreign = chance.below(100) < 46;
        let pure = !foreign && chance.below(100) < 55;
        let mut words = Vec::new();
        for place in 0..2 + chance.below(4) {
            let mixed = !pure && place > 0;
            let words_of = match (place, foreign) {
                _ if mixed && chance.below(4) == 0 => {
                    words.push(model(&mut chance));
                    continue;
                }
                (0, true) => &brands,
                _ if mixed && chance.below(100) < 85 => &latin,
                _ => &cyrillic,
            };
            words.push(words_of[chance.often_low(words_of.len())].clone());
        }
        let mut tip: String = words.join(" ").chars().take(30).collect();
        if chance.below(12) == 0 {
            tip.push_str(chance.one_of(&SIGNS));
        }
        let tip = tip.trim_end().to_owned();
        if known.insert(tip.clone()) {
            tips.push(tip);
        }
    }
    tips
}

/// That many different tips of words in which a vowel follows each consonant: few letters begin a
/// word, others never do.
pub(crate) fn syllables(count: usize, seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    let (consonants, vowels) = ("bcdfghklmnprstvwz", "aeiou");
    let letter = |chance: &mut Chance, of: &str| {
        char::from(of.as_bytes()[chance.below(of.len())]).to_string()
    };
    let word = |chance: &mut Chance| {
        let mut word = String::new();
        for _ in 0..2 + chance.below(3) {
            word += &letter(chance, consonants);
            word += &letter(chance, vowels);
            if chance.below(10) < 3 {
                word += &letter(chance, consonants);
            }
        }
        word
    };
    let words: Vec<String> = (0..900).map(|_| word(&mut chance)).collect();
    let (mut tips, mut known) = (Vec::new(), HashSet::new());
    while tips.len() < count {
        let parts = 1 + chance.below(3);
        let parts = (0..parts).map(|_| words[chance.often_low(words.len())].clone());
        let tip = parts.collect::<Vec<_>>().join(" ");
        if known.insert(tip.clone()) {
            tips.push(tip);
        }
    }
    tips
}

/// Words of two to four parts: syllables, or one part in so many a single letter.
fn vocabulary(
    chance: &mut Chance,
    count: usize,
    syllables: &[&str],
    letters: &str,
    one_in: usize,
) -> Vec<String> {
    let letters: Vec<String> = letters.chars().map(String::from).collect();
    let part = |chance: &mut Chance| match chance.below(one_in) {
        0 => letters[chance.often_low(letters.len())].clone(),
        _ => chance.one_of(syllables).to_owned(),
    };
    (0..count).map(|_| (0..2 + chance.below(3)).map(|_| part(chance)).collect()).collect()
}

fn model(chance: &mut Chance) -> String {
    let letter = |at: usize| char::from(b'a' + u8::try_from(at).unwrap());
    match chance.below(4) {
        0 => format!("{}{}", letter(chance.often_low(26)), chance.often_low(1000)),
        1 => format!("{}gb", 1 << chance.below(10)),
        2 => {
            let (first, second) = (letter(chance.below(26)), letter(chance.below(26)));
            format!("{first}{second}{}", chance.below(100))
        }
        _ => chance.often_low(5000).to_string(),
    }
}

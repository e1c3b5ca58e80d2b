//! The synthetic tips are what they stand for.

use std::collections::HashSet;

use crate::words::tips;

#[test]
fn the_tips_are_like_those_of_the_shop() {
    let tips = tips(6000, 1);
    let letters: Vec<usize> = tips.iter().map(|tip| tip.chars().count()).collect();
    let mean = letters.iter().sum::<usize>() as f64 / 6000.0;
    let different: HashSet<char> = tips.iter().flat_map(|tip| tip.chars()).collect();
    let ascii = |c: char| c.is_ascii_alphanumeric();
    let holding = tips.iter().filter(|tip| tip.contains(ascii)).count();
    let beginning = tips.iter().filter(|tip| tip.starts_with(ascii)).count();
    println!("mean {mean:.1}, {} characters, {holding} hold, {beginning} begin", different.len());
    assert!((14.0..20.0).contains(&mean), "{mean}");
    assert!((85..110).contains(&different.len()), "{}", different.len());
    assert!((3300..4400).contains(&holding), "{holding}");
    assert!((2100..2900).contains(&beginning), "{beginning}");
}

//! FUZZY (RFC 6203): texts found by their words, though misspelled or not written out.
//!
//! Every word sought must be in the text: as a word, as the start of one, or as one that differs
//! by a letter or two. The nearer, the higher the score.

/// The most words of one key that are heeded, and the most characters of one.
const MAX_WORDS: usize = 16;
const MAX_LEN: usize = 64;

/// How well a word was found, out of 100.
const WORD: u8 = 100;
const START: u8 = 80;
const ONE_OFF: u8 = 60;
const TWO_OFF: u8 = 40;

/// Words of this length may differ by one letter, and by two.
const ONE_FROM: usize = 4;
const TWO_FROM: usize = 8;

/// The words of a folded text that is sought.
#[derive(Clone, Debug)]
pub(super) struct Words(Vec<Vec<char>>);

impl Words {
    pub(super) fn of(folded: &str) -> Self {
        let words = words(folded).take(MAX_WORDS);
        Self(words.map(|word| word.chars().take(MAX_LEN).collect()).collect())
    }

    /// How well a folded text matches, from 1 to 100; 0 if it does not. A text without words is
    /// in every text.
    pub(super) fn score(&self, text: &str) -> u8 {
        if self.0.is_empty() {
            return WORD;
        }
        let mut best = vec![0; self.0.len()];
        for word in words(text) {
            for (best, sought) in best.iter_mut().zip(&self.0) {
                if *best < WORD {
                    *best = (*best).max(nearness(sought, word));
                }
            }
        }
        match best.contains(&0) {
            true => 0,
            false => {
                (best.iter().map(|score| usize::from(*score)).sum::<usize>() / best.len()) as u8
            }
        }
    }
}

/// Runs of letters, digits and combining marks: of folded text, so letters come without accents.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let apart = |char: char| !char.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&char);
    text.split(apart).filter(|word| !word.is_empty())
}

fn nearness(sought: &[char], word: &str) -> u8 {
    let mut rest = word.chars();
    if sought.iter().all(|char| rest.next() == Some(*char)) {
        return if rest.next().is_none() { WORD } else { START };
    }
    let allowed = match sought.len() {
        ..ONE_FROM => return 0,
        ONE_FROM..TWO_FROM => 1,
        _ => 2,
    };
    // Bytes are no fewer than characters, and at most four times as many.
    let most = sought.len() + allowed;
    if word.len() > most * 4 || word.len() + allowed < sought.len() {
        return 0;
    }
    let word: Vec<char> = word.chars().take(most + 1).collect();
    match distance(sought, &word, allowed) {
        Some(0 | 1) => ONE_OFF,
        Some(_) => TWO_OFF,
        None => 0,
    }
}

/// By how many letters two words differ: put in, left out, replaced or swapped with the next;
/// `None` if by more than is allowed.
fn distance(a: &[char], b: &[char], allowed: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > allowed {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y;
            if swapped && x != y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        if row.iter().all(|cost| *cost > allowed) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::text::fold;

    #[test]
    fn scores() {
        let score = |sought: &str, text: &str| Words::of(&fold(sought)).score(&fold(text));
        let table = [
            ("hello", "Well, HELLO there", WORD),
            ("hel", "hello", START),
            ("helo", "hello", ONE_OFF),
            ("hlelo", "hello", ONE_OFF),
            ("help", "hello", 0),
            ("cat", "cut", 0),
            ("relevance", "relevancy", ONE_OFF),
            ("relevants", "relevance", TWO_OFF),
            ("relevant", "reverence", 0),
            ("grüsse", "Gruße, Grüße", 0),
            ("café", "cafe", ONE_OFF),
            ("Привт", "привет", ONE_OFF),
            ("quick fox", "the quick brown foxes", 90),
            ("quick dog", "the quick brown fox", 0),
            ("...", "anything", WORD),
        ];
        for (sought, text, wanted) in table {
            assert_eq!(score(sought, text), wanted, "{sought} in {text}");
        }
    }

    #[test]
    fn long_words_do_not_take_long() {
        let sought = Words::of(&"ab".repeat(50_000));
        assert_eq!(sought.score(&"ba".repeat(50_000)), 0);
    }
}

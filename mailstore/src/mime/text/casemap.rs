//! i;unicode-casemap (RFC 5051): text in title case, canonicalized, so that octets can be compared.

use unicode_normalization::char::decompose_compatible;

/// `text` as i;unicode-casemap compares and orders it: each character in title case, then
/// decomposed as far as it can be (NFKD).
pub fn casemap(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        casemap_char(char, |mapped| out.push(mapped));
    }
    out
}

/// One character of [`casemap`].
pub(super) fn casemap_char(char: char, emit: impl FnMut(char)) {
    decompose_compatible(titlecase(char), emit);
}

/// The simple title case of a character (UnicodeData.txt, field 14). The standard library knows
/// upper case only, and that in full (ß is SS there), so what differs is written out.
fn titlecase(char: char) -> char {
    match char {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals for whole words only: its letters are their own title case.
        '\u{10d0}'..='\u{10ff}' => char,
        _ => simple_upper(char),
    }
}

fn simple_upper(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => with_iota(char),
    }
}

/// Greek letters with a small iota below, which have one letter as title case and two as upper
/// case. What else becomes several letters has no simple title case.
fn with_iota(char: char) -> char {
    let ahead = match char {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(char) + ahead).unwrap_or(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples() {
        let table = [
            ("hello", "HELLO"),
            // The example of RFC 5051 2, and its other cases.
            ("Ǆ", "Dz\u{30c}"),
            ("ǆ", "Dz\u{30c}"),
            ("é", "E\u{301}"),
            ("e\u{301}", "E\u{301}"),
            ("ß", "ß"),
            ("ος", "ΟΣ"),
            ("ﬁ", "fi"),
            ("ａ①", "A1"),
            ("\u{1f80}", "\u{391}\u{313}\u{345}"),
            ("\u{1fb3}", "\u{391}\u{345}"),
            ("ა", "ა"),
            ("각", "\u{1100}\u{1161}\u{11a8}"),
        ];
        for (text, mapped) in table {
            assert_eq!(casemap(text), mapped, "{text}");
        }
    }
}

//! Patterns of lines, and what they remember.

use std::collections::HashMap;

/// The words that patterns have remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words(HashMap<String, String>);

impl Words {
    /// Does the line match? Remembers its words if it does.
    pub(crate) fn matches(&mut self, pattern: &str, line: &str) -> bool {
        let mut words = self.clone();
        let matches = words.take(pattern, line);
        if matches {
            *self = words;
        }
        matches
    }

    /// The line with what stands for other things replaced.
    pub(crate) fn unescape(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (escape, text) in [("<CRLF>", "\r\n"), ("<CR>", "\r"), ("<LF>", "\n"), ("<NUL>", "\0")]
        {
            line = line.replace(escape, text);
        }
        while let Some((before, (count, text), after)) = repeated(&line) {
            line = [before, &text.repeat(count), after].concat();
        }
        while let Some((before, rest)) = line.split_once("[[") {
            let (literal, after) = rest.split_once("]]").expect("]]");
            line = format!("{before}{{{}+}}\r\n{literal}{after}", literal.len());
        }
        for (name, word) in &self.0 {
            line = line.replace(&format!("<={name}>"), word);
        }
        line
    }

    fn take(&mut self, pattern: &str, line: &str) -> bool {
        let mut starts = pattern.match_indices('<').map(|(at, _)| at);
        let start = starts.find(|at| is_wild(&pattern[*at..])).unwrap_or(pattern.len());
        let (plain, rest) = pattern.split_at(start);
        let Some(line) = line.strip_prefix(plain) else { return false };
        if rest.is_empty() {
            return line.is_empty();
        }
        let (wild, rest) = rest[1..].split_once('>').expect("a >");
        if wild == "any" {
            let mut ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            return ends.any(|at| self.take(rest, &line[at..]));
        }
        let len = match wild.starts_with("id:") {
            true => line.find([' ', ')']).unwrap_or(line.len()),
            false => line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len(),
        };
        let (word, line) = line.split_at(len);
        self.fits(wild, word) && self.take(rest, line)
    }

    fn fits(&mut self, wild: &str, word: &str) -> bool {
        match wild.split_once(':') {
            None => !word.is_empty(),
            Some(("above", name)) => {
                let number = |text: &str| text.parse::<u64>().ok();
                number(word).is_some_and(|above| Some(above) > number(&self.0[name]))
            }
            Some((_, name)) => {
                self.0.insert(name.to_owned(), word.to_owned());
                !word.is_empty()
            }
        }
    }
}

fn repeated(line: &str) -> Option<(&str, (usize, &str), &str)> {
    line.match_indices('<').find_map(|(start, _)| {
        let (inner, after) = line[start + 1..].split_once('>')?;
        let (count, text) = inner.split_once('*')?;
        Some((&line[..start], (count.parse().ok()?, text), after))
    })
}

/// A wildcard, and not a `<` of the protocol's.
fn is_wild(pattern: &str) -> bool {
    let wild = ["<any>", "<num>", "<num:", "<above:", "<id:"];
    wild.iter().any(|wild| pattern.starts_with(wild))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_remember_words() {
        let mut words = Words::default();
        assert!(words.matches("* <num:n> EXISTS<any>", "* 12 EXISTS, all"));
        assert!(!words.matches("* <num:n> EXISTS", "* 13 RECENT"));
        assert_eq!(words.unescape("FETCH <=n><2*x><LF>"), "FETCH 12xx\n");
        assert!(words.matches("<above:n>", "13") && !words.matches("<above:n>", "12"));
        assert!(words.matches("<a@b> <id:w> y", "<a@b> x! y"));
        assert_eq!(words.unescape("<=w> [[ab]]"), "x! {2+}\r\nab");
        assert!(!words.matches("<num>", "") && !words.matches("<id:w>", ""));
    }
}

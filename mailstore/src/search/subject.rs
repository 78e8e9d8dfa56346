//! The base subject (RFC 5256 2.1): what is left without `Re:`, `[list]`, `(fwd)` and the like.

/// Does a subject say that its message answers or forwards another?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// It does not.
    #[default]
    New,
    /// It does: a `Re:`, a `Fwd:`, a `(fwd)` or a `[fwd: ...]` was taken away.
    Reply,
}

/// The base subject of a decoded subject, and whether it is that of a reply or forward.
pub fn base_subject(subject: &str) -> (String, Origin) {
    let words: Vec<&str> =
        subject.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    let subject = words.join(" ");
    let mut base = Base { rest: &subject, origin: Origin::New };
    loop {
        base.trailers();
        base.leaders();
        if !base.forward() {
            return (base.rest.to_owned(), base.origin);
        }
    }
}

struct Base<'a> {
    rest: &'a str,
    origin: Origin,
}

impl Base<'_> {
    /// Step 2: `(fwd)` and white space at the end.
    fn trailers(&mut self) {
        self.rest = self.rest.trim_end_matches(' ');
        while let Some(rest) = without_end(self.rest, "(fwd)") {
            self.rest = rest.trim_end_matches(' ');
            self.origin = Origin::Reply;
        }
    }

    /// Steps 3 to 5: `Re:` and the like with blobs before them, and blobs as long as something is
    /// left behind them.
    fn leaders(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(' ');
            let (mut at, mut kept) = (self.rest, self.rest);
            while let Some(rest) = without_blob(at) {
                at = rest;
                if !rest.is_empty() {
                    kept = rest;
                }
            }
            match without_refwd(at) {
                Some(rest) => {
                    self.rest = rest;
                    self.origin = Origin::Reply;
                }
                None => {
                    self.rest = kept;
                    return;
                }
            }
        }
    }

    /// Step 6: `[fwd: ...]`, of which the inner part is looked at anew.
    fn forward(&mut self) -> bool {
        let inner = without_start(self.rest, "[fwd:").and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = inner {
            self.rest = inner;
            self.origin = Origin::Reply;
        }
        inner.is_some()
    }
}

/// `subj-blob`: brackets without brackets in them, and the space behind.
fn without_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let (_, rest) = inner.split_at_checked(inner.find(['[', ']'])?)?;
    Some(rest.strip_prefix(']')?.trim_start_matches(' '))
}

/// `subj-refwd`: `re`, `fw` or `fwd`, perhaps a blob, and a colon.
fn without_refwd(text: &str) -> Option<&str> {
    let word = ["re", "fwd", "fw"].iter().find_map(|word| without_start(text, word))?;
    let rest = word.trim_start_matches(' ');
    without_blob(rest).unwrap_or(rest).strip_prefix(':')
}

fn without_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

fn without_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    tail.eq_ignore_ascii_case(end).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases() {
        use Origin::{New, Reply};
        let table = [
            ("hello", "hello", New),
            ("", "", New),
            ("Re: hello", "hello", Reply),
            ("RE : hello", "hello", Reply),
            ("re[2]: hello", "hello", Reply),
            ("re [2] : hello", "hello", Reply),
            ("Fw: Fwd: re: hello  there\t you", "hello there you", Reply),
            ("hello (fwd) (FWD) ", "hello", Reply),
            ("[list] hello", "hello", New),
            ("[a] [b] Re: [c] hello", "hello", Reply),
            ("[list]", "[list]", New),
            ("[a][b]", "[b]", New),
            ("Re: [list]", "[list]", Reply),
            ("[fwd: hello]", "hello", Reply),
            ("[Fwd: [fwd: Re: hello (fwd)]]", "hello", Reply),
            ("[foo] Fwd: [bar] Re: fw: b (fWd)  (fwd)", "b", Reply),
            ("Re: [FWD: c]", "c", Reply),
            ("b (a)", "b (a)", New),
            ("reply: hello", "reply: hello", New),
            ("re", "re", New),
            ("Re:", "", Reply),
            ("[a [b] c", "[a [b] c", New),
            ("(fwd)", "", Reply),
            ("é(fwd)", "é", Reply),
        ];
        for (subject, base, origin) in table {
            assert_eq!(base_subject(subject), (base.to_owned(), origin), "{subject:?}");
        }
    }

    /// Each takes time in proportion to its length.
    #[test]
    fn long_subjects() {
        for piece in ["[a]", "[", "[fwd:", "re:", "re[a]", "(fwd)", "[a] re: "] {
            base_subject(&piece.repeat(20_000));
            base_subject(&[piece.repeat(10_000), "]".repeat(10_000)].concat());
        }
    }
}

//! In which way a message has changed.

use std::fmt;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Every byte is as it was.
    Identical,
    /// It was not accepted.
    Refused,
    /// It could not be read back.
    Unreadable,
    /// Only CR and LF differ, from this offset on.
    Newlines(usize),
    /// It is the beginning of what it was, and ends here.
    Cut(usize),
    /// It is what it was, and more from here on.
    Longer(usize),
    /// Its header differs, from this offset on.
    Header(usize),
    /// Its body differs, from this offset on.
    Body(usize),
}

impl Class {
    /// Compares what went in with what came back.
    pub(crate) fn of(source: &[u8], back: &[u8]) -> Self {
        let same = source.iter().zip(back).take_while(|(a, b)| a == b).count();
        if same == source.len() && same == back.len() {
            return Self::Identical;
        }
        if without_newlines(source).eq(without_newlines(back)) {
            return Self::Newlines(same);
        }
        if same == back.len() {
            return Self::Cut(same);
        }
        if same == source.len() {
            return Self::Longer(same);
        }
        if same < header_len(source) { Self::Header(same) } else { Self::Body(same) }
    }

    /// The name of the class.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Refused => "refused",
            Self::Unreadable => "not readable",
            Self::Newlines(_) => "newlines changed",
            Self::Cut(_) => "cut short",
            Self::Longer(_) => "longer",
            Self::Header(_) => "header changed",
            Self::Body(_) => "body changed",
        }
    }

    fn offset(self) -> Option<usize> {
        match self {
            Self::Identical | Self::Refused | Self::Unreadable => None,
            Self::Newlines(at)
            | Self::Cut(at)
            | Self::Longer(at)
            | Self::Header(at)
            | Self::Body(at) => Some(at),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.offset().map_or(Ok(()), |at| write!(f, ", first at byte {at}"))
    }
}

fn without_newlines(bytes: &[u8]) -> impl Iterator<Item = &u8> {
    bytes.iter().filter(|byte| !b"\r\n".contains(byte))
}

fn header_len(source: &[u8]) -> usize {
    let blank = |line: &&[u8]| matches!(*line, b"\n" | b"\r\n");
    let lines = source.split_inclusive(|byte| *byte == b'\n');
    lines.take_while(|line| !blank(line)).map(<[u8]>::len).sum()
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn each_class_is_told_from_the_others() {
        let source = b"a: b\r\n\r\nbody\r\n";
        assert_eq!(Class::of(source, source), Class::Identical);
        assert_eq!(Class::of(source, b"a: b\n\nbody\n"), Class::Newlines(4));
        assert_eq!(Class::of(source, b"a: b\r\n\r\nbo"), Class::Cut(10));
        assert_eq!(Class::of(source, b"a: b\r\n\r\nbody\r\n more"), Class::Longer(14));
        assert_eq!(Class::of(source, b"a: c\r\n\r\nbody\r\n"), Class::Header(3));
        assert_eq!(Class::of(source, b"a: b\r\n\r\nbodx\r\n"), Class::Body(11));
    }
}

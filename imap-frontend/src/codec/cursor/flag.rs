//! Flags.

use mailstore::flags::{Flags, Keyword, SystemFlag};

use super::{Cursor, Parsed, is_atom_char};

/// A flag in a command.
enum Flag {
    System(SystemFlag),
    Keyword(Keyword),
    /// `\Recent`, which no client can set (RFC 3501 2.3.2). Clients that copy flags from one
    /// server to another send it.
    Recent,
}

impl Cursor<'_> {
    /// Flags in parentheses, possibly none.
    pub(in crate::codec) fn flag_list(&mut self) -> Parsed<Flags> {
        self.list("(", Self::flag).map(collect)
    }

    /// Flags in parentheses, or one or more without.
    pub(in crate::codec) fn flags(&mut self) -> Parsed<Flags> {
        if self.peek() == Some(b'(') {
            return self.flag_list();
        }
        let mut flags = vec![self.flag()?];
        while self.more() {
            flags.push(self.flag()?);
        }
        Ok(collect(flags))
    }

    /// The name of a keyword.
    pub(in crate::codec) fn keyword(&mut self) -> Parsed<Keyword> {
        let at = self.at();
        let name = self.atom("a keyword")?;
        Keyword::new(name).map_or_else(|| Self::expected_at(at, "a shorter keyword"), Ok)
    }

    fn flag(&mut self) -> Parsed<Flag> {
        if self.peek() != Some(b'\\') {
            let at = self.at();
            return self.keyword().map(Flag::Keyword).or_else(|_| Self::expected_at(at, "a flag"));
        }
        let at = self.at();
        self.eat(b'\\');
        match self.run(is_atom_char) {
            name if name.eq_ignore_ascii_case(b"Recent") => Ok(Flag::Recent),
            name => SystemFlag::ALL
                .into_iter()
                .find(|flag| {
                    flag.name()
                        .as_bytes()
                        .get(1..)
                        .is_some_and(|known| known.eq_ignore_ascii_case(name))
                })
                .map(Flag::System)
                .map_or_else(|| Self::expected_at(at, "a flag"), Ok),
        }
    }
}

fn collect(flags: Vec<Flag>) -> Flags {
    let (mut system, mut keywords) = (Vec::new(), Vec::new());
    for flag in flags {
        match flag {
            Flag::System(flag) => system.push(flag),
            Flag::Keyword(keyword) => keywords.push(keyword),
            Flag::Recent => {}
        }
    }
    Flags::new(system, keywords)
}

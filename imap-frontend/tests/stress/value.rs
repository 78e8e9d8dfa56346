//! What a server says, as values (RFC 9051 9), of lines that have their literals in place.

/// One value of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nil,
    /// An atom, a number, a flag, or the name of an item with its section.
    Word(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    List(Vec<Value>),
}

impl Value {
    pub fn word(&self) -> &str {
        match self {
            Self::Word(word) => word,
            other => panic!("no atom: {other:?}"),
        }
    }

    pub fn number(&self) -> u64 {
        self.word().parse().unwrap_or_else(|_| panic!("no number: {self:?}"))
    }

    pub fn list(&self) -> &[Value] {
        match self {
            Self::List(list) => list,
            other => panic!("no list: {other:?}"),
        }
    }

    pub fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Word(word) => word.as_bytes(),
            other => panic!("no string: {other:?}"),
        }
    }
}

/// All values of a line.
pub fn values(line: &[u8]) -> Vec<Value> {
    let mut reader = Reader { rest: line };
    let values = reader.until(None);
    assert!(reader.rest.is_empty(), "a parenthesis too many: {}", String::from_utf8_lossy(line));
    values
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn until(&mut self, end: Option<u8>) -> Vec<Value> {
        let mut values = Vec::new();
        loop {
            match self.rest.first() {
                None => {
                    assert!(end.is_none(), "a list without end");
                    return values;
                }
                Some(b' ') => self.rest = &self.rest[1..],
                Some(byte) if Some(*byte) == end => {
                    self.rest = &self.rest[1..];
                    return values;
                }
                Some(_) => values.push(self.value()),
            }
        }
    }

    fn value(&mut self) -> Value {
        match self.rest[0] {
            b'(' => {
                self.rest = &self.rest[1..];
                Value::List(self.until(Some(b')')))
            }
            b'"' => Value::Text(self.quoted()),
            b'{' => Value::Text(self.literal()),
            b'~' if self.rest.get(1) == Some(&b'{') => {
                self.rest = &self.rest[1..];
                Value::Text(self.literal())
            }
            _ => match self.word() {
                word if word == "NIL" => Value::Nil,
                word => Value::Word(word),
            },
        }
    }

    fn quoted(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut bytes = self.rest[1..].iter().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\\' => text.extend(bytes.next().map(|(_, byte)| *byte)),
                b'"' => {
                    self.rest = &self.rest[at + 2..];
                    return text;
                }
                byte => text.push(*byte),
            }
        }
        panic!("a string without end");
    }

    fn literal(&mut self) -> Vec<u8> {
        let end = self.rest.iter().position(|byte| *byte == b'}').expect("a literal's length");
        let len: usize = std::str::from_utf8(&self.rest[1..end]).unwrap().parse().unwrap();
        let start = end + b"}\r\n".len();
        let text = self.rest[start..start + len].to_vec();
        self.rest = &self.rest[start + len..];
        text
    }

    /// Up to a space or a parenthesis that is not within brackets.
    fn word(&mut self) -> String {
        let mut depth = 0;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => depth += 1,
                b']' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(byte, b' ' | b'(' | b')')
        });
        let end = end.unwrap_or(self.rest.len());
        assert!(end > 0, "a parenthesis too many");
        let word = String::from_utf8(self.rest[..end].to_vec()).expect("an atom is ASCII");
        self.rest = &self.rest[end..];
        word
    }
}

#[test]
fn lines_are_read() {
    let word = |text: &str| Value::Word(text.to_owned());
    let line = b"3 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (To)]<0> {3}\r\na)b X NIL \"q\\\"\")";
    let list = vec![
        word("FLAGS"),
        Value::List(vec![word("\\Seen")]),
        word("BODY[HEADER.FIELDS (To)]<0>"),
        Value::Text(b"a)b".to_vec()),
        word("X"),
        Value::Nil,
        Value::Text(b"q\"".to_vec()),
    ];
    assert_eq!(values(line), [word("3"), word("FETCH"), Value::List(list)]);
}

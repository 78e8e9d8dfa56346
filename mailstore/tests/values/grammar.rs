//! A strict reader of IMAP values (RFC 9051 9), and what `body` with extension data must look like.

/// A value in a response.
#[derive(Debug)]
pub(crate) enum Value {
    /// `NIL`.
    Nil,
    /// A number.
    Number,
    /// A string, quoted or literal.
    Text(Vec<u8>),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// Reads one value that is all of `text`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (value, rest) = value(text)?;
        rest.is_empty().then_some(value)
    }

    /// The values of a list.
    #[track_caller]
    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            other => panic!("{other:?} is no list"),
        }
    }

    /// The bytes of a string.
    #[track_caller]
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            other => panic!("{other:?} is no string"),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    fn is_nstring(&self) -> bool {
        matches!(self, Self::Nil | Self::Text(_))
    }
}

fn value(text: &[u8]) -> Option<(Value, &[u8])> {
    match text.first()? {
        b'(' => list(&text[1..]),
        b'"' => quoted(&text[1..]),
        b'{' => literal(&text[1..]),
        b'0'..=b'9' => Some((Value::Number, &text[digits(text)..])),
        _ => Some((Value::Nil, text.strip_prefix(b"NIL")?)),
    }
}

/// Values with one space between them, or none between two lists (`body-type-mpart`,
/// `env-from`).
fn list(mut rest: &[u8]) -> Option<(Value, &[u8])> {
    let mut items = Vec::new();
    loop {
        let (item, after) = value(rest)?;
        let is_list = matches!(item, Value::List(_));
        items.push(item);
        rest = match after.first()? {
            b')' => return Some((Value::List(items), &after[1..])),
            b' ' => &after[1..],
            b'(' if is_list => after,
            _ => return None,
        };
    }
}

fn quoted(text: &[u8]) -> Option<(Value, &[u8])> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some((Value::Text(out), &text[at + 1..])),
            b'\\' => {
                at += 1;
                out.push(*text.get(at).filter(|byte| b"\"\\".contains(byte))?);
            }
            0 | b'\r' | b'\n' | 0x80.. => return None,
            byte => out.push(*byte),
        }
        at += 1;
    }
}

fn literal(text: &[u8]) -> Option<(Value, &[u8])> {
    let digits = digits(text);
    let len: usize = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let rest = text[digits..].strip_prefix(b"}\r\n")?;
    let bytes = rest.get(..len).filter(|bytes| !bytes.contains(&0))?;
    Some((Value::Text(bytes.to_vec()), &rest[len..]))
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Asserts that a value is a `body` with all extension data.
#[track_caller]
pub(crate) fn assert_structure(body: &Value) {
    let items = body.list();
    let children = items.iter().take_while(|item| matches!(item, Value::List(_))).count();
    if children > 0 {
        items[..children].iter().for_each(assert_structure);
        let rest = &items[children..];
        rest[0].text();
        assert_parameters(&rest[1]);
        return assert_extension(&rest[2..]);
    }
    let (media, subtype) = (items[0].text(), items[1].text());
    assert_parameters(&items[2]);
    assert!(items[3].is_nstring() && items[4].is_nstring());
    items[5].text();
    assert!(matches!(items[6], Value::Number));
    let at = match (media, subtype) {
        (b"text", _) => 8,
        (b"message", b"rfc822") => {
            assert_eq!(items[7].list().len(), 10);
            assert_structure(&items[8]);
            10
        }
        _ => 7,
    };
    assert!(at == 7 || matches!(items[at - 1], Value::Number), "{items:?}");
    assert!(items[at].is_nstring());
    assert_extension(&items[at + 1..]);
}

#[track_caller]
fn assert_parameters(parameters: &Value) {
    if let Value::List(items) = parameters {
        assert_eq!(items.len() % 2, 0);
        items.iter().for_each(|item| assert!(item.is_text(), "{item:?}"));
    } else {
        assert!(matches!(parameters, Value::Nil), "{parameters:?}");
    }
}

/// Disposition, language, location.
#[track_caller]
fn assert_extension(items: &[Value]) {
    let [disposition, language, location] = items else { panic!("{items:?}") };
    if let Value::List(disposition) = disposition {
        disposition[0].text();
        assert_parameters(&disposition[1]);
    } else {
        assert!(matches!(disposition, Value::Nil));
    }
    match language {
        Value::List(tags) => tags.iter().for_each(|tag| assert!(tag.is_text(), "{tag:?}")),
        other => assert!(other.is_nstring()),
    }
    assert!(location.is_nstring());
}

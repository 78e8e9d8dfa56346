//! The charset in which a client writes its texts (RFC 9051 6.4.4).

use charset::Charset as Known;

/// A charset that texts can be decoded from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Charset {
    /// US-ASCII and UTF-8, of which it is a part.
    Utf8,
    /// Any other that is known: those of the Encoding Standard, and UTF-7.
    Other(Known),
}

impl Charset {
    /// Some that are known by these names, for `BADCHARSET`.
    pub const NAMES: &str = "US-ASCII UTF-8 ISO-8859-1 ISO-8859-2 ISO-8859-5 ISO-8859-7 \
                             ISO-8859-15 WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 KOI8-R KOI8-U \
                             ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR GBK GB18030 BIG5";

    /// The charset of this name, in any case.
    pub fn of(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"us-ascii") || name.eq_ignore_ascii_case(b"utf-8") {
            return Some(Self::Utf8);
        }
        Known::for_label_no_replacement(name).map(Self::Other)
    }

    /// The text that these bytes are; `None` if they are malformed.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Other(known) => {
                let (text, malformed) = known.decode_without_bom_handling(bytes);
                (!malformed).then(|| text.into_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let text = |name: &str, bytes: &[u8]| Charset::of(name.as_bytes())?.decode(bytes);
        assert_eq!(text("us-ascii", b"abc").as_deref(), Some("abc"));
        assert_eq!(text("UTF-8", "é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(text("utf-8", b"\xe9"), None);
        assert_eq!(text("ISO-8859-1", b"caf\xe9").as_deref(), Some("café"));
        assert_eq!(text("koi8-r", b"\xed\xe9\xf2").as_deref(), Some("МИР"));
        assert_eq!(text("iso-2022-jp", b"\x1b$B$\"\x1b(B").as_deref(), Some("あ"));
        assert_eq!(text("euc-jp", b"\xff"), None);
        assert_eq!(text("x-no-such", b"abc"), None);
    }

    #[test]
    fn every_name_is_known() {
        for name in Charset::NAMES.split(' ') {
            assert!(Charset::of(name.as_bytes()).is_some(), "{name}");
        }
    }
}

//! What a part says it is: enough to decide how it is kept, and to name its defaults.

use std::borrow::Cow;
use std::fmt;

/// What the header of a part says about its body.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Content {
    /// The media type, or the default where the part names none.
    pub media: Media,
    /// The `charset` of a text part, in lower case.
    pub charset: Option<Box<str>>,
    /// How the body is encoded.
    pub transfer: TransferEncoding,
    /// Whether the part is to be shown in place; `None` if it does not say.
    pub disposition: Option<Disposition>,
}

/// Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TransferEncoding {
    /// `7bit`, or nothing said.
    #[default]
    SevenBit,
    /// `8bit`.
    EightBit,
    /// `binary`.
    Binary,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `base64`.
    Base64,
    /// A name that RFC 2045 does not have.
    Other,
}

impl TransferEncoding {
    /// Whether the body is its own encoded form, so that structure can be seen in it.
    pub fn is_identity(self) -> bool {
        matches!(self, Self::SevenBit | Self::EightBit | Self::Binary)
    }
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// `inline`.
    Inline,
    /// `attachment`, or any other name.
    Attachment,
}

/// A media type in lower case, `text/plain` unless said otherwise.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Media(Cow<'static, str>);

/// Types that need no memory. Their places in this list are part of the stored form: add at the
/// end only.
pub(crate) const KNOWN: [&str; 32] = [
    "text/plain",
    "text/html",
    "multipart/mixed",
    "multipart/alternative",
    "multipart/related",
    "multipart/signed",
    "multipart/report",
    "multipart/digest",
    "multipart/encrypted",
    "multipart/form-data",
    "message/rfc822",
    "message/global",
    "message/delivery-status",
    "message/disposition-notification",
    "message/partial",
    "message/external-body",
    "text/calendar",
    "text/rfc822-headers",
    "text/csv",
    "text/x-patch",
    "application/octet-stream",
    "application/pdf",
    "application/zip",
    "application/msword",
    "application/pgp-signature",
    "application/pgp-encrypted",
    "application/pkcs7-signature",
    "application/pkcs7-mime",
    "application/ms-tnef",
    "image/jpeg",
    "image/png",
    "image/gif",
];

impl Media {
    /// The longest type or subtype (RFC 6838 4.2).
    const LONGEST: usize = 127;

    /// `text/plain`, what a part is if it says nothing (RFC 2045 5.2).
    pub const TEXT_PLAIN: Media = Media(Cow::Borrowed("text/plain"));
    /// `message/rfc822`, what a part of a multipart/digest is if it says nothing.
    pub const MESSAGE: Media = Media(Cow::Borrowed("message/rfc822"));

    /// From the two names, any case. `None` if either is empty, too long, or not in ASCII.
    pub fn new(kind: &[u8], subtype: &[u8]) -> Option<Media> {
        let fits = |name: &[u8]| {
            (1..=Self::LONGEST).contains(&name.len())
                && name.iter().all(|b| b.is_ascii_graphic() && *b != b'/')
        };
        if !fits(kind) || !fits(subtype) {
            return None;
        }
        let same = |known: &&&str| {
            let known = known.as_bytes();
            known.len() == kind.len() + 1 + subtype.len()
                && known[..kind.len()].eq_ignore_ascii_case(kind)
                && known[kind.len()] == b'/'
                && known[kind.len() + 1..].eq_ignore_ascii_case(subtype)
        };
        if let Some(known) = KNOWN.iter().find(same) {
            return Some(Media(Cow::Borrowed(known)));
        }
        let both = [kind, b"/", subtype].concat().to_ascii_lowercase();
        String::from_utf8(both).ok().map(|text| Media(Cow::Owned(text)))
    }

    pub(crate) fn known(name: &'static str) -> Media {
        Media(Cow::Borrowed(name))
    }

    pub(crate) fn parse(name: &str) -> Option<Media> {
        let (kind, subtype) = name.split_once('/')?;
        Media::new(kind.as_bytes(), subtype.as_bytes())
    }

    /// The type, such as `text`.
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or(&*self.0, |(kind, _)| kind)
    }

    /// The subtype, such as `plain`.
    pub fn subtype(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, subtype)| subtype)
    }

    /// `type/subtype`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a whole message: message/rfc822 or message/global (RFC 6532).
    pub fn is_message(&self) -> bool {
        matches!(self.as_str(), "message/rfc822" | "message/global")
    }
}

impl Default for Media {
    fn default() -> Media {
        Media::TEXT_PLAIN
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

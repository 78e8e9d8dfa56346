//! URLs of messages and of parts of them (RFC 5092), as far as a session can resolve them.

use std::num::NonZeroU64;
use std::str::FromStr;

use mailstore::mime::{Section, What};
use mailstore::uid::Uid;

use super::fetch::section_alone;
use super::{MailboxName, Partial};

/// The URL of a message, or of a part of it:
///
/// ```text
/// imap://joe@example.org/Drafts;UIDVALIDITY=7/;UID=20/;SECTION=1.MIME/;PARTIAL=0.1024
///                       /Drafts;UIDVALIDITY=7/;UID=20/;SECTION=1.MIME/;PARTIAL=0.1024
///                                             ;UID=20/;SECTION=1.MIME/;PARTIAL=0.1024
/// ```
///
/// Characters that a URL should have encoded are taken as they are, except those that end
/// something. Relative paths with a mailbox are not accepted (RFC 5092 7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageUrl {
    /// The user that an absolute URL names. Its host is not looked at: a server has many names.
    pub user: Option<String>,
    /// The mailbox; `None` is the one that is selected.
    pub mailbox: Option<MailboxName>,
    /// The UIDVALIDITY that the mailbox must have.
    pub uid_validity: Option<u32>,
    /// The message.
    pub uid: Uid,
    /// Which part of it.
    pub section: Section,
    /// Which bytes of that.
    pub partial: Option<Partial>,
}

impl MessageUrl {
    /// The longest URL, in bytes.
    pub const MAX_LEN: usize = 8 * 1024;

    /// Understands a URL. `None` if it is not one of a message.
    pub fn parse(url: &[u8]) -> Option<Self> {
        let url = str::from_utf8(url).ok()?;
        if url.len() > Self::MAX_LEN || url.contains(['?', '#']) {
            return None;
        }
        let (user, path) = server(url)?;
        let (place, message) = match path.strip_prefix(';') {
            Some(message) => (None, message),
            None => path.split_once("/;").map(|(place, message)| (Some(place), message))?,
        };
        let (mailbox, uid_validity) = match place {
            Some(place) => mailbox(place.strip_prefix('/')?)?,
            None => (None, None),
        };
        let (uid, section, partial) = message_part(message)?;
        Some(Self { user, mailbox, uid_validity, uid, section, partial })
    }
}

/// The user of an absolute URL, or of one that lacks only the scheme; and the path.
fn server(url: &str) -> Option<(Option<String>, &str)> {
    const SCHEME: &str = "imap:";
    let scheme = url.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME));
    let rest = scheme.and_then(|_| url.get(SCHEME.len()..)).unwrap_or(url);
    let Some(rest) = rest.strip_prefix("//") else {
        return scheme.is_none().then_some((None, url));
    };
    let (server, path) = rest.split_at(rest.find('/')?);
    let (user, host) = server.rsplit_once('@')?;
    let user = match user.split_once(';') {
        Some((user, auth)) => value(auth, "AUTH").map(|_| user)?,
        None => user,
    };
    let whole = !user.is_empty() && !host.is_empty();
    whole.then_some((Some(decoded(user)?), path))
}

/// `Drafts;UIDVALIDITY=7`.
fn mailbox(place: &str) -> Option<(Option<MailboxName>, Option<u32>)> {
    let (name, validity) = match place.split_once(';') {
        Some((name, validity)) => (name, Some(number(value(validity, "UIDVALIDITY")?)?)),
        None => (place, None),
    };
    let name = decoded(name).filter(|name| !name.is_empty())?;
    Some((Some(MailboxName::new(&name)), validity))
}

/// `UID=20/;SECTION=1.MIME/;PARTIAL=0.1024`.
fn message_part(text: &str) -> Option<(Uid, Section, Option<Partial>)> {
    let mut parameters = text.split("/;");
    let uid = value(parameters.next()?, "UID").and_then(number).and_then(Uid::new)?;
    let mut next = parameters.next();
    let mut section = Section { path: Vec::new(), what: What::Full };
    if let Some(text) = next.and_then(|next| value(next, "SECTION")) {
        section = section_alone(&decoded(text)?)?;
        next = parameters.next();
    }
    let mut range = None;
    if let Some(text) = next.and_then(|next| value(next, "PARTIAL")) {
        range = Some(partial(text)?);
        next = parameters.next();
    }
    next.is_none().then_some((uid, section, range))
}

/// `0.1024`, or `1024`: from there to the end.
fn partial(text: &str) -> Option<Partial> {
    let (offset, length) = match text.split_once('.') {
        Some((offset, length)) => (offset, NonZeroU64::new(number(length)?)?),
        None => (text, NonZeroU64::MAX),
    };
    Some(Partial { offset: number(offset)?, length })
}

/// The value of this parameter, if it is the one.
fn value<'a>(parameter: &'a str, name: &str) -> Option<&'a str> {
    let (here, value) = parameter.split_once('=')?;
    here.eq_ignore_ascii_case(name).then_some(value)
}

/// A number: digits alone.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Percent-encoded UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> MessageUrl {
        MessageUrl::parse(url.as_bytes()).unwrap_or_else(|| panic!("{url}"))
    }

    fn plain(mailbox: &str, uid: u32) -> MessageUrl {
        MessageUrl {
            user: None,
            mailbox: Some(MailboxName::new(mailbox)),
            uid_validity: None,
            uid: Uid::new(uid).unwrap_or(Uid::MAX),
            section: Section { path: Vec::new(), what: What::Full },
            partial: None,
        }
    }

    #[test]
    fn of_a_mailbox() {
        assert_eq!(parsed("/Drafts/;UID=20"), plain("Drafts", 20));
        assert_eq!(parsed("/inbox/;uid=20"), plain("INBOX", 20));
        assert_eq!(parsed("/a/b%2Fc/;UID=20"), plain("a/b/c", 20));
        assert_eq!(parsed("/%E5%8F%B0%e5%8c%97/;UID=1"), plain("\u{53f0}\u{5317}", 1));
        assert_eq!(parsed("/a%3bb%25;UIDVALIDITY=7/;UID=1"), {
            MessageUrl { uid_validity: Some(7), ..plain("a;b%", 1) }
        });
    }

    #[test]
    fn of_the_selected_one_and_of_a_user() {
        assert_eq!(parsed(";UID=20"), MessageUrl { mailbox: None, ..plain("", 20) });
        let of = |user: &str| MessageUrl { user: Some(user.into()), ..plain("Drafts", 20) };
        assert_eq!(parsed("imap://joe@example.org/Drafts/;UID=20"), of("joe"));
        assert_eq!(parsed("IMAP://j%C3%BCrgen;AUTH=*@[::1]:143/Drafts/;UID=20"), of("j\u{fc}rgen"));
        assert_eq!(parsed("//joe%40a.example@host/Drafts/;UID=20"), of("joe@a.example"));
    }

    #[test]
    fn of_a_part() {
        let part = |section: &str, partial| MessageUrl {
            section: section_alone(section).unwrap_or_else(|| panic!("{section}")),
            partial,
            ..plain("x", 2)
        };
        let range =
            |offset, length| NonZeroU64::new(length).map(|length| Partial { offset, length });
        assert_eq!(parsed("/x/;UID=2/;section=1.5.MIME"), part("1.5.MIME", None));
        assert_eq!(parsed("/x/;UID=2/;SECTION=TEXT/;PARTIAL=0.9"), part("TEXT", range(0, 9)));
        let fields = "/x/;UID=2/;SECTION=HEADER.FIELDS%20(DATE%20FROM)";
        assert_eq!(
            parsed(fields),
            part("HEADER.FIELDS (date from)", None).named(&["DATE", "FROM"])
        );
        let rest = MessageUrl { partial: range(7, u64::MAX), ..plain("x", 2) };
        assert_eq!(parsed("/x/;UID=2/;PARTIAL=7"), rest);
    }

    impl MessageUrl {
        fn named(mut self, fields: &[&str]) -> Self {
            if let What::HeaderFields { names, .. } = &mut self.section.what {
                *names = fields.iter().map(|name| (*name).to_owned()).collect();
            }
            self
        }
    }

    #[test]
    fn what_is_none() {
        let long = format!("/{}/;UID=1", "x".repeat(MessageUrl::MAX_LEN));
        let urls = [
            "",
            "/",
            "x",
            "/x",
            "/x;UID=1",
            "x/;UID=1",
            "/;UID=1",
            "//;UID=1",
            "/x/;UID=0",
            "/x/;UID=+1",
            "/x/;UID=",
            "/x/;UID=4294967296",
            "/x/;UID=1/",
            "/x/;UID=1;SECTION=1",
            "/x;UIDVALIDITY=a/;UID=1",
            "/x;OTHER=1/;UID=1",
            "/x/;SECTION=1",
            "/x/;UID=1/;SECTION=",
            "/x/;UID=1/;SECTION=MIME",
            "/x/;UID=1/;SECTION=0",
            "/x/;UID=1/;SECTION=1]",
            "/x/;UID=1/;PARTIAL=1.0",
            "/x/;UID=1/;PARTIAL=",
            "/x/;UID=1/;PARTIAL=1.1.1",
            "/x/;UID=1/;PARTIAL=0.1/;SECTION=1",
            "/x/;UID=1/;URLAUTH=anonymous",
            "/%/;UID=1",
            "/%4/;UID=1",
            "/%g0/;UID=1",
            "/%ff/;UID=1",
            "/x/;UID=1?y",
            "/x/;UID=1#y",
            "/x?SUBJECT",
            "imap:/x/;UID=1",
            "imap://host/x/;UID=1",
            "imap://@host/x/;UID=1",
            "imap://joe@/x/;UID=1",
            "imap://;AUTH=*@host/x/;UID=1",
            "imap://joe;X=*@host/x/;UID=1",
            "imap://joe@host;UID=1",
            "http://joe@host/x/;UID=1",
            &long,
        ];
        for url in urls {
            assert_eq!(MessageUrl::parse(url.as_bytes()), None, "{url}");
        }
        assert_eq!(MessageUrl::parse(b"/\xff/;UID=1"), None);
    }
}

//! What POP3 calls a message.

use std::sync::Arc;

use crate::id::{EmailId, MailboxId};
use crate::uid::Uid;

/// The unique-id of a message (RFC 1939 7): the same for ever, wherever the message is moved, and
/// never that of another message of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Uidl {
    /// The id of its email: what a message has that was appended. MOVE keeps it.
    #[default]
    OfEmail,
    /// The id of its email, and where COPY first put it: a place that no other message ever has.
    OfCopy(MailboxId, Uid),
    /// What another server has called it before it came here.
    Given(Arc<str>),
}

impl Uidl {
    /// The longest unique-id, in bytes (RFC 1939 7).
    pub const MAX_LEN: usize = 70;

    /// The unique-id that another server has given: 1 to 70 characters from `!` to `~`.
    pub fn given(text: &str) -> Option<Self> {
        let right = (1..=Self::MAX_LEN).contains(&text.len());
        (right && text.bytes().all(|byte| byte.is_ascii_graphic()))
            .then(|| Self::Given(text.into()))
    }

    /// The unique-id of a message of this email, as UIDL shows it.
    pub fn name(&self, email: EmailId) -> String {
        match self {
            Self::OfEmail => email.to_string(),
            Self::OfCopy(mailbox, uid) => format!("{email}.{}.{}", mailbox.0, uid.get()),
            Self::Given(text) => text.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unique_id_is_short_enough() {
        let email = EmailId(u128::MAX);
        let longest = Uidl::OfCopy(MailboxId(u32::MAX), Uid::MAX).name(email);
        assert_eq!(longest, "ffffffffffffffffffffffffffffffff.4294967295.4294967295");
        assert!(longest.len() <= Uidl::MAX_LEN);
        assert_eq!(Uidl::OfEmail.name(EmailId(10)), "0000000000000000000000000000000a");
    }

    #[test]
    fn what_others_gave_is_kept_if_it_is_one() {
        for text in ["a", "00000001.4f3c", &"~".repeat(70)] {
            assert_eq!(Uidl::given(text).map(|uidl| uidl.name(EmailId(1))), Some(text.to_owned()));
        }
        for text in ["", "a b", "ä", "a\r\n", &"~".repeat(71)] {
            assert_eq!(Uidl::given(text), None);
        }
    }
}

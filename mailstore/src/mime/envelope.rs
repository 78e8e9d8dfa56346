//! ENVELOPE as data (RFC 9051 7.5.2): what the header of a message says, undecoded.

mod address;

use super::header::{Field, Fields};

pub use address::{Address, Mailbox};

/// The most bytes of one of the four texts of an envelope; what is over is cut off.
const MAX_TEXT: usize = 8 * 1024;

/// The most bytes that the addresses of one envelope take together when they are shown, an
/// address as at least 20. Those over it are left out.
const MAX_ADDRESSES: usize = 64 * 1024;

/// The envelope of a message. All texts are as in the message, unfolded and undecoded, without CR,
/// LF and NUL. Of a field that may stand once, the first counts; address lists that are given
/// several times are joined. Its values take at most 96 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// `Date:`.
    pub date: Option<Vec<u8>>,
    /// `Subject:`.
    pub subject: Option<Vec<u8>>,
    /// `From:`.
    pub from: Vec<Address>,
    /// `Sender:`; what `from` has, if it is absent or empty.
    pub sender: Vec<Address>,
    /// `Reply-To:`; what `from` has, if it is absent or empty.
    pub reply_to: Vec<Address>,
    /// `To:`.
    pub to: Vec<Address>,
    /// `Cc:`.
    pub cc: Vec<Address>,
    /// `Bcc:`.
    pub bcc: Vec<Address>,
    /// `In-Reply-To:`.
    pub in_reply_to: Option<Vec<u8>>,
    /// `Message-ID:`.
    pub message_id: Option<Vec<u8>>,
}

/// The addresses of an unfolded value, as far as one envelope would show them.
pub fn addresses(value: &[u8]) -> Vec<Address> {
    let (mut budget, mut list) = (MAX_ADDRESSES, Vec::new());
    address::parse(value, &mut budget, &mut list);
    list
}

impl Envelope {
    /// The envelope of this header block.
    pub fn of(header: &[u8]) -> Self {
        let mut envelope = Self::default();
        let mut budget = MAX_ADDRESSES;
        for field in Fields::new(header) {
            envelope.take(&field, &mut budget);
        }
        for list in [&mut envelope.sender, &mut envelope.reply_to] {
            if list.is_empty() {
                list.clone_from(&envelope.from);
            }
        }
        envelope
    }

    /// About as many bytes as it takes when it is shown.
    pub(super) fn cost(&self) -> usize {
        let texts = [&self.date, &self.subject, &self.in_reply_to, &self.message_id];
        let lists = [&self.from, &self.sender, &self.reply_to, &self.to, &self.cc, &self.bcc];
        let texts = texts.into_iter().flatten().map(Vec::len).sum::<usize>();
        texts + lists.into_iter().flatten().map(Address::cost).sum::<usize>()
    }

    fn take(&mut self, field: &Field<'_>, budget: &mut usize) {
        if let Some(list) = self.list(field.name) {
            if *budget == 0 {
                return;
            }
            address::parse(&field.value(), budget, list);
        } else if let Some(text @ None) = self.text(field.name) {
            let value = field.value();
            *text = Some(value.get(..MAX_TEXT).unwrap_or(&value).to_vec());
        }
    }

    fn list(&mut self, name: &[u8]) -> Option<&mut Vec<Address>> {
        Some(match name.len() {
            4 if name.eq_ignore_ascii_case(b"from") => &mut self.from,
            6 if name.eq_ignore_ascii_case(b"sender") => &mut self.sender,
            8 if name.eq_ignore_ascii_case(b"reply-to") => &mut self.reply_to,
            2 if name.eq_ignore_ascii_case(b"to") => &mut self.to,
            2 if name.eq_ignore_ascii_case(b"cc") => &mut self.cc,
            3 if name.eq_ignore_ascii_case(b"bcc") => &mut self.bcc,
            _ => return None,
        })
    }

    fn text(&mut self, name: &[u8]) -> Option<&mut Option<Vec<u8>>> {
        Some(match name.len() {
            4 if name.eq_ignore_ascii_case(b"date") => &mut self.date,
            7 if name.eq_ignore_ascii_case(b"subject") => &mut self.subject,
            11 if name.eq_ignore_ascii_case(b"in-reply-to") => &mut self.in_reply_to,
            10 if name.eq_ignore_ascii_case(b"message-id") => &mut self.message_id,
            _ => return None,
        })
    }
}

//! Object identifiers as text (RFC 8474): a letter for what they name, then hexadecimal digits. Case
//! matters.

use mailstore::id::{EmailId, MailboxKey, ThreadId};

/// MAILBOXID: `F`, the account and the mailbox. Shared mailboxes keep theirs whoever looks.
pub fn mailbox_id(mailbox: MailboxKey) -> String {
    format!("F{}-{:x}", mailbox.account, mailbox.mailbox.0)
}

/// EMAILID: `M` and 32 digits.
pub fn email_id(email: EmailId) -> String {
    format!("M{email}")
}

/// THREADID: `T` and 16 digits.
pub fn thread_id(thread: ThreadId) -> String {
    format!("T{:016x}", thread.0)
}

/// The reverse of [`email_id`]; `None` for what no message can have.
pub fn parse_email_id(text: &str) -> Option<EmailId> {
    let digits = text.strip_prefix('M')?;
    let email = EmailId(u128::from_str_radix(digits, 16).ok()?);
    (email_id(email) == text).then_some(email)
}

/// The reverse of [`thread_id`]; `None` for what no message can have.
pub fn parse_thread_id(text: &str) -> Option<ThreadId> {
    let digits = text.strip_prefix('T')?;
    let thread = ThreadId(u64::from_str_radix(digits, 16).ok()?);
    (thread_id(thread) == text).then_some(thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for email in [EmailId(0), EmailId(0xabc), EmailId(u128::MAX)] {
            assert_eq!(parse_email_id(&email_id(email)), Some(email));
        }
        for thread in [ThreadId(0), ThreadId(0xabc), ThreadId(u64::MAX)] {
            assert_eq!(parse_thread_id(&thread_id(thread)), Some(thread));
        }
    }

    #[test]
    fn case_and_form_matter() {
        let email = email_id(EmailId(0xabc));
        assert_eq!(parse_email_id(&email.to_uppercase()), None);
        for wrong in ["", "M", "M1", "M+0000000000000000000000000000abc", "T0", "x"] {
            assert_eq!(parse_email_id(wrong), None, "{wrong}");
        }
        for wrong in ["", "T", "T1", "T+00000000000000a", "T00000000000000AB"] {
            assert_eq!(parse_thread_id(wrong), None, "{wrong}");
        }
    }
}

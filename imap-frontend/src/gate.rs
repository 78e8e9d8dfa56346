//! When untagged data about the mailbox may be sent: the one table of it.
//!
//! A client that names messages by sequence number counts on its numbers until the command is
//! answered. So the answers to FETCH, STORE, SEARCH, SORT and THREAD (without UID) hold no EXPUNGE (RFC 9051
//! 7.5.1), and nothing else that came from the journal either: it is not read at all, and the
//! client goes on seeing the mailbox as it knows it. At the end of every other command that is
//! valid with a mailbox selected the journal is read, and everything is told. While no command is
//! under way nothing is ever sent, except in IDLE, and to a client that wants it so (NOTIFY).

use crate::codec::Command;
use crate::codec::command::{By, Fetch, Search, Sort, Store, Thread};

/// What comes between the end of a command and its tagged answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// All that happened to the mailbox: EXPUNGE, EXISTS, RECENT, FETCH.
    News,
    /// The same, even to a client that has asked by NOTIFY for no news of the mailbox: it has
    /// removed messages itself.
    Own,
    /// Nothing.
    Silence,
}

/// What may follow this command.
pub(crate) fn tail(command: &Command) -> Tail {
    match command {
        Command::Fetch(Fetch { by: By::Seq, .. })
        | Command::Store(Store { by: By::Seq, .. })
        | Command::Search(Search { by: By::Seq, .. })
        | Command::Sort(Sort { by: By::Seq, .. })
        | Command::Thread(Thread { by: By::Seq, .. }) => Tail::Silence,
        // The client may still count on the numbers among the keys (RFC 7162 3.2.10.2).
        Command::Search(Search { key, .. })
        | Command::Sort(Sort { key, .. })
        | Command::Thread(Thread { key, .. })
            if key.names_numbers() =>
        {
            Tail::Silence
        }
        // The mailbox is left, or has just been read; IDLE tells while it lasts.
        Command::Select(_)
        | Command::Close
        | Command::Unselect
        | Command::Logout
        | Command::Idle => Tail::Silence,
        // Answered before anything else may follow.
        Command::Compress | Command::Unauthenticate => Tail::Silence,
        // Not valid with a mailbox selected.
        Command::StartTls | Command::Login(_) | Command::Authenticate(_) => Tail::Silence,
        Command::Noop
        | Command::Check
        | Command::Capability
        | Command::Id(_)
        | Command::Language(_)
        | Command::Enable(_)
        | Command::Namespace
        | Command::Notify(_)
        | Command::Create(_)
        | Command::Delete(_)
        | Command::Rename(_)
        | Command::Subscribe(_)
        | Command::Unsubscribe(_)
        | Command::List(_)
        | Command::Status(_)
        | Command::SetAcl(_)
        | Command::DeleteAcl(_)
        | Command::GetAcl(_)
        | Command::ListRights(_)
        | Command::MyRights(_)
        | Command::GetMetadata(_)
        | Command::SetMetadata(_)
        | Command::GetQuota(_)
        | Command::GetQuotaRoot(_)
        | Command::SetQuota(_)
        | Command::Append(_)
        | Command::UidBatches(_)
        | Command::Fetch(_)
        | Command::Store(_)
        | Command::Search(_)
        | Command::Sort(_)
        | Command::Thread(_)
        | Command::CancelUpdate(_)
        | Command::Esearch(_)
        | Command::Copy(_) => Tail::News,
        Command::Expunge | Command::UidExpunge(_) | Command::Replace(_) | Command::Move(_) => {
            Tail::Own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::command::names;
    use crate::codec::{CommandText, parse};

    /// Every command, with what may follow it.
    const CASES: &[(&str, Tail)] = &[
        ("FETCH 1 FLAGS", Tail::Silence),
        ("STORE 1 FLAGS ()", Tail::Silence),
        ("SEARCH ALL", Tail::Silence),
        ("UID FETCH 1 FLAGS", Tail::News),
        ("UID STORE 1 FLAGS ()", Tail::News),
        ("UID SEARCH ALL", Tail::News),
        ("UID SEARCH NOT (SEEN OR 1:3 DELETED)", Tail::Silence),
        ("SORT (DATE) UTF-8 ALL", Tail::Silence),
        ("UID SORT (DATE) UTF-8 ALL", Tail::News),
        ("UID SORT (DATE) UTF-8 1:3", Tail::Silence),
        ("THREAD REFS UTF-8 ALL", Tail::Silence),
        ("UID THREAD REFS UTF-8 ALL", Tail::News),
        ("UID THREAD REFS UTF-8 NOT 1", Tail::Silence),
        ("ESEARCH ALL", Tail::News),
        ("UID ESEARCH ALL", Tail::News),
        ("CANCELUPDATE \"a\"", Tail::News),
        ("COPY 1 INBOX", Tail::News),
        ("UID COPY 1 INBOX", Tail::News),
        ("MOVE 1 INBOX", Tail::Own),
        ("UID MOVE 1 INBOX", Tail::Own),
        ("REPLACE 1 INBOX {1+}\r\nx", Tail::Own),
        ("UID REPLACE 1 INBOX {1+}\r\nx", Tail::Own),
        ("EXPUNGE", Tail::Own),
        ("UID EXPUNGE 1", Tail::Own),
        ("UIDBATCHES 1000", Tail::News),
        ("NOOP", Tail::News),
        ("CHECK", Tail::News),
        ("CREATE x", Tail::News),
        ("DELETE x", Tail::News),
        ("RENAME x y", Tail::News),
        ("SUBSCRIBE x", Tail::News),
        ("UNSUBSCRIBE x", Tail::News),
        ("STATUS INBOX (MESSAGES)", Tail::News),
        ("LIST \"\" *", Tail::News),
        ("LSUB \"\" *", Tail::News),
        ("XLIST \"\" *", Tail::News),
        ("NAMESPACE", Tail::News),
        ("SETACL INBOX jane lr", Tail::News),
        ("DELETEACL INBOX jane", Tail::News),
        ("GETACL INBOX", Tail::News),
        ("LISTRIGHTS INBOX jane", Tail::News),
        ("MYRIGHTS INBOX", Tail::News),
        ("GETMETADATA \"\" /shared/comment", Tail::News),
        ("SETMETADATA INBOX (/private/comment NIL)", Tail::News),
        ("GETQUOTA \"\"", Tail::News),
        ("GETQUOTAROOT INBOX", Tail::News),
        ("SETQUOTA \"\" (STORAGE 1)", Tail::News),
        ("APPEND INBOX {1+}\r\nx", Tail::News),
        ("CAPABILITY", Tail::News),
        ("ID NIL", Tail::News),
        ("ENABLE CONDSTORE", Tail::News),
        ("LANGUAGE", Tail::News),
        ("NOTIFY NONE", Tail::News),
        ("COMPRESS DEFLATE", Tail::Silence),
        ("UNAUTHENTICATE", Tail::Silence),
        ("SELECT INBOX", Tail::Silence),
        ("EXAMINE INBOX", Tail::Silence),
        ("CLOSE", Tail::Silence),
        ("UNSELECT", Tail::Silence),
        ("IDLE", Tail::Silence),
        ("LOGOUT", Tail::Silence),
        ("STARTTLS", Tail::Silence),
        ("LOGIN joe secret", Tail::Silence),
        ("AUTHENTICATE PLAIN", Tail::Silence),
    ];

    #[test]
    fn only_numbers_hold_news_back() {
        for (line, expected) in CASES {
            let text = CommandText::new(format!("a {line}\r\n").into_bytes());
            assert_eq!(tail(&parse(&text).unwrap().command), *expected, "{line}");
        }
    }

    #[test]
    fn no_command_is_missing() {
        for name in names() {
            let is_there = |line: &str| {
                line.strip_prefix(&*name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            assert!(CASES.iter().any(|(line, _)| is_there(line)), "{name}");
        }
    }
}

//! Which commands count on sequence numbers. A client that has enabled UIDONLY has none, and is
//! refused them (RFC 9586 3).

use crate::codec::Command;
use crate::codec::command::{
    By, Copy, Esearch, Fetch, QResync, Search, Select, Sort, Store, Thread,
};

/// Does the command name messages by their numbers, or ask for them?
pub(crate) fn are_needed(command: &Command) -> bool {
    match command {
        Command::Fetch(Fetch { by, .. })
        | Command::Store(Store { by, .. })
        | Command::Copy(Copy { by, .. })
        | Command::Move(Copy { by, .. }) => *by == By::Seq,
        Command::Replace(replace) => replace.by == By::Seq,
        Command::Search(Search { by, key, .. })
        | Command::Sort(Sort { by, key, .. })
        | Command::Thread(Thread { by, key, .. }) => *by == By::Seq || key.names_numbers(),
        Command::Esearch(Esearch { key, .. }) => key.names_numbers(),
        Command::Select(Select { qresync: Some(QResync { matches, .. }), .. }) => matches.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{CommandText, parse};

    #[test]
    fn only_uids_are_let_through() {
        let cases = [
            ("FETCH 1 FLAGS", true),
            ("UID FETCH 1 FLAGS", false),
            ("STORE 1 FLAGS ()", true),
            ("UID STORE 1 FLAGS ()", false),
            ("COPY 1 x", true),
            ("UID COPY 1 x", false),
            ("MOVE 1 x", true),
            ("UID MOVE 1 x", false),
            ("REPLACE 1 x {1+}\r\nx", true),
            ("UID REPLACE 1 x {1+}\r\nx", false),
            ("SEARCH ALL", true),
            ("UID SEARCH ALL", false),
            ("UID SEARCH UID 1:9", false),
            ("UID SEARCH OR NOT (SEEN 1:9) DELETED", true),
            ("SORT (DATE) UTF-8 ALL", true),
            ("UID SORT (DATE) UTF-8 ALL", false),
            ("THREAD REFS UTF-8 ALL", true),
            ("UID THREAD REFS UTF-8 1", true),
            ("UID THREAD REFS UTF-8 ALL", false),
            ("ESEARCH IN (personal) UID 1:9", false),
            ("ESEARCH IN (personal) NOT 1:9", true),
            ("SELECT x (QRESYNC (1 1 1:9))", false),
            ("SELECT x (QRESYNC (1 1 1:9 (1 1)))", true),
            ("EXPUNGE", false),
            ("UID EXPUNGE 1", false),
        ];
        for (line, needed) in cases {
            let text = CommandText::new(format!("a {line}\r\n").into_bytes());
            assert_eq!(are_needed(&parse(&text).unwrap().command), needed, "{line}");
        }
    }
}

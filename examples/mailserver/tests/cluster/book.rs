//! What the servers have acknowledged, and what must therefore hold at the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use crate::imap::Known;

/// What all writers were told. Every message has a subject of its own.
#[derive(Default)]
pub(crate) struct Book(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    /// Messages that were acknowledged.
    kept: BTreeSet<String>,
    /// Messages that somebody began to expunge.
    doomed: BTreeSet<String>,
    /// UIDs in INBOX.
    uids: HashMap<u32, String>,
    /// Whether a keyword was set or taken from a UID in INBOX, unless that is not known. Only one
    /// writer writes each keyword.
    flags: BTreeMap<(u32, String), bool>,
}

impl Book {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    /// A message was acknowledged.
    pub(crate) fn keep(&self, subject: String) {
        self.pages().kept.insert(subject);
    }

    /// It has this UID in INBOX.
    pub(crate) fn learn(&self, uid: u32, subject: String) {
        let before = self.pages().uids.insert(uid, subject);
        assert_eq!(before, None, "UID {uid} was given out twice");
    }

    /// Somebody is about to expunge a message; false if nobody knows which one that is.
    pub(crate) fn doom(&self, uid: u32) -> bool {
        let mut pages = self.pages();
        let subject = pages.uids.get(&uid).cloned();
        pages.doomed.extend(subject.clone());
        subject.is_some()
    }

    /// A keyword was set or taken; `None`: it was tried.
    pub(crate) fn flag(&self, uid: u32, keyword: &str, set: Option<bool>) {
        let key = (uid, keyword.to_owned());
        let mut pages = self.pages();
        match set {
            Some(set) => drop(pages.flags.insert(key, set)),
            None => drop(pages.flags.remove(&key)),
        }
    }

    /// Nothing acknowledged is lost, and nothing is there twice.
    pub(crate) fn check(&self, inbox: &[Known], subjects: &[Vec<(u32, String)>]) {
        let pages = self.pages();
        let mut found = BTreeSet::new();
        for (uid, subject) in subjects.iter().flatten() {
            assert!(found.insert(subject.clone()), "{subject} (UID {uid}) is there twice");
        }
        let lost: Vec<_> = pages
            .kept
            .iter()
            .filter(|kept| !found.contains(*kept) && !pages.doomed.contains(*kept))
            .collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        for (uid, flags) in inbox {
            for ((_, keyword), set) in
                pages.flags.range((*uid, String::new())..(*uid + 1, String::new()))
            {
                assert_eq!(flags.contains(keyword), *set, "{keyword} of UID {uid}: {flags:?}");
            }
        }
    }
}

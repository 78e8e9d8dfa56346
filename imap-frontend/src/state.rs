//! How far a session has come (RFC 9051 3), and what it knows there.

use std::sync::Arc;

use mailstore::flags::{Flags, Keyword};
use mailstore::id::MailboxKey;
use mailstore::mailbox::Mailbox;
use mailstore::message::Row;
use mailstore::rights::{Right, Rights};
use mailstore::store::directory::Identity;
use mailstore::uid::{ModSeq, Seq, Uid, UidSet};
use mailstore::view::Expunged;
use mailstore::{Actor, Mailstore, Notice};
use wire::Place;

use crate::codec::command::{By, Messages};
use crate::codec::reply::{Code, Condition, Fetch, NewKeywords, Recent, Reply, Vanished};
use crate::command::fetch;
use crate::contexts::Contexts;
use crate::notify::Notify;
use crate::outcome::Failed;
use crate::server::Imap;
use crate::talk::Talk;

/// How far a session has come.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a session has one, and has mostly selected a mailbox"
)]
pub(crate) enum State {
    /// Nobody has logged in.
    NotAuthenticated {
        /// How many commands there were.
        commands: u32,
    },
    /// Somebody has.
    Authenticated(Authenticated),
    /// And has selected a mailbox.
    Selected(Selected),
}

impl Default for State {
    fn default() -> Self {
        Self::NotAuthenticated { commands: 0 }
    }
}

impl State {
    /// Who has logged in.
    pub(crate) fn user(&mut self) -> Option<&mut Authenticated> {
        match self {
            Self::NotAuthenticated { .. } => None,
            Self::Authenticated(user) => Some(user),
            Self::Selected(selected) => Some(&mut selected.user),
        }
    }

    /// The mailbox that is selected.
    pub(crate) fn selected(&mut self) -> Option<&mut Selected> {
        match self {
            Self::Selected(selected) => Some(selected),
            _ => None,
        }
    }

    /// Leaves the mailbox that is selected, if one is.
    pub(crate) fn deselect(&mut self) {
        *self = match std::mem::take(self) {
            Self::Selected(selected) => Self::Authenticated(selected.user),
            other => other,
        };
    }

    /// Enters a mailbox.
    pub(crate) fn select(
        &mut self,
        mailbox: mailstore::Selected,
        (head, rights): (&Mailbox, Rights),
    ) {
        let head = (head, rights);
        *self = match std::mem::take(self) {
            Self::Authenticated(user) => Self::Selected(Selected::new(user, mailbox, head)),
            Self::Selected(old) => Self::Selected(Selected::new(old.user, mailbox, head)),
            other => other,
        };
    }
}

/// Which revision of IMAP4 a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revision {
    /// IMAP4rev1 (RFC 3501).
    One,
    /// IMAP4rev2 (RFC 9051), which it has enabled: nothing is `\Recent`.
    Two,
}

/// Somebody who has logged in.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) server: Arc<Imap>,
    pub(crate) by: Actor,
    pub(crate) name: Box<str>,
    /// The client wants MODSEQs (RFC 7162 3.1).
    pub(crate) condstore: bool,
    /// The client wants VANISHED in place of EXPUNGE (RFC 7162 3.2.3).
    pub(crate) qresync: bool,
    /// The client has no sequence numbers (RFC 9586).
    pub(crate) uid_only: bool,
    /// The client speaks UTF-8 (RFC 6855).
    pub(crate) utf8: bool,
    /// The client speaks IMAP4rev2 (RFC 9051).
    pub(crate) revision: Revision,
    /// What it has asked by NOTIFY to be told of.
    pub(crate) notify: Option<Box<Notify>>,
    _place: Place,
}

impl Authenticated {
    pub(crate) fn new(server: &Arc<Imap>, by: Actor, identity: Identity, place: Place) -> Self {
        let name = identity.name.into();
        let server = Arc::clone(server);
        Self {
            server,
            by,
            name,
            condstore: false,
            qresync: false,
            uid_only: false,
            utf8: false,
            revision: Revision::One,
            notify: None,
            _place: place,
        }
    }

    pub(crate) fn store(&self) -> &Mailstore {
        self.server.store()
    }

    /// Is the client told what is gone by UID?
    pub(crate) fn wants_vanished(&self) -> bool {
        self.qresync || self.uid_only
    }
}

/// What a session keeps of its searches.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    /// What `$` stands for, as far as it is still in the view (RFC 5182).
    pub(crate) saved: UidSet,
    /// The searches that are kept current (RFC 5267).
    pub(crate) contexts: Contexts,
    /// Messages that those have to look at anew.
    touched: UidSet,
}

/// A mailbox that is selected, and what the client was told of it.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) user: Authenticated,
    pub(crate) mailbox: mailstore::Selected,
    /// What it keeps of its searches.
    pub(crate) searches: Box<Searches>,
    /// What the user may do with it. The store looks itself whether that is still so.
    pub(crate) rights: Rights,
    /// The keywords that FLAGS has told.
    keywords: Flags,
    /// How many messages RECENT has told.
    recent: u32,
    /// The highest MODSEQ shown since the last tagged answer.
    shown: ModSeq,
    /// The tagged answer must say where the view is: a command has expunged (RFC 7162 3.2.7).
    owes_modseq: bool,
    /// It was deleted, and the client was told.
    gone: bool,
}

impl Selected {
    fn new(
        user: Authenticated,
        mailbox: mailstore::Selected,
        (head, rights): (&Mailbox, Rights),
    ) -> Self {
        let keywords = Flags::new([], head.keywords.iter().cloned());
        Self {
            user,
            mailbox,
            searches: Box::default(),
            rights,
            keywords,
            recent: 0,
            shown: ModSeq::ZERO,
            owes_modseq: false,
            gone: false,
        }
    }

    pub(crate) fn at(&self) -> MailboxKey {
        self.mailbox.mailbox()
    }

    pub(crate) fn store(&self) -> &Mailstore {
        self.mailbox.store()
    }

    /// Was it deleted while it was selected?
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// The client shows that it knows MODSEQs. The first time it is told how far the view is
    /// (RFC 7162 3.1).
    pub(crate) fn enable_condstore(&mut self, reply: &mut Reply) {
        if !std::mem::replace(&mut self.user.condstore, true) {
            let code = Code::HighestModSeq(self.mailbox.modseq());
            reply.untagged(Condition::Ok, Some(code), "Highest");
        }
    }

    /// Refuses what a mailbox that was only EXAMINEd does not allow.
    pub(crate) fn writable(&self) -> Result<(), Failed> {
        match self.mailbox.access() {
            mailstore::Access::ReadWrite => Ok(()),
            mailstore::Access::ReadOnly => {
                Err(Failed::no(Code::ReadOnly, "The mailbox was opened read-only"))
            }
        }
    }

    /// The messages that a command names. A number that no message has is the client's mistake; a
    /// UID that no message has is not (RFC 9051 6.4.9).
    pub(crate) fn resolve(&self, by: By, messages: &Messages) -> Result<UidSet, Failed> {
        let view = self.mailbox.uids();
        match (messages, by) {
            (Messages::Saved, _) => Ok(view.intersection(&self.searches.saved)),
            (Messages::Set(set), By::Uid) => Ok(set.resolve_uids(view)),
            (Messages::Set(set), By::Seq) => set.resolve_seqs(view).map_err(no_such_number),
        }
    }

    /// Sequence numbers, or UIDs, as the command had them.
    pub(crate) fn numbers(&self, by: By, uids: UidSet) -> UidSet {
        match by {
            By::Uid => uids,
            By::Seq => {
                let seqs = uids.iter().filter_map(|uid| self.mailbox.uids().seq(uid));
                seqs.filter_map(|seq| Uid::new(seq.get())).collect()
            }
        }
    }

    /// Brings the view up to date and tells all that happened, unless the client wants no news.
    pub(crate) async fn tell(&mut self, talk: &mut Talk) -> Result<(), Failed> {
        match &self.user.notify {
            Some(notify) if !notify.tells_selected() => Ok(()),
            _ => self.tell_all(talk).await,
        }
    }

    /// As [`Self::tell`], whatever the client wants.
    pub(crate) async fn tell_all(&mut self, talk: &mut Talk) -> Result<(), Failed> {
        let notices = self.mailbox.news().await.map_err(|error| Failed::unread(&error))?;
        let mut new = UidSet::new();
        let expunged = notices.iter().any(|notice| matches!(notice, Notice::Expunged(_)));
        for notice in notices {
            if let Notice::Exists { arrived, .. } = &notice {
                new = new.union(arrived);
            }
            self.notice(talk, notice).await?;
        }
        self.tell_changed(talk).await?;
        if expunged && self.mailbox.recent() != self.recent {
            self.tell_recent(&mut talk.reply);
        }
        self.update_contexts(talk).await?;
        fetch::announce(talk, self, new).await
    }

    /// Tells what is gone, a number after the other, or all in one to a client that wants UIDs.
    async fn tell_expunged(&mut self, talk: &mut Talk, gone: &Expunged) -> Result<(), Failed> {
        self.searches.contexts.expunged(gone, &mut talk.reply);
        if self.user.wants_vanished() {
            talk.reply.vanished(Vanished::Now, gone.uids());
            return Ok(());
        }
        for (seq, _) in gone.numbered() {
            talk.reply.expunge(seq);
            talk.flush_full().await?;
        }
        Ok(())
    }

    /// Tells which flags have changed, a page of messages at a time, unless the client wants no such
    /// news.
    async fn tell_changed(&mut self, talk: &mut Talk) -> Result<(), Failed> {
        let silent = |notify: &Notify| notify.tells_selected() && !notify.tells_flags();
        let silent = self.user.notify.as_deref().is_some_and(silent);
        while let Some(page) = self.mailbox.flags().await.map_err(|error| Failed::unread(&error))? {
            self.touch(&page.iter().filter_map(flagged).collect());
            if silent {
                continue;
            }
            for notice in page {
                self.notice(talk, notice).await?;
            }
        }
        Ok(())
    }

    /// Flags of these messages changed, or they arrived.
    pub(crate) fn touch(&mut self, uids: &UidSet) {
        if !self.searches.contexts.is_empty() {
            self.searches.touched = self.searches.touched.union(uids);
        }
    }

    /// Tells what changes have done to the searches that are kept current. That may be told while
    /// EXPUNGE may not (RFC 5267 4.3.2).
    pub(crate) async fn update_contexts(&mut self, talk: &mut Talk) -> Result<(), Failed> {
        let touched = std::mem::take(&mut self.searches.touched);
        if touched.is_empty() || self.searches.contexts.is_empty() {
            return Ok(());
        }
        match self.searches.contexts.changed(&touched, &self.mailbox, &mut talk.reply).await {
            Err(Failed::No(..)) => self.searches.contexts.give_up(&mut talk.reply),
            other => other?,
        }
        Ok(talk.flush_full().await?)
    }

    /// Says where the view is, if the client must hear of it.
    pub(crate) fn tell_owed(&mut self, talk: &mut Talk) {
        if let Some(modseq) = self.owed_modseq() {
            let code = Some(Code::HighestModSeq(modseq));
            talk.reply.untagged(Condition::Ok, code, "Highest told");
        }
    }

    async fn notice(&mut self, talk: &mut Talk, notice: Notice) -> Result<(), Failed> {
        match notice {
            Notice::Expunged(gone) => self.tell_expunged(talk, &gone).await?,
            Notice::Exists { count, arrived } => {
                self.touch(&arrived);
                talk.reply.exists(count);
                self.tell_recent(&mut talk.reply);
            }
            Notice::Flags { seq, row } => self.tell_row(&mut talk.reply, seq, &row),
            Notice::Gone => {
                self.gone = true;
                let code = Some(Code::NonExistent);
                talk.reply.untagged(Condition::No, code, "The mailbox has been deleted");
            }
        }
        Ok(talk.flush_full().await?)
    }

    /// Begins a FETCH response, or UIDFETCH to a client that has no numbers.
    pub(crate) fn begin_fetch<'a>(&self, reply: &'a mut Reply, seq: Seq, uid: Uid) -> Fetch<'a> {
        match self.user.uid_only {
            true => reply.uid_fetch(uid),
            false => reply.fetch(seq),
        }
    }

    /// A FETCH response that nobody asked for: the flags of a message.
    pub(crate) fn tell_row(&mut self, reply: &mut Reply, seq: Seq, row: &Row) {
        self.learn(row, reply);
        let mut fetch = self.begin_fetch(reply, seq, row.uid);
        if !self.user.uid_only {
            fetch.uid(row.uid);
        }
        fetch.flags(&row.flags, self.recent(row.uid));
        if self.user.condstore {
            fetch.modseq(self.show(row.modseq));
        }
        fetch.end();
    }

    /// Is this message `\Recent` here?
    pub(crate) fn recent(&self, uid: Uid) -> Recent {
        let shown = self.user.revision == Revision::One;
        if shown && self.mailbox.is_recent(uid) { Recent::Yes } else { Recent::No }
    }

    /// How many are `\Recent`, to a client that wants to know.
    pub(crate) fn tell_recent(&mut self, reply: &mut Reply) {
        if self.user.revision == Revision::One {
            self.recent = self.mailbox.recent();
            reply.recent(self.recent);
        }
    }

    /// A MODSEQ is about to be shown.
    pub(crate) fn show(&mut self, modseq: ModSeq) -> ModSeq {
        self.shown = self.shown.max(modseq);
        modseq
    }

    /// The command has expunged: under QRESYNC its answer says where the view is then.
    pub(crate) fn expunged(&mut self) {
        self.owes_modseq = self.user.qresync;
    }

    /// Where the view is, if the tagged answer must say it: if something above that was shown since
    /// the last one, which the client must not take for how far it has come (RFC 7162 6), or if the
    /// command has expunged.
    pub(crate) fn owed_modseq(&mut self) -> Option<ModSeq> {
        let shown = std::mem::take(&mut self.shown);
        let owes = std::mem::take(&mut self.owes_modseq) || shown > self.mailbox.modseq();
        owes.then(|| self.mailbox.modseq())
    }

    /// Tells the keywords of a message that the client has not heard of, before it meets them.
    pub(crate) fn learn(&mut self, row: &Row, reply: &mut Reply) {
        let fresh = |keyword: &&Keyword| !self.keywords.has_keyword(keyword);
        if !row.flags.keywords().iter().any(|keyword| fresh(&keyword)) {
            return;
        }
        let all = self.keywords.keywords().iter().chain(row.flags.keywords());
        self.keywords = Flags::new([], all.cloned());
        self.tell_flags(reply);
    }

    /// FLAGS and PERMANENTFLAGS (RFC 9051 7.3.5, 7.1).
    pub(crate) fn tell_flags(&self, reply: &mut Reply) {
        use mailstore::flags::SystemFlag;
        let flags = Flags::new(SystemFlag::ALL, self.keywords.keywords().iter().cloned());
        reply.flags(&flags);
        let more = self.keywords.keywords().len() < Mailbox::MAX_KEYWORDS;
        let flags = self.rights.permitted(&flags);
        let permanent = match self.mailbox.access() {
            mailstore::Access::ReadOnly => Code::PermanentFlags(&Flags::NONE, NewKeywords::Refused),
            _ if more && self.rights.has(Right::Write) => {
                Code::PermanentFlags(&flags, NewKeywords::Allowed)
            }
            _ => Code::PermanentFlags(&flags, NewKeywords::Refused),
        };
        reply.untagged(Condition::Ok, Some(permanent), "Flags that are kept");
    }
}

/// A sequence number beyond the last message.
fn no_such_number(number: u32) -> Failed {
    match number {
        0 => Failed::bad("There are no messages"),
        number => Failed::bad(format!("There is no message number {number}")),
    }
}

/// Whose flags a notice tells.
fn flagged(notice: &Notice) -> Option<Uid> {
    match notice {
        Notice::Flags { row, .. } => Some(row.uid),
        _ => None,
    }
}

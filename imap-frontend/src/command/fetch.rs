//! FETCH (RFC 9051 6.4.5, RFC 7162 3.1.4), a page of messages at a time. Nothing is held while the
//! client takes its time to read what is sent.
//!
//! A message that was expunged meanwhile, which the client does not know yet, is shown like any
//! other (RFC 2180 4.1); if one can no longer be read, the OK says `[EXPUNGEISSUED]`.

mod binary;
pub(super) mod content;
mod line;
mod page;
mod seen;

use mailstore::message::Want;
use mailstore::uid::{ModSeq, Seq, SequenceSet, Uid, UidArray, UidSet};

use crate::codec::command::{By, Fetch, FetchItem, Marks, Messages};
use crate::codec::reply::{Code, Vanished};
use crate::message_limit::{self, Cut};
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Selected;
use crate::talk::Talk;

use line::Line;

pub(super) async fn run(talk: &mut Talk, selected: &mut Selected, fetch: &Fetch) -> Outcome {
    if fetch.vanished && !selected.user.qresync {
        return Err(Failed::bad("VANISHED needs QRESYNC, which is not enabled"));
    }
    if fetch.changed_since.is_some() || fetch.wants(&FetchItem::ModSeq) {
        selected.enable_condstore(&mut talk.reply);
    }
    let uids = selected.resolve(fetch.by, &fetch.set)?;
    let server = &selected.user.server;
    let (uids, cut) = match fetch.partial {
        Some(window) => {
            message_limit::check_window(server, window).map(|()| (uids, Cut::Nothing))?
        }
        None => message_limit::highest(server, uids),
    };
    let uids = match fetch.changed_since {
        Some(since) => changed(talk, selected, (fetch, uids, cut), since).await?,
        None => uids,
    };
    let uids = match fetch.partial {
        Some(window) => window.of(&uids),
        None => uids,
    };
    let done = show(talk, selected, fetch, uids).await?;
    Ok(cut.tell(&mut talk.reply, done))
}

/// Tells of new messages what the client has asked for by NOTIFY (RFC 5465 5.2).
pub(crate) async fn announce(
    talk: &mut Talk,
    selected: &mut Selected,
    new: UidSet,
) -> Result<(), Failed> {
    let items = selected.user.notify.as_ref().map_or(&[][..], |notify| notify.fetch()).to_vec();
    if items.is_empty() || new.is_empty() {
        return Ok(());
    }
    let set = Messages::Set(SequenceSet(Vec::new()));
    let fetch =
        Fetch { by: By::Uid, set, items, changed_since: None, vanished: false, partial: None };
    match Box::pin(show(talk, selected, &fetch, new)).await {
        Ok(_) | Err(Failed::No(..) | Failed::Bad(_)) => Ok(()),
        Err(failed) => Err(failed),
    }
}

async fn show(talk: &mut Talk, selected: &mut Selected, fetch: &Fetch, uids: UidSet) -> Outcome {
    let shape = Shape::of(fetch, selected);
    let mut sent = Sent { asked: uids.len(), ..Sent::default() };
    let mut rest = uids;
    while !rest.is_empty() {
        let (mut page, _room) = page::read(selected, &rest, shape.want).await?;
        rest = std::mem::take(&mut page.rest);
        let marked = match shape.marks {
            Marks::Seen => seen::mark(selected, &mut page.messages).await?,
            Marks::Nothing => UidSet::new(),
        };
        sent.messages += page.messages.len() as u64;
        for message in &page.messages {
            let uid = message.row.uid;
            let Some(seq) = sent.numbers.seq(selected.mailbox.uids(), uid) else { continue };
            let flags = match !shape.shows_flags && marked.contains(uid) {
                true => Extra::Added,
                false => Extra::No,
            };
            let mut line = Line { talk, selected, shape: &shape, message, seq, flags };
            if let Err(failed) = line.write().await {
                sent.failed(failed)?;
            }
            talk.flush_full().await?;
        }
    }
    sent.outcome()
}

/// What each response has in it.
struct Shape<'a> {
    items: &'a [FetchItem],
    want: Want,
    /// FLAGS is among the items.
    shows_flags: bool,
    /// UID goes first, though not asked for.
    uid: Extra,
    /// MODSEQ goes last, though not asked for.
    modseq: Extra,
    marks: Marks,
}

/// Whether an item is added to what was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    Added,
    No,
}

impl<'a> Shape<'a> {
    fn of(fetch: &'a Fetch, selected: &Selected) -> Self {
        let extra = |due: bool, item| match due && !fetch.wants(&item) {
            true => Extra::Added,
            false => Extra::No,
        };
        let marks = match fetch.marks_seen() && selected.writable().is_ok() {
            true => Marks::Seen,
            false => Marks::Nothing,
        };
        // With flags that changed unasked, QRESYNC wants the UID told (RFC 7162 3.2.4).
        let tells_uid = fetch.by == By::Uid || selected.user.condstore && marks == Marks::Seen;
        Self {
            items: &fetch.items,
            want: fetch.items.iter().map(want).fold(Want::Row, Want::and),
            shows_flags: fetch.wants(&FetchItem::Flags),
            uid: extra(tells_uid && !selected.user.uid_only, FetchItem::Uid),
            modseq: extra(selected.user.condstore, FetchItem::ModSeq),
            marks,
        }
    }
}

/// How much of a message an item needs.
fn want(item: &FetchItem) -> Want {
    match item {
        FetchItem::Content(_) => Want::Tree,
        FetchItem::Envelope | FetchItem::Body | FetchItem::BodyStructure | FetchItem::Preview => {
            Want::Derived
        }
        _ => Want::Row,
    }
}

/// Those of some messages with a MODSEQ above this. With VANISHED it tells first which of the UIDs
/// asked for are gone (RFC 7162 3.2.6).
async fn changed(
    talk: &mut Talk,
    selected: &Selected,
    (fetch, uids, cut): (&Fetch, UidSet, Cut),
    since: ModSeq,
) -> Result<UidSet, Failed> {
    let highest = selected.mailbox.view().highest();
    let among = match &fetch.set {
        Messages::Set(set) if fetch.vanished => cut.above(&uids.union(&set.uids_up_to(highest))),
        _ => uids,
    };
    let changes = selected.mailbox.changes(since, &among).await?;
    if fetch.vanished {
        talk.reply.vanished(Vanished::Earlier, &changes.vanished);
    }
    Ok(changes.touched)
}

/// What was sent so far.
#[derive(Default)]
struct Sent {
    asked: u64,
    messages: u64,
    numbers: Numbers,
    failure: Option<Failed>,
}

impl Sent {
    /// One message could not be sent. If only that one is damaged, or has a part whose encoding is
    /// not known, the others still can.
    fn failed(&mut self, failed: Failed) -> Result<(), Failed> {
        match failed {
            Failed::No(Some(Code::ServerBug | Code::UnknownCte), _) => {
                self.failure = Some(failed);
                Ok(())
            }
            other => Err(other),
        }
    }

    fn outcome(self) -> Outcome {
        match self.failure {
            Some(failed) => Err(failed),
            None if self.messages < self.asked => {
                Ok(Done::with(Code::ExpungeIssued, "Some are gone"))
            }
            None => Ok(Done::new("Fetched")),
        }
    }
}

/// Sequence numbers of ascending UIDs: looked up only where there is a gap.
#[derive(Default)]
struct Numbers(Option<(Uid, Seq)>);

impl Numbers {
    fn seq(&mut self, view: &UidArray, uid: Uid) -> Option<Seq> {
        let seq = match self.0 {
            // Both are in the view, so there is no other between them.
            Some((last, seq)) if last.get().checked_add(1) == Some(uid.get()) => {
                Seq::new(seq.get() + 1)
            }
            _ => view.seq(uid),
        }?;
        self.0 = Some((uid, seq));
        Some(seq)
    }
}

//! What ESEARCH says (RFC 4731, RFC 5182, RFC 5267, RFC 9394).

use mailstore::Found;
use mailstore::message::Want;
use mailstore::search::sort::Criterion;
use mailstore::search::{Key, Scope, Window};
use mailstore::time::Timestamp;
use mailstore::uid::{ModSeq, Uid, UidSet};

use crate::codec::command::{By, ResultOption};
use crate::codec::reply::Numbers;
use crate::contexts::{Context, Shown, number};
use crate::outcome::Failed;
use crate::state::Selected;
use crate::talk::Talk;

/// What a SEARCH or SORT wants to be told.
pub(in crate::command) struct Asked<'a> {
    /// Numbers or UIDs.
    pub(in crate::command) by: By,
    /// RETURN.
    pub(in crate::command) options: &'a [ResultOption],
    /// MODSEQ was among the keys.
    pub(in crate::command) modseq: bool,
}

impl<'a> Asked<'a> {
    fn saves(&self) -> bool {
        self.options.contains(&ResultOption::Save)
    }

    /// What `$` stands for in the keys. If the result is to be saved, and there will be none, `$`
    /// stands for nothing from now on (RFC 5182 2.1).
    pub(in crate::command) fn saved_before(&self, selected: &mut Selected) -> UidSet {
        if self.saves() {
            std::mem::take(&mut selected.searches.saved)
        } else {
            selected.searches.saved.clone()
        }
    }

    /// The highest MODSEQ found, if it is to be told and something was found.
    pub(in crate::command) fn modseq_of(&self, found: &Found) -> Option<ModSeq> {
        Some(found.modseq).filter(|modseq| self.modseq && *modseq > ModSeq::ZERO)
    }

    fn updates(&self) -> bool {
        self.options.contains(&ResultOption::Update)
    }

    /// Refuses UPDATE under the tag of a search that is kept current already (RFC 5267 4.3).
    pub(in crate::command) fn check_tag(
        &self,
        talk: &Talk,
        selected: &Selected,
    ) -> Result<(), Failed> {
        match self.updates() && selected.searches.contexts.has(&talk.tag) {
            true => Err(Failed::bad("Tag reuse")),
            false => Ok(()),
        }
    }

    /// Keeps the result current, if that is asked for and there are not too many such.
    pub(in crate::command) fn keep_current(
        &self,
        (key, saved): (&Key, &UidSet),
        shown: Shown,
        (talk, selected): (&mut Talk, &mut Selected),
    ) {
        if !self.updates() {
            return;
        }
        let scope = Scope { saved, ..Scope::of(selected.mailbox.uids(), Timestamp::now()) };
        let (tag, key) = (talk.tag.clone(), key.pinned(&scope));
        let context = Context { tag: tag.clone(), by: self.by, key, shown };
        // How relevant a message is changes with what it is compared to.
        let by_relevancy = matches!(&context.shown, Shown::Sorted(program, _)
            if program.iter().any(|(criterion, _)| *criterion == Criterion::Relevancy));
        if by_relevancy {
            talk.reply.no_update(&tag, "What is sorted by relevancy is not kept current");
        } else if !selected.searches.contexts.add(context) {
            talk.reply.no_update(&tag, "Too many searches are kept current");
        }
    }

    /// What the tagged OK says.
    pub(in crate::command) fn done(&self, done: &'static str, saved: &'static str) -> &'static str {
        if self.saves() { saved } else { done }
    }
}

/// The results that were asked for, of what was found.
pub(in crate::command) struct Answer<'a> {
    asked: &'a Asked<'a>,
    found: &'a Found,
    /// What was found, in order, if it was sorted.
    sorted: Option<&'a [Uid]>,
}

impl<'a> Answer<'a> {
    pub(in crate::command) fn new(
        asked: &'a Asked<'a>,
        found: &'a Found,
        sorted: Option<&'a [Uid]>,
    ) -> Self {
        Self { asked, found, sorted }
    }

    /// Keeps what SAVE keeps (RFC 5182 2.4, RFC 9394): the messages that are named, or all if ALL
    /// or COUNT is among the options, or nothing but SAVE.
    pub(in crate::command) fn save(&self, selected: &mut Selected) {
        if self.asked.saves() {
            let all = self.is_about_all();
            selected.searches.saved = if all { self.found.uids.clone() } else { self.named() };
        }
    }

    fn is_about_all(&self) -> bool {
        use ResultOption::{All, Count};
        let all = |option: &ResultOption| matches!(option, All | Count);
        let options = self.asked.options;
        let names = |option: &ResultOption| {
            matches!(option, ResultOption::Min | ResultOption::Max | ResultOption::Partial(_))
        };
        options.iter().any(all) || !options.iter().any(names)
    }

    /// The messages that MIN, MAX and PARTIAL name.
    fn named(&self) -> UidSet {
        let single = |uid: Option<_>| uid.map(UidSet::single).unwrap_or_default();
        let each = self.asked.options.iter().map(|option| match option {
            ResultOption::Min => single(self.first()),
            ResultOption::Max => single(self.last()),
            ResultOption::Partial(window) => match self.sorted {
                Some(sorted) => within(sorted, *window).iter().copied().collect(),
                None => window.of(&self.found.uids),
            },
            _ => UidSet::new(),
        });
        each.fold(UidSet::new(), |all, some| all.union(&some))
    }

    fn first(&self) -> Option<Uid> {
        self.sorted.map_or_else(|| self.found.uids.first(), |sorted| sorted.first().copied())
    }

    fn last(&self) -> Option<Uid> {
        self.sorted.map_or_else(|| self.found.uids.last(), |sorted| sorted.last().copied())
    }

    /// Writes the response, unless nothing is asked for but to save. The name of the mailbox is
    /// given if it is told.
    pub(in crate::command) async fn tell(
        &self,
        talk: &mut Talk,
        mailbox: &mailstore::Selected,
        name: Option<&str>,
    ) -> Result<(), Failed> {
        let Asked { by, options, .. } = *self.asked;
        if options == [ResultOption::Save] {
            return Ok(());
        }
        let modseq = self.modseq(mailbox).await?;
        let mut esearch = match name {
            Some(name) => talk.reply.esearch_in(&talk.tag, (name, mailbox.uid_validity())),
            None => talk.reply.esearch(&talk.tag, by),
        };
        let number = |uid| number(uid, by, mailbox.uids());
        for option in options {
            match option {
                ResultOption::Min => {
                    let min = self.first().and_then(number);
                    min.iter().for_each(|min| esearch.number("MIN", *min));
                }
                ResultOption::Max => {
                    let max = self.last().and_then(number);
                    max.iter().for_each(|max| esearch.number("MAX", *max));
                }
                ResultOption::All if self.found.uids.is_empty() => {}
                ResultOption::All => esearch.all(&self.numbers(mailbox, None)),
                ResultOption::Count => esearch.number("COUNT", self.found.uids.len()),
                ResultOption::Partial(window) => {
                    esearch.partial(*window, &self.numbers(mailbox, Some(*window)));
                }
                ResultOption::Relevancy => {
                    let shown = self.shown().into_iter();
                    esearch.relevancy(shown.map(|uid| self.found.relevancy(uid)));
                }
                ResultOption::Save | ResultOption::Update | ResultOption::Context => {}
            }
        }
        modseq.iter().for_each(|modseq| esearch.number("MODSEQ", modseq.0));
        esearch.end();
        Ok(())
    }

    /// The messages that ALL or PARTIAL shows, in its order.
    fn shown(&self) -> Vec<Uid> {
        let window = self.asked.options.iter().find_map(|option| match option {
            ResultOption::Partial(window) => Some(*window),
            _ => None,
        });
        match (self.sorted, window) {
            (Some(sorted), Some(window)) => within(sorted, window).to_vec(),
            (Some(sorted), None) => sorted.to_vec(),
            (None, Some(window)) => window.of(&self.found.uids).iter().collect(),
            (None, None) => self.found.uids.iter().collect(),
        }
    }

    /// What was found, as much as a window shows of it.
    fn numbers(&self, mailbox: &mailstore::Selected, window: Option<Window>) -> Numbers {
        let number = |uid| number(uid, self.asked.by, mailbox.uids());
        match self.sorted {
            Some(sorted) => {
                let shown = window.map_or(sorted, |window| within(sorted, window));
                Numbers::List(shown.iter().copied().filter_map(number).collect())
            }
            None => {
                let uids = &self.found.uids;
                let shown = window.map_or_else(|| uids.clone(), |window| window.of(uids));
                match self.asked.by {
                    By::Uid => Numbers::Set(shown),
                    By::Seq => Numbers::Set(
                        shown.iter().filter_map(|uid| Uid::new(number(uid)?)).collect(),
                    ),
                }
            }
        }
    }

    /// The highest MODSEQ of the messages that the answer is about (RFC 4731 3.2).
    async fn modseq(&self, mailbox: &mailstore::Selected) -> Result<Option<ModSeq>, Failed> {
        if !self.asked.modseq || self.is_about_all() {
            return Ok(self.asked.modseq_of(self.found));
        }
        let (mut rest, mut highest) = (self.named(), None);
        while !rest.is_empty() {
            let page = mailbox.fetch(&rest, Want::Row).await?;
            rest = page.rest;
            highest = highest.max(page.messages.iter().map(|message| message.row.modseq).max());
        }
        Ok(highest)
    }
}

/// What a window shows of a list.
fn within(sorted: &[Uid], window: Window) -> &[Uid] {
    let range = window.within(sorted.len() as u64);
    sorted.get(range.start as usize..range.end as usize).unwrap_or_default()
}

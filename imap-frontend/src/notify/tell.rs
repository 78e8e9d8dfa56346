//! How a client is told of mailboxes that it has not selected (RFC 5465 5).

use std::collections::{BTreeMap, BTreeSet};

use mailstore::id::{MailboxId, MailboxKey};
use mailstore::mailbox::{MailboxState, SEPARATOR};
use mailstore::rights::{Right, Rights};
use mailstore::{Happening, Messages};

use super::Notify;
use super::account::Picture;
use crate::codec::command::{ListForm, NotifyEvent, StatusItem};
use crate::codec::reply::{Code, Condition, ListAttribute};
use crate::command::{metadata, status};
use crate::listed::of_own;
use crate::outcome::Failed;
use crate::state::{Authenticated, State};
use crate::talk::Talk;

/// Tells what others did to mailboxes that are not selected. If some of it was missed, the client has
/// to look anew, and to say again what it wants.
pub(super) async fn others(talk: &mut Talk, state: &mut State) -> Result<(), Failed> {
    let selected = state.selected_at();
    let Some(user) = state.user() else { return Ok(()) };
    let count = user.notify.as_ref().map_or(0, |notify| notify.accounts.len());
    for at in 0..count {
        match of_account(talk, user, (at, selected)).await {
            // What was read of it is not read again.
            Err(failed) if failed.is_no() => missed(talk, user),
            other => other?,
        }
    }
    Ok(())
}

fn missed(talk: &mut Talk, user: &mut Authenticated) {
    user.notify = Some(Box::new(Notify::nothing()));
    let code = Some(Code::NotificationOverflow);
    talk.reply.untagged(Condition::Ok, code, "Some events were missed");
}

async fn of_account(
    talk: &mut Talk,
    user: &mut Authenticated,
    (at, selected): (usize, Option<MailboxKey>),
) -> Result<(), Failed> {
    let accounts = user.notify.as_mut().map(|notify| &mut notify.accounts);
    let Some(account) = accounts.and_then(|accounts| accounts.get_mut(at)) else { return Ok(()) };
    let news = account.watched.sync().await.map_err(|error| Failed::unread(&error))?;
    let Some(news) = news else {
        missed(talk, user);
        return Ok(());
    };
    // Rights are properties, of which only that they may have changed is known.
    let rights_may_differ = account.id != user.by.user && !news.mailboxes.list.is_empty();
    if news.happenings.is_empty() && !rights_may_differ {
        return Ok(());
    }
    let before = std::mem::take(&mut account.before);
    let Some(account) = user.notify.as_deref().and_then(|notify| notify.accounts.get(at)) else {
        return Ok(());
    };
    let picture = account.picture(user, news.mailboxes).await?;
    let subscriptions = match picture.id == user.by.user {
        true => picture.mailboxes.subscriptions.clone(),
        false => user.store().mailboxes(user.by.user).await?.subscriptions,
    };
    let teller = Teller { user, picture: &picture, before, subscriptions, selected };
    teller.rights(talk, &news.happenings);
    for happening in &news.happenings {
        teller.tell(talk, happening).await?;
        talk.flush_full().await?;
    }
    let accounts = user.notify.as_mut().map(|notify| &mut notify.accounts);
    if let Some(account) = accounts.and_then(|accounts| accounts.get_mut(at)) {
        account.before = picture.rights;
    }
    Ok(())
}

/// What is needed to tell something of an account.
struct Teller<'a> {
    user: &'a Authenticated,
    picture: &'a Picture,
    /// What the user might do with another's mailboxes before.
    before: BTreeMap<String, Rights>,
    subscriptions: BTreeSet<String>,
    selected: Option<MailboxKey>,
}

impl Teller<'_> {
    /// Is this event told of the mailbox of that name in the account?
    fn wants(&self, event: NotifyEvent, local: &str) -> bool {
        let name = self.picture.name(local);
        let notify = self.user.notify.as_deref();
        notify.is_some_and(|notify| notify.tells(event, &name, &self.subscriptions))
    }

    /// Did the user see the mailbox of that name before, or does he now?
    fn sees(&self, local: &str) -> bool {
        self.saw(local) || self.picture.rights(local).has(Right::Lookup)
    }

    fn saw(&self, local: &str) -> bool {
        self.before.contains_key(local)
    }

    /// Tells of mailboxes of others that may not be seen any more, and of those that may again
    /// (RFC 5465 5.9); but for what is told of their names as well.
    fn rights(&self, talk: &mut Talk, happenings: &[Happening]) {
        let now = &self.picture.rights;
        let is_named = |name: &String| {
            happenings.iter().any(|it| matches!(it, Happening::Name(named) if named == name))
        };
        let is_there = |name: &&String| self.picture.mailboxes.find(name).is_some();
        let lost = self.before.keys().filter(|name| !now.contains_key(*name));
        let mut told: Vec<&String> = lost.filter(is_there).filter(|name| !is_named(name)).collect();
        let about_names =
            |it: &Happening| matches!(it, Happening::Name(_) | Happening::Renamed { .. });
        if !happenings.iter().any(about_names) {
            told.extend(now.keys().filter(|name| !self.saw(name)));
        }
        for name in told {
            if NotifyEvent::KNOWN.iter().any(|(_, event)| self.wants(*event, name)) {
                self.name(talk, name);
            }
        }
    }

    async fn tell(&self, talk: &mut Talk, happening: &Happening) -> Result<(), Failed> {
        match happening {
            Happening::Messages(id, messages) => self.messages(talk, *id, *messages).await?,
            Happening::Name(name) if self.wants(NotifyEvent::MailboxName, name) => {
                self.name(talk, name);
            }
            Happening::Renamed { from, to }
                if self.wants(NotifyEvent::MailboxName, to)
                    || self.wants(NotifyEvent::MailboxName, from) =>
            {
                self.renamed(talk, [from, to]);
            }
            Happening::Subscription(name) => self.subscription(talk, name),
            Happening::Properties(Some(id), keys) => self.metadata(talk, *id, keys),
            Happening::Properties(None, keys) => self.server_metadata(talk, keys),
            Happening::Name(_) | Happening::Renamed { .. } => {}
        }
        Ok(())
    }

    fn name(&self, talk: &mut Talk, local: &str) {
        if self.sees(local) {
            let (attributes, name) = (self.attributes(local), self.picture.name(local));
            talk.reply.list(ListForm::List, &attributes, Some(SEPARATOR), &name);
        }
    }

    /// Of another's mailbox both names are told only if both were to be seen.
    fn renamed(&self, talk: &mut Talk, [from, to]: [&str; 2]) {
        let guest = self.picture.id != self.user.by.user;
        let hidden = |name: &str| !self.picture.rights(name).has(Right::Lookup);
        if guest && (!self.saw(from) || hidden(to)) {
            self.name(talk, from);
            self.name(talk, to);
            return;
        }
        let names = [self.picture.name(from), self.picture.name(to)];
        let [from, new] = [&*names[0], &*names[1]];
        talk.reply.list_renamed(&self.attributes(to), SEPARATOR, [from, new]);
    }

    /// What is subscribed to is the user's own, wherever the mailbox is.
    fn subscription(&self, talk: &mut Talk, name: &str) {
        let own = self.picture.id == self.user.by.user;
        if own && self.wants(NotifyEvent::SubscriptionChange, name) {
            talk.reply.list(ListForm::List, &self.attributes(name), Some(SEPARATOR), name);
        }
    }

    /// What LIST says of a mailbox. What it is for is its owner's business.
    fn attributes(&self, local: &str) -> Vec<ListAttribute> {
        let mut attributes = of_own(local, &self.picture.mailboxes);
        if self.picture.id != self.user.by.user {
            attributes
                .retain(|it| !matches!(it, ListAttribute::Use(_) | ListAttribute::Subscribed));
            if self.picture.mailboxes.find(local).is_some()
                && !self.picture.rights(local).has(Right::Lookup)
            {
                attributes = vec![ListAttribute::NoAccess];
            }
            if self.subscriptions.contains(&self.picture.name(local)) {
                attributes.insert(0, ListAttribute::Subscribed);
            }
        }
        attributes
    }

    async fn messages(
        &self,
        talk: &mut Talk,
        id: MailboxId,
        messages: Messages,
    ) -> Result<(), Failed> {
        if self.selected == Some(MailboxKey { account: self.picture.id, mailbox: id }) {
            return Ok(());
        }
        let Some((name, mailbox)) = self.picture.visible(id) else { return Ok(()) };
        let live = mailbox.state == MailboxState::Live;
        let items = self.items(&name, messages);
        if !items.is_empty() && live && self.picture.rights(&name).has(Right::Read) {
            let values = status::items(self.user, (self.picture.id, mailbox), &items).await?;
            talk.reply.status(&self.picture.name(&name), &values);
        }
        Ok(())
    }

    /// What of a mailbox is to be told.
    fn items(&self, name: &str, messages: Messages) -> Vec<StatusItem> {
        let counts = (messages.arrived && self.wants(NotifyEvent::MessageNew, name))
            || (messages.expunged && self.wants(NotifyEvent::MessageExpunge, name));
        let flags = messages.flags && self.wants(NotifyEvent::FlagChange, name);
        let mut items = Vec::new();
        if counts {
            items.extend([StatusItem::Messages, StatusItem::UidNext]);
        }
        if counts || flags {
            items.push(StatusItem::UidValidity);
        }
        if flags {
            items.push(StatusItem::Unseen);
        }
        if self.user.condstore && !items.is_empty() {
            items.push(StatusItem::HighestModSeq);
        }
        items
    }

    fn metadata(&self, talk: &mut Talk, id: MailboxId, keys: &BTreeSet<String>) {
        let Some((name, _)) = self.picture.visible(id) else { return };
        let user = self.user.by.user;
        let entries = keys.iter().filter_map(|key| metadata::entry_of_mailbox(user, key));
        let entries: Vec<_> = entries.collect();
        let may = metadata::may_read(self.picture.rights(&name));
        if may && !entries.is_empty() && self.wants(NotifyEvent::MailboxMetadataChange, &name) {
            let entries = entries.iter().map(String::as_str);
            talk.reply.metadata_changed(&self.picture.name(&name), entries);
        }
    }

    fn server_metadata(&self, talk: &mut Talk, keys: &BTreeSet<String>) {
        let entries = keys.iter().filter_map(|key| metadata::entry_of_server(key));
        let entries: Vec<_> = entries.collect();
        let own = self.picture.id == self.user.by.user;
        let notify = self.user.notify.as_deref().filter(|_| own && !entries.is_empty());
        if notify.is_some_and(|it| it.tells_of_server(NotifyEvent::ServerMetadataChange)) {
            talk.reply.metadata_changed("", entries.iter().map(String::as_str));
        }
    }
}

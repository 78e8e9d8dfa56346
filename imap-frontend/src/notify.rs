//! What a client has asked by NOTIFY to be told of (RFC 5465), and when it is told.
//!
//! Of the mailbox that is selected the view is replayed, as ever: with SELECTED whenever no command is
//! under way, with SELECTED-DELAYED only where it is told without NOTIFY. Of other mailboxes their
//! STATUS and LIST are told whenever no command is under way, since these change no numbers.

pub(crate) mod account;
mod tell;

use std::collections::BTreeSet;
use std::time::Duration;

use mailstore::id::MailboxKey;
use mailstore::mailbox::SEPARATOR;
use wire::{Ended, Idle, Instant};

use crate::codec::command::{EventGroup, FetchItem, NotifyEvent, Watch};
use crate::command::idle::jittered;
use crate::names::OTHERS;
use crate::outcome::Failed;
use crate::state::{Selected, State};
use crate::talk::Talk;

use account::Account;

/// What a client wants to be told of. Before the first NOTIFY there is none of these.
#[derive(Debug)]
pub(crate) struct Notify {
    /// Of the mailbox that is selected; `None` for nothing at all.
    selected: Option<EventGroup>,
    /// Of others.
    others: Vec<EventGroup>,
    /// The accounts whose mailboxes these are: one's own, and those that share some.
    pub(crate) accounts: Vec<Account>,
}

/// When something may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// In IDLE.
    Idle,
    /// Between commands.
    Between,
}

impl Notify {
    /// NOTIFY NONE.
    pub(crate) fn nothing() -> Self {
        Self { selected: None, others: Vec::new(), accounts: Vec::new() }
    }

    pub(crate) fn new(groups: Vec<EventGroup>, accounts: Vec<Account>) -> Self {
        let of_selected = |group: &EventGroup| {
            matches!(group.mailboxes, Watch::Selected | Watch::SelectedDelayed)
        };
        let (selected, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(of_selected);
        let selected = selected.into_iter().next().filter(|group| !group.events.is_empty());
        Self { selected, others, accounts }
    }

    /// Is anything told of the selected mailbox?
    pub(crate) fn tells_selected(&self) -> bool {
        self.selected.is_some()
    }

    /// Is the selected mailbox told of as soon as anything happens to it?
    fn is_immediate(&self) -> bool {
        self.selected.as_ref().is_some_and(|group| group.mailboxes == Watch::Selected)
    }

    /// Is a change of flags in the selected mailbox told of?
    pub(crate) fn tells_flags(&self) -> bool {
        let group = self.selected.as_ref();
        group.is_some_and(|group| group.events.contains(&NotifyEvent::FlagChange))
    }

    /// What is told of a new message in the selected mailbox.
    pub(crate) fn fetch(&self) -> &[FetchItem] {
        self.selected.as_ref().map_or(&[], |group| &group.fetch)
    }

    /// Is this event told of the mailbox of that name, while it is not selected? The names that the
    /// user is subscribed to are given.
    pub(crate) fn tells(
        &self,
        event: NotifyEvent,
        name: &str,
        subscriptions: &BTreeSet<String>,
    ) -> bool {
        let told = |group: &&EventGroup| group.events.contains(&event);
        self.others.iter().filter(told).any(|group| covers(&group.mailboxes, name, subscriptions))
    }

    /// Is this event told, which is about no mailbox?
    pub(crate) fn tells_of_server(&self, event: NotifyEvent) -> bool {
        self.others.iter().any(|group| group.events.contains(&event))
    }
}

fn covers(watch: &Watch, name: &str, subscriptions: &BTreeSet<String>) -> bool {
    match watch {
        Watch::Selected | Watch::SelectedDelayed => false,
        // Mail is delivered to whatever mailbox its address names.
        Watch::Inboxes | Watch::Personal => !name.starts_with(OTHERS),
        Watch::Subscribed => subscriptions.contains(name),
        Watch::Mailboxes(names) => names.iter().any(|watched| watched.as_str() == name),
        Watch::Subtree(names) => names.iter().any(|watched| {
            let below = name.strip_prefix(watched.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR))
        }),
    }
}

impl State {
    /// What the client has asked for, if it has.
    pub(crate) fn notify(&mut self) -> Option<&mut Notify> {
        self.user()?.notify.as_deref_mut()
    }

    /// Is the selected mailbox told of now?
    fn tells_selected(&mut self, when: When) -> bool {
        match (self.notify(), when) {
            (None, When::Idle) => true,
            (None, When::Between) => false,
            (Some(notify), When::Idle) => notify.tells_selected(),
            (Some(notify), When::Between) => notify.is_immediate(),
        }
    }

    /// Waits until there may be something to tell.
    async fn changed(&mut self, awaited: Awaited) {
        let Awaited::News(when) = awaited else { return std::future::pending().await };
        let looks = self.tells_selected(when);
        let (mailbox, notify) = match self {
            Self::NotAuthenticated { .. } => (None, None),
            Self::Authenticated(user) => (None, user.notify.as_deref_mut()),
            Self::Selected(Selected { mailbox, user, .. }) => {
                (looks.then_some(mailbox), user.notify.as_deref_mut())
            }
        };
        let accounts = notify.map(|notify| &mut notify.accounts[..]).unwrap_or_default();
        match (mailbox, accounts) {
            (None, []) => std::future::pending().await,
            (Some(mailbox), []) => mailbox.changed().await,
            (None, [only]) => only.watched.changed().await,
            // Sessions without NOTIFY keep no room for this.
            (mailbox, accounts) => Box::pin(any(mailbox, accounts)).await,
        }
    }

    /// The mailbox that is selected: of its messages it is told in another way.
    pub(crate) fn selected_at(&mut self) -> Option<MailboxKey> {
        self.selected().map(|selected| selected.at())
    }
}

/// Waits for the first of these, which may be in different accounts.
async fn any(mailbox: Option<&mut mailstore::Selected>, accounts: &mut [Account]) {
    let selected = async {
        match mailbox {
            Some(mailbox) => mailbox.changed().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = selected => {}
        () = account::changed(accounts) => {}
    }
}

/// What is waited for besides the client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Awaited {
    /// Something to tell.
    News(When),
    /// The next look, for the store cannot be read now.
    Time,
}

/// Tells all that may be told now, and sends it. What cannot be read now is told later.
pub(crate) async fn tell(talk: &mut Talk, state: &mut State, when: When) -> Result<Awaited, Ended> {
    let awaited = match news(talk, state, when).await {
        Ok(()) => Awaited::News(when),
        Err(Failed::Ended(ended)) => return Err(ended),
        // What fails else is the reading of news: nothing was told.
        Err(_) => Awaited::Time,
    };
    talk.rest().await?;
    Ok(awaited)
}

async fn news(talk: &mut Talk, state: &mut State, when: When) -> Result<(), Failed> {
    if state.tells_selected(when)
        && let Some(selected) = state.selected()
    {
        selected.tell(talk).await?;
        selected.tell_owed(talk);
    }
    tell::others(talk, state).await
}

/// Waits between commands for the client to send something, and tells what happens meanwhile.
pub(crate) async fn wait(
    talk: &mut Talk,
    state: &mut State,
    (until, poll): (Instant, Duration),
) -> Result<(), Ended> {
    let times = (until, jittered(poll));
    loop {
        // What this takes must not be held while nothing happens.
        let awaited = Box::pin(tell(talk, state, When::Between)).await?;
        if hear(talk, state, times, awaited).await? == Heard::Client {
            return Ok(());
        }
    }
}

/// What came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The client has sent something.
    Client,
    /// There may be something to tell it.
    News,
}

/// Waits for the client, or for a reason to look for news.
pub(crate) async fn hear(
    talk: &mut Talk,
    state: &mut State,
    (until, poll): (Instant, Duration),
    awaited: Awaited,
) -> Result<Heard, Ended> {
    // By reference, so that the layers below do not each keep room for it.
    let changed = std::pin::pin!(state.changed(awaited));
    let look = until.min(talk.connection.within(poll));
    match talk.await_either(look, changed).await {
        Ok(Idle::Bytes(_)) => Ok(Heard::Client),
        Ok(Idle::Other(())) => Ok(Heard::News),
        Err(Ended::TimedOut) if look < until => Ok(Heard::News),
        Err(ended) => Err(ended),
    }
}

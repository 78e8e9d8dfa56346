//! NOTIFY: which events a client wants to be told of, at any time (RFC 5465).

use super::{Cursor, FetchItem, MailboxName, Parsed, fetch};

/// NOTIFY.
#[derive(Clone, Debug, PartialEq)]
pub enum Notify {
    /// NONE: no events at all.
    None,
    /// SET: these, and no others.
    Set {
        /// Whether the mailboxes watched are to be told of at once.
        status: InitialStatus,
        /// At least one.
        groups: Vec<EventGroup>,
    },
}

/// Whether a STATUS of each mailbox watched is to come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialStatus {
    /// It is.
    Told,
    /// It is not.
    Left,
}

/// Some mailboxes, and what is told of them.
#[derive(Clone, Debug, PartialEq)]
pub struct EventGroup {
    /// Which mailboxes.
    pub mailboxes: Watch,
    /// What of them; empty for NONE.
    pub events: Vec<NotifyEvent>,
    /// What to tell of a new message in the selected mailbox.
    pub fetch: Vec<FetchItem>,
}

/// Which mailboxes are watched (RFC 5465 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// SELECTED: the one selected, at any time.
    Selected,
    /// SELECTED-DELAYED: the one selected, when a command allows it.
    SelectedDelayed,
    /// INBOXES: those that mail is delivered to.
    Inboxes,
    /// PERSONAL: one's own.
    Personal,
    /// SUBSCRIBED: those subscribed to.
    Subscribed,
    /// SUBTREE: these and all below them.
    Subtree(Vec<MailboxName>),
    /// MAILBOXES: these.
    Mailboxes(Vec<MailboxName>),
}

/// What a client can be told of (RFC 5465 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyEvent {
    /// MessageNew.
    MessageNew,
    /// MessageExpunge.
    MessageExpunge,
    /// FlagChange.
    FlagChange,
    /// MailboxName.
    MailboxName,
    /// SubscriptionChange.
    SubscriptionChange,
    /// MailboxMetadataChange.
    MailboxMetadataChange,
    /// ServerMetadataChange.
    ServerMetadataChange,
    /// One that this server knows nothing of.
    Other,
}

impl NotifyEvent {
    /// Those that this server knows, with their names.
    pub const KNOWN: [(&str, Self); 7] = [
        ("MessageNew", Self::MessageNew),
        ("MessageExpunge", Self::MessageExpunge),
        ("FlagChange", Self::FlagChange),
        ("MailboxName", Self::MailboxName),
        ("SubscriptionChange", Self::SubscriptionChange),
        ("MailboxMetadataChange", Self::MailboxMetadataChange),
        ("ServerMetadataChange", Self::ServerMetadataChange),
    ];

    /// Is it about messages?
    pub fn is_of_messages(self) -> bool {
        matches!(self, Self::MessageNew | Self::MessageExpunge | Self::FlagChange)
    }
}

#[derive(Clone, Copy)]
enum Word {
    Selected,
    SelectedDelayed,
    Inboxes,
    Personal,
    Subscribed,
    Subtree,
    Mailboxes,
}

const WORDS: [(&str, Word); 7] = [
    ("SELECTED", Word::Selected),
    ("SELECTED-DELAYED", Word::SelectedDelayed),
    ("INBOXES", Word::Inboxes),
    ("PERSONAL", Word::Personal),
    ("SUBSCRIBED", Word::Subscribed),
    ("SUBTREE", Word::Subtree),
    ("MAILBOXES", Word::Mailboxes),
];

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Notify> {
    cursor.space()?;
    if cursor.eat_word("NONE") {
        return Ok(Notify::None);
    }
    cursor.one_of(&[("SET", ())], "SET or NONE")?;
    cursor.space()?;
    let status = match cursor.eat_word("STATUS") {
        true => cursor.space().map(|()| InitialStatus::Told)?,
        false => InitialStatus::Left,
    };
    let mut groups = vec![group(cursor)?];
    while cursor.more() {
        groups.push(group(cursor)?);
    }
    Ok(Notify::Set { status, groups })
}

fn group(cursor: &mut Cursor<'_>) -> Parsed<EventGroup> {
    cursor.byte(b'(', "(")?;
    let mailboxes = watch(cursor)?;
    cursor.space()?;
    let mut group = EventGroup { mailboxes, events: Vec::new(), fetch: Vec::new() };
    if !cursor.eat_word("NONE") {
        events(cursor, &mut group)?;
    }
    cursor.spaces();
    cursor.byte(b')', ")")?;
    Ok(group)
}

/// Events in parentheses, which some leave out, as the example in RFC 5465 3.1 does.
fn events(cursor: &mut Cursor<'_>, group: &mut EventGroup) -> Parsed<()> {
    if cursor.peek() == Some(b'(') {
        cursor.list1("a list of events", |cursor| event(cursor, group))?;
        return Ok(());
    }
    event(cursor, group)?;
    while cursor.more() {
        event(cursor, group)?;
    }
    Ok(())
}

fn watch(cursor: &mut Cursor<'_>) -> Parsed<Watch> {
    Ok(match cursor.one_of(&WORDS, "which mailboxes to watch")? {
        Word::Selected => Watch::Selected,
        Word::SelectedDelayed => Watch::SelectedDelayed,
        Word::Inboxes => Watch::Inboxes,
        Word::Personal => Watch::Personal,
        Word::Subscribed => Watch::Subscribed,
        Word::Subtree => Watch::Subtree(mailboxes(cursor)?),
        Word::Mailboxes => Watch::Mailboxes(mailboxes(cursor)?),
    })
}

fn mailboxes(cursor: &mut Cursor<'_>) -> Parsed<Vec<MailboxName>> {
    cursor.space()?;
    match cursor.peek() {
        Some(b'(') => cursor.list1("a list of mailboxes", Cursor::mailbox),
        _ => Ok(vec![cursor.mailbox()?]),
    }
}

fn event(cursor: &mut Cursor<'_>, group: &mut EventGroup) -> Parsed<()> {
    let name = cursor.atom("an event")?;
    let known = NotifyEvent::KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let event = known.map_or(NotifyEvent::Other, |(_, event)| *event);
    if !group.events.contains(&event) {
        group.events.push(event);
    }
    let mut ahead = cursor.clone();
    if event == NotifyEvent::MessageNew && ahead.space().is_ok() && ahead.peek() == Some(b'(') {
        cursor.space()?;
        group.fetch = fetch::items(cursor)?;
    }
    Ok(())
}

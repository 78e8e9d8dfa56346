//! What clients ask for: one file per command, with its struct and its grammar.
//!
//! To add a command: a file with a struct and a `parse`, a variant, and a row in the table below.

mod acl;
mod append;
mod authenticate;
mod cancel_update;
mod catenate;
mod copy;
mod create;
mod enable;
mod esearch;
mod expunge;
mod fetch;
mod id;
mod language;
mod list;
mod login;
mod message_url;
mod metadata;
mod notify;
mod quota;
mod rename;
mod replace;
mod search;
mod select;
mod sort;
mod stage;
mod status;
mod store;
mod thread;
mod uid_batches;

pub use acl::{AclOf, Identifier, RightsChange, SetAcl};
pub use append::{Append, AppendMessage, MessageData};
pub use authenticate::Authenticate;
pub use cancel_update::CancelUpdate;
pub use catenate::CatenatePart;
pub use copy::Copy;
pub use create::Create;
pub use enable::Enable;
pub use esearch::{Esearch, Source};
pub use expunge::UidExpunge;
pub use fetch::{Content, ContentName, Fetch, FetchItem, Marks, Partial};
pub use id::Id;
pub use language::Language;
pub use list::{List, ListForm, ListReturn, ListSelection};
pub use login::Login;
pub use message_url::MessageUrl;
pub use metadata::{Depth, Entry, GetMetadata, SetMetadata};
pub use notify::{EventGroup, InitialStatus, Notify, NotifyEvent, Watch};
pub use quota::{Resource, SetQuota};
pub use rename::Rename;
pub use replace::Replace;
pub use search::{ResultOption, Search, parse_keys};
pub use select::{Access, QResync, Select};
pub use sort::Sort;
pub use stage::Stage;
pub use status::{Status, StatusItem};
pub use store::{Echo, Store};
pub use thread::Thread;
pub use uid_batches::UidBatches;

use super::cursor::{Cursor, Parsed};
use super::{CommandError, CommandText, MailboxName, Rejected, Tag};

pub use super::messages::Messages;

/// A command with its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged {
    /// The tag, to be repeated in the answer.
    pub tag: Tag,
    /// The command.
    pub command: Command,
}

/// Whether a command names messages by sequence number or, with `UID` in front, by UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By sequence number.
    Seq,
    /// By UID; every FETCH response to it contains the UID (RFC 9051 6.4.9).
    Uid,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// CAPABILITY (RFC 9051 6.1.1).
    Capability,
    /// NOOP (RFC 9051 6.1.2).
    Noop,
    /// LOGOUT (RFC 9051 6.1.3).
    Logout,
    /// LANGUAGE (RFC 5255 3.2).
    Language(Language),
    /// COMPRESS DEFLATE (RFC 4978 3).
    Compress,
    /// UNAUTHENTICATE (RFC 8437 3).
    Unauthenticate,
    /// ID (RFC 2971).
    Id(Id),
    /// STARTTLS (RFC 9051 6.2.1).
    StartTls,
    /// LOGIN (RFC 9051 6.2.3).
    Login(Login),
    /// AUTHENTICATE (RFC 9051 6.2.2, RFC 4959).
    Authenticate(Authenticate),
    /// ENABLE (RFC 5161).
    Enable(Enable),
    /// SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3).
    Select(Select),
    /// CREATE (RFC 9051 6.3.4, RFC 6154 3).
    Create(Create),
    /// DELETE (RFC 9051 6.3.5).
    Delete(MailboxName),
    /// RENAME (RFC 9051 6.3.6).
    Rename(Rename),
    /// SUBSCRIBE (RFC 9051 6.3.7).
    Subscribe(MailboxName),
    /// UNSUBSCRIBE (RFC 9051 6.3.8).
    Unsubscribe(MailboxName),
    /// LIST, LSUB and XLIST (RFC 9051 6.3.9, RFC 3501 6.3.9).
    List(List),
    /// NAMESPACE (RFC 2342).
    Namespace,
    /// NOTIFY (RFC 5465 3.1).
    Notify(Notify),
    /// STATUS (RFC 9051 6.3.11).
    Status(Status),
    /// SETACL (RFC 4314 3.1).
    SetAcl(SetAcl),
    /// DELETEACL (RFC 4314 3.2).
    DeleteAcl(AclOf),
    /// GETACL (RFC 4314 3.3).
    GetAcl(MailboxName),
    /// LISTRIGHTS (RFC 4314 3.4).
    ListRights(AclOf),
    /// MYRIGHTS (RFC 4314 3.5).
    MyRights(MailboxName),
    /// GETMETADATA (RFC 5464 4.2).
    GetMetadata(GetMetadata),
    /// SETMETADATA (RFC 5464 4.3).
    SetMetadata(SetMetadata),
    /// GETQUOTA (RFC 9208 4.1.1), of this quota root.
    GetQuota(String),
    /// GETQUOTAROOT (RFC 9208 4.1.2).
    GetQuotaRoot(MailboxName),
    /// SETQUOTA (RFC 9208 4.1.3).
    SetQuota(SetQuota),
    /// APPEND (RFC 9051 6.3.12, RFC 3502).
    Append(Append),
    /// REPLACE (RFC 8508).
    Replace(Box<Replace>),
    /// IDLE (RFC 2177): the next line, read with `Framer::next_line`, is `DONE`.
    Idle,
    /// CHECK (RFC 3501 6.4.1).
    Check,
    /// CLOSE (RFC 9051 6.4.1).
    Close,
    /// UNSELECT (RFC 3691).
    Unselect,
    /// EXPUNGE (RFC 9051 6.4.3).
    Expunge,
    /// UID EXPUNGE (RFC 4315 2.1).
    UidExpunge(UidExpunge),
    /// UIDBATCHES (RFC 10022).
    UidBatches(UidBatches),
    /// SEARCH (RFC 9051 6.4.4).
    Search(Search),
    /// ESEARCH (RFC 7377).
    Esearch(Esearch),
    /// SORT (RFC 5256).
    Sort(Sort),
    /// THREAD (RFC 5256).
    Thread(Thread),
    /// CANCELUPDATE (RFC 5267 4.3.5).
    CancelUpdate(CancelUpdate),
    /// FETCH (RFC 9051 6.4.5).
    Fetch(Fetch),
    /// STORE (RFC 9051 6.4.6).
    Store(Store),
    /// COPY (RFC 9051 6.4.7).
    Copy(Copy),
    /// MOVE (RFC 6851).
    Move(Copy),
}

type Parse = fn(&mut Cursor<'_>) -> Parsed<Command>;

/// The commands, each with the grammar of what follows its name.
const COMMANDS: &[(&str, Parse)] = &[
    ("FETCH", |c| fetch::parse(c, By::Seq).map(Command::Fetch)),
    ("UID", uid),
    ("NOOP", |_| Ok(Command::Noop)),
    ("IDLE", |_| Ok(Command::Idle)),
    ("STORE", |c| store::parse(c, By::Seq).map(Command::Store)),
    ("SEARCH", |c| search::parse(c, By::Seq).map(Command::Search)),
    ("SORT", |c| sort::parse(c, By::Seq).map(Command::Sort)),
    ("THREAD", |c| thread::parse(c, By::Seq).map(Command::Thread)),
    ("ESEARCH", |c| esearch::parse(c).map(Command::Esearch)),
    ("CANCELUPDATE", |c| cancel_update::parse(c).map(Command::CancelUpdate)),
    ("SELECT", |c| select::parse(c, Access::ReadWrite).map(Command::Select)),
    ("EXAMINE", |c| select::parse(c, Access::ReadOnly).map(Command::Select)),
    ("STATUS", |c| status::parse(c).map(Command::Status)),
    ("APPEND", |c| append::parse(c).map(Command::Append)),
    ("REPLACE", |c| replace::parse(c, By::Seq).map(Box::new).map(Command::Replace)),
    ("COPY", |c| copy::parse(c, By::Seq).map(Command::Copy)),
    ("MOVE", |c| copy::parse(c, By::Seq).map(Command::Move)),
    ("EXPUNGE", |_| Ok(Command::Expunge)),
    ("CHECK", |_| Ok(Command::Check)),
    ("CLOSE", |_| Ok(Command::Close)),
    ("UNSELECT", |_| Ok(Command::Unselect)),
    ("LIST", |c| list::parse(c, ListForm::List).map(Command::List)),
    ("LSUB", |c| list::parse(c, ListForm::Lsub).map(Command::List)),
    ("XLIST", |c| list::parse(c, ListForm::Xlist).map(Command::List)),
    ("NAMESPACE", |_| Ok(Command::Namespace)),
    ("NOTIFY", |c| notify::parse(c).map(Command::Notify)),
    ("CREATE", |c| create::parse(c).map(Command::Create)),
    ("DELETE", |c| one_mailbox(c).map(Command::Delete)),
    ("RENAME", |c| rename::parse(c).map(Command::Rename)),
    ("SUBSCRIBE", |c| one_mailbox(c).map(Command::Subscribe)),
    ("UNSUBSCRIBE", |c| one_mailbox(c).map(Command::Unsubscribe)),
    ("SETACL", |c| acl::parse_set(c).map(Command::SetAcl)),
    ("DELETEACL", |c| acl::parse_of(c).map(Command::DeleteAcl)),
    ("GETACL", |c| one_mailbox(c).map(Command::GetAcl)),
    ("LISTRIGHTS", |c| acl::parse_of(c).map(Command::ListRights)),
    ("MYRIGHTS", |c| one_mailbox(c).map(Command::MyRights)),
    ("GETMETADATA", |c| metadata::parse_get(c).map(Command::GetMetadata)),
    ("SETMETADATA", |c| metadata::parse_set(c).map(Command::SetMetadata)),
    ("GETQUOTA", |c| quota::parse_get(c).map(Command::GetQuota)),
    ("GETQUOTAROOT", |c| one_mailbox(c).map(Command::GetQuotaRoot)),
    ("SETQUOTA", |c| quota::parse_set(c).map(Command::SetQuota)),
    ("CAPABILITY", |_| Ok(Command::Capability)),
    ("LOGOUT", |_| Ok(Command::Logout)),
    ("ID", |c| id::parse(c).map(Command::Id)),
    ("STARTTLS", |_| Ok(Command::StartTls)),
    ("LOGIN", |c| login::parse(c).map(Command::Login)),
    ("AUTHENTICATE", |c| authenticate::parse(c).map(Command::Authenticate)),
    ("ENABLE", |c| enable::parse(c).map(Command::Enable)),
    ("UIDBATCHES", |c| uid_batches::parse(c).map(Command::UidBatches)),
    ("COMPRESS", |c| deflate(c).map(|()| Command::Compress)),
    ("LANGUAGE", |c| language::parse(c).map(Command::Language)),
    ("UNAUTHENTICATE", |_| Ok(Command::Unauthenticate)),
];

/// The commands that `UID` can stand in front of.
const UID_COMMANDS: &[(&str, Parse)] = &[
    ("FETCH", |c| fetch::parse(c, By::Uid).map(Command::Fetch)),
    ("STORE", |c| store::parse(c, By::Uid).map(Command::Store)),
    ("SEARCH", |c| search::parse(c, By::Uid).map(Command::Search)),
    ("ESEARCH", |c| esearch::parse(c).map(Command::Esearch)),
    ("SORT", |c| sort::parse(c, By::Uid).map(Command::Sort)),
    ("THREAD", |c| thread::parse(c, By::Uid).map(Command::Thread)),
    ("REPLACE", |c| replace::parse(c, By::Uid).map(Box::new).map(Command::Replace)),
    ("COPY", |c| copy::parse(c, By::Uid).map(Command::Copy)),
    ("MOVE", |c| copy::parse(c, By::Uid).map(Command::Move)),
    ("EXPUNGE", |c| expunge::parse(c).map(Command::UidExpunge)),
];

/// The names of all commands.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    let plain = COMMANDS.iter().filter(|command| command.0 != "UID");
    let uid = UID_COMMANDS.iter().map(|command| format!("UID {}", command.0));
    plain.map(|command| command.0.to_owned()).chain(uid)
}

/// Understands a command.
///
/// # Errors
/// What is wrong with it and where, and its tag if that much was understood.
pub fn parse(text: &CommandText) -> Result<Tagged, Rejected> {
    let mut cursor = Cursor::of(text);
    let tag = tag(&mut cursor).map_err(|error| Rejected { tag: None, error })?;
    match after_tag(&mut cursor) {
        Ok(command) => Ok(Tagged { tag, command }),
        Err(error) => Err(Rejected { tag: Some(tag), error }),
    }
}

/// How long a command may be before the login, in bytes, so that anything is made of it: by its
/// name. What leads to the login, or says who the client is, may be long; tokens come with
/// AUTHENTICATE.
pub fn longest_before_login(text: &CommandText) -> usize {
    let mut cursor = Cursor::of(text);
    let names = [("LOGIN", 4 << 10), ("ID", 4 << 10), ("AUTHENTICATE", usize::MAX)];
    let tagged = tag(&mut cursor).and_then(|_| cursor.space());
    tagged.and_then(|()| cursor.one_of(&names, "a command")).unwrap_or(256)
}

fn tag(cursor: &mut Cursor<'_>) -> Parsed<Tag> {
    let at = cursor.at();
    let tag = cursor.run(|byte| byte != b' ' && byte != b'\r' && byte != b'\n');
    Tag::new(tag).map_or_else(|| Cursor::expected_at(at, "a tag"), Ok)
}

fn after_tag(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let command = named(cursor, COMMANDS)?;
    cursor.end()?;
    Ok(command)
}

fn uid(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    named(cursor, UID_COMMANDS)
}

fn named(cursor: &mut Cursor<'_>, commands: &[(&str, Parse)]) -> Parsed<Command> {
    let at = cursor.at();
    match cursor.one_of(commands, "a command") {
        Ok(parse) => parse(cursor),
        Err(_) if cursor.word().is_empty() => Cursor::expected_at(at, "a command"),
        Err(_) => Err(CommandError::Unknown { at }),
    }
}

/// The one algorithm of COMPRESS.
fn deflate(cursor: &mut Cursor<'_>) -> Parsed<()> {
    cursor.space()?;
    cursor.one_of(&[("DEFLATE", ())], "DEFLATE")
}

/// A mailbox name, and nothing else.
fn one_mailbox(cursor: &mut Cursor<'_>) -> Parsed<MailboxName> {
    cursor.space()?;
    cursor.mailbox()
}

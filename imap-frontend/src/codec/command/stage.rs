//! When a command is valid, and what it is called.

use super::{By, Command, ListForm, Select};
use crate::codec::command::Access;

/// How far a session must have come for a command (RFC 9051 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is valid always.
    Any,
    /// It is valid only before login.
    NotAuthenticated,
    /// It is valid after login, with a mailbox selected or not.
    Authenticated,
    /// It is valid while a mailbox is selected.
    Selected,
}

impl Command {
    /// How far the session must have come.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Capability | Self::Noop | Self::Logout | Self::Id(_) | Self::Language(_) => {
                Stage::Any
            }
            Self::StartTls | Self::Login(_) | Self::Authenticate(_) => Stage::NotAuthenticated,
            Self::Enable(_)
            | Self::Select(_)
            | Self::Create(_)
            | Self::Delete(_)
            | Self::Rename(_)
            | Self::Subscribe(_)
            | Self::Unsubscribe(_)
            | Self::List(_)
            | Self::Namespace
            | Self::Notify(_)
            | Self::Status(_)
            | Self::SetAcl(_)
            | Self::DeleteAcl(_)
            | Self::GetAcl(_)
            | Self::ListRights(_)
            | Self::MyRights(_)
            | Self::GetMetadata(_)
            | Self::SetMetadata(_)
            | Self::GetQuota(_)
            | Self::GetQuotaRoot(_)
            | Self::SetQuota(_)
            | Self::Append(_)
            | Self::Esearch(_)
            | Self::Compress
            | Self::Unauthenticate
            | Self::Idle => Stage::Authenticated,
            Self::Check
            | Self::Close
            | Self::Unselect
            | Self::Expunge
            | Self::UidExpunge(_)
            | Self::UidBatches(_)
            | Self::Search(_)
            | Self::Sort(_)
            | Self::Thread(_)
            | Self::CancelUpdate(_)
            | Self::Fetch(_)
            | Self::Store(_)
            | Self::Copy(_)
            | Self::Replace(_)
            | Self::Move(_) => Stage::Selected,
        }
    }

    /// Its name, in upper case, for logs and answers: `UID FETCH`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Capability => "CAPABILITY",
            Self::Noop => "NOOP",
            Self::Logout => "LOGOUT",
            Self::Id(_) => "ID",
            Self::Language(_) => "LANGUAGE",
            Self::Compress => "COMPRESS",
            Self::Unauthenticate => "UNAUTHENTICATE",
            Self::StartTls => "STARTTLS",
            Self::Login(_) => "LOGIN",
            Self::Authenticate(_) => "AUTHENTICATE",
            Self::Enable(_) => "ENABLE",
            Self::Select(Select { access: Access::ReadWrite, .. }) => "SELECT",
            Self::Select(_) => "EXAMINE",
            Self::Create(_) => "CREATE",
            Self::Delete(_) => "DELETE",
            Self::Rename(_) => "RENAME",
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::List(list) => ListForm::name(list.form),
            Self::Namespace => "NAMESPACE",
            Self::Notify(_) => "NOTIFY",
            Self::Status(_) => "STATUS",
            Self::SetAcl(_) => "SETACL",
            Self::DeleteAcl(_) => "DELETEACL",
            Self::GetAcl(_) => "GETACL",
            Self::ListRights(_) => "LISTRIGHTS",
            Self::MyRights(_) => "MYRIGHTS",
            Self::GetMetadata(_) => "GETMETADATA",
            Self::SetMetadata(_) => "SETMETADATA",
            Self::GetQuota(_) => "GETQUOTA",
            Self::GetQuotaRoot(_) => "GETQUOTAROOT",
            Self::SetQuota(_) => "SETQUOTA",
            Self::Append(_) => "APPEND",
            Self::Idle => "IDLE",
            Self::Check => "CHECK",
            Self::Close => "CLOSE",
            Self::Unselect => "UNSELECT",
            Self::Expunge => "EXPUNGE",
            Self::UidExpunge(_) => "UID EXPUNGE",
            Self::UidBatches(_) => "UIDBATCHES",
            Self::Search(search) => by(search.by, "SEARCH", "UID SEARCH"),
            Self::Esearch(_) => "ESEARCH",
            Self::Sort(sort) => by(sort.by, "SORT", "UID SORT"),
            Self::Thread(thread) => by(thread.by, "THREAD", "UID THREAD"),
            Self::CancelUpdate(_) => "CANCELUPDATE",
            Self::Fetch(fetch) => by(fetch.by, "FETCH", "UID FETCH"),
            Self::Store(store) => by(store.by, "STORE", "UID STORE"),
            Self::Replace(replace) => by(replace.by, "REPLACE", "UID REPLACE"),
            Self::Copy(copy) => by(copy.by, "COPY", "UID COPY"),
            Self::Move(copy) => by(copy.by, "MOVE", "UID MOVE"),
        }
    }
}

fn by(by: By, seq: &'static str, uid: &'static str) -> &'static str {
    match by {
        By::Seq => seq,
        By::Uid => uid,
    }
}

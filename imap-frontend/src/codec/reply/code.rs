//! Response codes (RFC 9051 7.1, RFC 5530, RFC 4315, RFC 7162).

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use mailstore::flags::Flags;
use mailstore::id::MailboxKey;
use mailstore::search::Charset;
use mailstore::uid::{ModSeq, Uid, UidSet};

use crate::codec::command::NotifyEvent;

use super::{Recent, fetch, number, string};
use crate::codec::mailbox_id;

/// What a client can read from a status response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code<'a> {
    /// ALERT: the text must be shown to the user.
    Alert,
    /// ALREADYEXISTS.
    AlreadyExists,
    /// APPENDUID: where APPEND put the messages.
    AppendUid {
        /// UIDVALIDITY of the mailbox.
        validity: u32,
        /// The new UIDs, in the order of the messages.
        uids: &'a UidSet,
    },
    /// AUTHENTICATIONFAILED.
    AuthenticationFailed,
    /// AUTHORIZATIONFAILED.
    AuthorizationFailed,
    /// BADCHARSET, with the charsets there are.
    BadCharset,
    /// BADEVENT, with the events that NOTIFY knows (RFC 5465 3.1).
    BadEvent,
    /// BADURL, with the URL that leads to nothing (RFC 4469 4.1).
    BadUrl(&'a [u8]),
    /// CANNOT: not possible here, and never will be.
    Cannot,
    /// CAPABILITY, with the capabilities.
    Capability(&'a [Cow<'a, str>]),
    /// CLIENTBUG.
    ClientBug,
    /// CLOSED: what follows is about another mailbox.
    Closed,
    /// COMPRESSIONACTIVE: what is sent is compressed already (RFC 4978 3).
    CompressionActive,
    /// CONTACTADMIN.
    ContactAdmin,
    /// COPYUID: where COPY or MOVE put the messages.
    CopyUid {
        /// UIDVALIDITY of the target.
        validity: u32,
        /// The old UIDs.
        from: &'a UidSet,
        /// The new ones, in the same order.
        to: &'a UidSet,
    },
    /// CORRUPTION.
    Corruption,
    /// EXPIRED.
    Expired,
    /// EXPUNGEISSUED: others have expunged some of them.
    ExpungeIssued,
    /// HASCHILDREN: DELETE of a mailbox with children.
    HasChildren,
    /// HIGHESTMODSEQ.
    HighestModSeq(ModSeq),
    /// INPROGRESS: the command of this tag is still at work (RFC 9585).
    InProgress(&'a str),
    /// INUSE.
    InUse,
    /// LIMIT.
    Limit,
    /// MAILBOXID (RFC 8474 4.1).
    MailboxId(MailboxKey),
    /// MESSAGELIMIT: no command works on more messages than so many (RFC 9738 3.1).
    MessageLimit {
        /// How many.
        limit: u32,
        /// The lowest UID that it has worked on, if it has worked on some.
        lowest: Option<Uid>,
    },
    /// METADATA LONGENTRIES: a value of so many bytes was longer than MAXSIZE (RFC 5464 4.2.1).
    MetadataLongEntries(u64),
    /// METADATA MAXSIZE: no value may be longer than so many bytes (RFC 5464 4.3).
    MetadataMaxSize(u64),
    /// METADATA TOOMANY: there are too many entries (RFC 5464 4.3).
    MetadataTooMany,
    /// MODIFIED: these have failed UNCHANGEDSINCE; sequence numbers or UIDs, as in the command.
    Modified(&'a UidSet),
    /// NOMODSEQ.
    NoModSeq,
    /// NONEXISTENT.
    NonExistent,
    /// NOTIFICATIONOVERFLOW: nothing more is told (RFC 5465 5.8).
    NotificationOverflow,
    /// NOPERM.
    NoPerm,
    /// NOUPDATE: the search of that tag is not kept current (RFC 5267).
    NoUpdate(&'a str),
    /// OVERQUOTA.
    OverQuota,
    /// PARSE: a message could not be understood.
    Parse,
    /// PERMANENTFLAGS: which flags can be stored.
    PermanentFlags(&'a Flags, NewKeywords),
    /// PRIVACYREQUIRED.
    PrivacyRequired,
    /// READ-ONLY.
    ReadOnly,
    /// READ-WRITE.
    ReadWrite,
    /// SERVERBUG.
    ServerBug,
    /// TOOBIG.
    TooBig,
    /// TOOFEW: UIDBATCHES of batches that are too small (RFC 10022).
    TooFew,
    /// TOOMANY: UIDBATCHES of more batches than one answer holds (RFC 10022).
    TooMany,
    /// TRYCREATE.
    TryCreate,
    /// UIDNEXT.
    UidNext(Uid),
    /// UIDNOTSTICKY.
    UidNotSticky,
    /// UIDREQUIRED: under UIDONLY there are no sequence numbers (RFC 9586 3.2).
    UidRequired,
    /// UIDVALIDITY.
    UidValidity(u32),
    /// UNAVAILABLE.
    Unavailable,
    /// UNDEFINED-FILTER: there is no filter of this name (RFC 5466 3.1).
    UndefinedFilter(&'a str),
    /// UNKNOWN-CTE (RFC 3516).
    UnknownCte,
    /// USEATTR: no mailbox of that special use can be made (RFC 6154 3).
    UseAttr,
    /// UNSEEN: the sequence number of the first message without `\Seen`.
    Unseen(u32),
}

/// May clients make new keywords in a mailbox?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKeywords {
    /// They may: `\*`.
    Allowed,
    /// They may not.
    Refused,
}

impl Code<'_> {
    pub(super) fn write(&self, out: &mut BytesMut) {
        out.put_slice(self.name().as_bytes());
        match *self {
            Self::AppendUid { validity, uids } => {
                number(out, validity);
                set(out, uids);
            }
            Self::CopyUid { validity, from, to } => {
                number(out, validity);
                set(out, from);
                set(out, to);
            }
            Self::BadCharset => {
                out.put_slice(b" (");
                out.put_slice(Charset::NAMES.as_bytes());
                out.put_u8(b')');
            }
            Self::BadEvent => {
                let names: Vec<&str> = NotifyEvent::KNOWN.iter().map(|(name, _)| *name).collect();
                out.put_slice(format!(" ({})", names.join(" ")).as_bytes());
            }
            Self::BadUrl(url) => {
                out.put_u8(b' ');
                string::url(out, url);
            }
            Self::Capability(names) => names.iter().for_each(|name| {
                out.put_u8(b' ');
                string::text(out, name);
            }),
            Self::InProgress(tag) => {
                out.put_slice(b" (");
                string::string(out, tag.as_bytes());
                out.put_slice(b" NIL NIL)");
            }
            Self::HighestModSeq(ModSeq(modseq)) => number(out, modseq),
            Self::MailboxId(key) => out.put_slice(format!(" ({})", mailbox_id(key)).as_bytes()),
            Self::MessageLimit { limit, lowest } => {
                number(out, limit);
                lowest.iter().for_each(|lowest| number(out, lowest.get()));
            }
            Self::MetadataLongEntries(bytes) | Self::MetadataMaxSize(bytes) => number(out, bytes),
            Self::Modified(uids) => set(out, uids),
            Self::NoUpdate(tag) => {
                out.put_u8(b' ');
                string::string(out, tag.as_bytes());
            }
            Self::UndefinedFilter(name) => {
                out.put_u8(b' ');
                string::text(out, name);
            }
            Self::UidNext(uid) => number(out, uid.get()),
            Self::UidValidity(n) | Self::Unseen(n) => number(out, n),
            Self::PermanentFlags(flags, new) => permanent_flags(out, flags, new),
            _ => {}
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Alert => "ALERT",
            Self::AlreadyExists => "ALREADYEXISTS",
            Self::AppendUid { .. } => "APPENDUID",
            Self::AuthenticationFailed => "AUTHENTICATIONFAILED",
            Self::AuthorizationFailed => "AUTHORIZATIONFAILED",
            Self::BadCharset => "BADCHARSET",
            Self::BadEvent => "BADEVENT",
            Self::BadUrl(_) => "BADURL",
            Self::Cannot => "CANNOT",
            Self::Capability(_) => "CAPABILITY",
            Self::ClientBug => "CLIENTBUG",
            Self::Closed => "CLOSED",
            Self::CompressionActive => "COMPRESSIONACTIVE",
            Self::ContactAdmin => "CONTACTADMIN",
            Self::CopyUid { .. } => "COPYUID",
            Self::Corruption => "CORRUPTION",
            Self::Expired => "EXPIRED",
            Self::ExpungeIssued => "EXPUNGEISSUED",
            Self::HasChildren => "HASCHILDREN",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::InProgress(_) => "INPROGRESS",
            Self::InUse => "INUSE",
            Self::Limit => "LIMIT",
            Self::MailboxId(_) => "MAILBOXID",
            Self::MessageLimit { .. } => "MESSAGELIMIT",
            Self::MetadataLongEntries(_) => "METADATA LONGENTRIES",
            Self::MetadataMaxSize(_) => "METADATA MAXSIZE",
            Self::MetadataTooMany => "METADATA TOOMANY",
            Self::Modified(_) => "MODIFIED",
            Self::NoModSeq => "NOMODSEQ",
            Self::NonExistent => "NONEXISTENT",
            Self::NoPerm => "NOPERM",
            Self::NoUpdate(_) => "NOUPDATE",
            Self::NotificationOverflow => "NOTIFICATIONOVERFLOW",
            Self::OverQuota => "OVERQUOTA",
            Self::Parse => "PARSE",
            Self::PermanentFlags(..) => "PERMANENTFLAGS",
            Self::PrivacyRequired => "PRIVACYREQUIRED",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::ServerBug => "SERVERBUG",
            Self::TooBig => "TOOBIG",
            Self::TooFew => "TOOFEW",
            Self::TooMany => "TOOMANY",
            Self::TryCreate => "TRYCREATE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidNotSticky => "UIDNOTSTICKY",
            Self::UidRequired => "UIDREQUIRED",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::Unavailable => "UNAVAILABLE",
            Self::UndefinedFilter(_) => "UNDEFINED-FILTER",
            Self::UnknownCte => "UNKNOWN-CTE",
            Self::Unseen(_) => "UNSEEN",
            Self::UseAttr => "USEATTR",
        }
    }
}

fn number(out: &mut BytesMut, number: impl Into<u64>) {
    out.put_u8(b' ');
    number::put(out, number);
}

fn set(out: &mut BytesMut, uids: &UidSet) {
    out.put_u8(b' ');
    super::data::set(out, uids);
}

fn permanent_flags(out: &mut BytesMut, flags: &Flags, new: NewKeywords) {
    out.put_slice(b" (");
    fetch::flag_names(out, flags, Recent::No);
    if new == NewKeywords::Allowed {
        out.put_slice(if flags.is_empty() { b"\\*" } else { b" \\*" });
    }
    out.put_u8(b')');
}

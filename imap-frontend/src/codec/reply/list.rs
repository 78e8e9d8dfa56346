//! LIST, LSUB and XLIST responses (RFC 9051 7.3.1).

use bytes::BufMut;
use mailstore::mailbox::SpecialUse;

use super::{Reply, data, string};
use crate::codec::command::ListForm;

/// What LIST says of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListAttribute {
    /// `\Noinferiors`: it can have no children.
    NoInferiors,
    /// `\Noselect`: it is only a level of the hierarchy.
    NoSelect,
    /// `\NonExistent`: there is no such mailbox (RFC 5258 3.4).
    NonExistent,
    /// `\NoAccess`: it may not be seen any more (RFC 5465 5.9).
    NoAccess,
    /// `\HasChildren` (RFC 3348).
    HasChildren,
    /// `\HasNoChildren` (RFC 3348).
    HasNoChildren,
    /// `\Subscribed` (RFC 5258 3.4).
    Subscribed,
    /// `\Remote` (RFC 5258 3.4).
    Remote,
    /// `\Marked`: it may have something new.
    Marked,
    /// `\Unmarked`: it has nothing new.
    Unmarked,
    /// What it is for (RFC 6154).
    Use(SpecialUse),
    /// `\Inbox`, in XLIST.
    Inbox,
}

impl ListAttribute {
    /// As it is written, with its backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoInferiors => "\\Noinferiors",
            Self::NoSelect => "\\Noselect",
            Self::NonExistent => "\\NonExistent",
            Self::NoAccess => "\\NoAccess",
            Self::HasChildren => "\\HasChildren",
            Self::HasNoChildren => "\\HasNoChildren",
            Self::Subscribed => "\\Subscribed",
            Self::Remote => "\\Remote",
            Self::Marked => "\\Marked",
            Self::Unmarked => "\\Unmarked",
            Self::Use(what) => what.name(),
            Self::Inbox => "\\Inbox",
        }
    }

    /// As that command has it: XLIST, which is older than RFC 6154, has names of its own.
    const fn name_in(self, form: ListForm) -> &'static str {
        match (form, self) {
            (ListForm::Xlist, Self::Use(SpecialUse::All)) => "\\AllMail",
            (ListForm::Xlist, Self::Use(SpecialUse::Flagged)) => "\\Starred",
            (ListForm::Xlist, Self::Use(SpecialUse::Junk)) => "\\Spam",
            _ => self.name(),
        }
    }
}

impl Reply {
    /// `* LIST (attributes) "delimiter" name`. An empty name answers the question for the
    /// delimiter.
    pub fn list(
        &mut self,
        form: ListForm,
        attributes: &[ListAttribute],
        delimiter: Option<char>,
        name: &str,
    ) {
        self.list_head(form, attributes, delimiter, name);
        self.crlf();
    }

    /// As [`Self::list`], of a mailbox with descendants that these criteria select (RFC 5258 3.5).
    pub fn list_above(
        &mut self,
        attributes: &[ListAttribute],
        delimiter: Option<char>,
        name: &str,
        criteria: &[&str],
    ) {
        self.list_head(ListForm::List, attributes, delimiter, name);
        self.out.put_slice(b" (\"CHILDINFO\" (");
        for (i, criterion) in criteria.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            string::string(&mut self.out, criterion.as_bytes());
        }
        self.out.put_slice(b"))");
        self.crlf();
    }

    /// As [`Self::list`], of a mailbox that had another name before (RFC 9051 6.3.9.7).
    pub fn list_renamed(
        &mut self,
        attributes: &[ListAttribute],
        delimiter: char,
        names: [&str; 2],
    ) {
        let [old, new] = names;
        self.list_head(ListForm::List, attributes, Some(delimiter), new);
        self.out.put_slice(b" (\"OLDNAME\" (");
        string::mailbox(&mut self.out, old, self.names);
        self.out.put_slice(b"))\r\n");
    }

    fn list_head(
        &mut self,
        form: ListForm,
        attributes: &[ListAttribute],
        delimiter: Option<char>,
        name: &str,
    ) {
        self.out.put_slice(b"* ");
        self.out.put_slice(form.name().as_bytes());
        self.out.put_slice(b" (");
        for (i, attribute) in attributes.iter().enumerate() {
            if i > 0 {
                self.out.put_u8(b' ');
            }
            self.out.put_slice(attribute.name_in(form).as_bytes());
        }
        self.out.put_slice(b") ");
        data::delimiter_of(&mut self.out, delimiter);
        self.out.put_u8(b' ');
        string::mailbox(&mut self.out, name, self.names);
    }
}

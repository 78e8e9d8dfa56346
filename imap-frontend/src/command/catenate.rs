//! CATENATE (RFC 4469): a message is put together from what comes and from parts of others.
//!
//! How long a part is is known before it is read: a message that becomes too large is refused, and
//! memory is taken before it is held. Nothing becomes `\Seen`.

use bytes::{Bytes, BytesMut};
use mailstore::change::Refusal;
use mailstore::id::MailboxKey;
use mailstore::message::{Fetched, Want};
use mailstore::mime::{Piece, Plan};
use mailstore::uid::UidSet;
use mailstore::{Access, Admission};
use tokio::time::{Instant, timeout_at};

use super::fetch::content;
use crate::codec::command::{CatenatePart, MessageData, MessageUrl};
use crate::codec::reply::Code;
use crate::outcome::Failed;
use crate::state::{Authenticated, Selected, State};

/// Where the parts of messages come from.
pub(super) struct Sources<'a> {
    user: &'a Authenticated,
    selected: Option<&'a mailstore::Selected>,
    /// The other mailbox that was needed last.
    opened: Option<mailstore::Selected>,
    /// Memory taken for what is put together.
    admissions: Vec<Admission>,
}

impl<'a> Sources<'a> {
    /// What a session may read, if somebody has logged in.
    pub(super) fn of(state: &'a State) -> Option<Self> {
        match state {
            State::NotAuthenticated { .. } => None,
            State::Authenticated(user) => Some(Self::new(user, None)),
            State::Selected(selected) => Some(Self::in_selected(selected)),
        }
    }

    pub(super) fn in_selected(selected: &'a Selected) -> Self {
        Self::new(&selected.user, Some(&selected.mailbox))
    }

    fn new(user: &'a Authenticated, selected: Option<&'a mailstore::Selected>) -> Self {
        Self { user, selected, opened: None, admissions: Vec::new() }
    }

    pub(super) fn user(&self) -> &'a Authenticated {
        self.user
    }

    /// The bytes of a message. If it is put together, they count as memory taken as long as this
    /// is there.
    pub(super) async fn bytes(&mut self, data: MessageData) -> Result<Bytes, Failed> {
        let parts = match data {
            MessageData::Literal(bytes) | MessageData::Binary(bytes) => return Ok(bytes),
            MessageData::Catenate(parts) => parts,
        };
        let whole = self.whole(parts).await?;
        let len = whole.len();
        let mut bytes = BytesMut::with_capacity(usize::try_from(len).unwrap_or(0));
        let mut reader = self.user.store().read(whole);
        while let Some(more) = reader.next().await? {
            bytes.extend_from_slice(&more);
        }
        match bytes.len() as u64 == len {
            true => Ok(bytes.freeze()),
            false => Err(Failed::no(Code::ServerBug, "A part is not as long as it should be")),
        }
    }

    /// The message as pieces, not larger than a message may be, with memory for those that did not
    /// come with the command.
    async fn whole(&mut self, parts: Vec<CatenatePart>) -> Result<Plan, Failed> {
        let limit = self.user.store().settings().max_message;
        let until = Instant::now() + self.user.server.settings().memory_wait;
        let mut whole = Plan::default();
        for part in parts {
            let (plan, fresh) = match part {
                CatenatePart::Text(bytes) => (Plan::from(bytes), 0),
                CatenatePart::Url(url) => {
                    let plan = self.part(url).await?;
                    let len = plan.len();
                    (plan, len)
                }
            };
            if plan.len() > limit.saturating_sub(whole.len()) {
                return Err(Refusal::TooLarge { limit }.into());
            }
            self.admit(fresh, until).await?;
            for piece in plan.into_pieces() {
                whole.push(if fresh > 0 { apart(piece) } else { piece });
            }
        }
        Ok(whole)
    }

    /// Takes memory, waiting for it as a message that comes does.
    async fn admit(&mut self, bytes: u64, until: Instant) -> Result<(), Failed> {
        if bytes == 0 {
            return Ok(());
        }
        let wanted = self.user.store().admit_for(self.user.by.user, bytes);
        let Ok(admission) = timeout_at(until, wanted).await else {
            let text = "Too many messages are under way; try again later";
            return Err(Failed::no(Code::Limit, text));
        };
        self.admissions.push(admission);
        Ok(())
    }

    /// What a URL leads to.
    async fn part(&mut self, url: Vec<u8>) -> Result<Plan, Failed> {
        let found = match MessageUrl::parse(&url) {
            Some(url) => self.find(&url).await?,
            None => None,
        };
        found.ok_or(Failed::BadUrl(url))
    }

    async fn find(&mut self, url: &MessageUrl) -> Result<Option<Plan>, Failed> {
        if url.user.as_deref().is_some_and(|user| user != &*self.user.name) {
            return Ok(None);
        }
        let Some(mailbox) = self.mailbox(url).await? else { return Ok(None) };
        if url.uid_validity.is_some_and(|validity| validity != mailbox.uid_validity()) {
            return Ok(None);
        }
        let Some(message) = message(mailbox, url).await? else { return Ok(None) };
        let Some(tree) = &message.tree else { return Ok(None) };
        content::plan(self.user.store(), tree, (&url.section, url.partial)).await
    }

    /// The mailbox: as the session sees it, if it is selected and the message is there; otherwise
    /// as it is now.
    async fn mailbox(&mut self, url: &MessageUrl) -> Result<Option<&mailstore::Selected>, Failed> {
        let Some(name) = &url.mailbox else { return Ok(self.selected) };
        let (by, mailbox) = match self.user.readable(name).await {
            Ok((by, mailbox, _)) => (by, mailbox),
            Err(Failed::No(Some(Code::NonExistent | Code::NoPerm), _)) => return Ok(None),
            Err(failed) => return Err(failed),
        };
        let at = MailboxKey { account: by.account, mailbox };
        let knows = |selected: &&mailstore::Selected| {
            selected.mailbox() == at && selected.uids().seq(url.uid).is_some()
        };
        if let Some(selected) = self.selected.filter(knows) {
            return Ok(Some(selected));
        }
        if self.opened.as_ref().is_none_or(|opened| opened.mailbox() != at) {
            self.opened = self.user.store().select(by, mailbox, Access::ReadOnly).await?;
        }
        Ok(self.opened.as_ref())
    }
}

/// A piece that does not keep alive the message that it was cut from.
fn apart(piece: Piece) -> Piece {
    match piece {
        Piece::Bytes(bytes) => Piece::Bytes(Bytes::copy_from_slice(&bytes)),
        blob => blob,
    }
}

/// The message, if the mailbox has it.
async fn message(
    mailbox: &mailstore::Selected,
    url: &MessageUrl,
) -> Result<Option<Fetched>, Failed> {
    if mailbox.uids().seq(url.uid).is_none() {
        return Ok(None);
    }
    let page = mailbox.fetch(&UidSet::single(url.uid), Want::Tree).await?;
    Ok(page.messages.into_iter().next())
}

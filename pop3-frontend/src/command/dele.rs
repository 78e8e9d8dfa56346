//! DELE and RSET (RFC 1939 5).

use mailstore::change::MAX_COPY;
use mailstore::uid::Seq;

use crate::codec::reply::Code;
use crate::refusal::Failed;
use crate::session::Session;

impl Session {
    /// Marks a message, which is deleted at QUIT. More than one commit can delete are not taken.
    pub(super) async fn dele(&mut self, number: Seq) -> Result<(), Failed> {
        let most = self.pop3.settings.deletions.min(MAX_COPY);
        let maildrop = &mut self.user()?.maildrop;
        let uid = maildrop.uid(number)?;
        if maildrop.deleted().len() >= most {
            return Err(Failed::no(Code::SysTemp, "too many deletions: QUIT, and go on then"));
        }
        let bytes = maildrop.row(uid).await?.size;
        maildrop.delete(uid, bytes);
        self.reply.ok(format_args!("message {} deleted", number.get()));
        Ok(())
    }

    /// Takes back all marks.
    pub(super) fn rset(&mut self) -> Result<(), Failed> {
        let maildrop = &mut self.user()?.maildrop;
        maildrop.reset();
        let (messages, bytes) = maildrop.count();
        self.reply.ok(format_args!("maildrop has {messages} messages ({bytes} octets)"));
        Ok(())
    }
}

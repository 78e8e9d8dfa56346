//! DATA (RFC 2033 4.2, RFC 5321 4.1.1.4).

use wire::Ended;

use crate::codec::data::DataDecoder;
use crate::codec::parameter::Body;
use crate::codec::reply::Reply;
use crate::intake::Intake;
use crate::refusal::No;
use crate::session::{Next, Session};

impl Session {
    /// Reads a message and delivers it, which ends the transaction. A DATA that is refused at once
    /// leaves the transaction as it was.
    pub(super) async fn data(&mut self) -> Result<Next, Ended> {
        if let Some(refusal) = self.no_data() {
            self.say(&refusal);
            return Ok(Next::Command);
        }
        let declared = self.transaction.as_ref().and_then(|it| it.mail.parameters.size);
        let mut intake = Intake::open(&self.lmtp, declared.unwrap_or(0)).await;
        if let Some(unkept) = intake.unkept() {
            self.say(&No::from(unkept).reply());
            return Ok(Next::Command);
        }
        self.say(&Reply::plain(354, "send the message, then <CRLF>.<CRLF>"));
        self.flush().await?;
        self.receive(&mut DataDecoder::new(), &mut intake).await?;
        self.deliver(intake).await?;
        Ok(Next::Command)
    }

    /// Why DATA cannot come now.
    fn no_data(&mut self) -> Option<Reply> {
        let why = match &self.transaction {
            None => "MAIL comes first",
            Some(it) if it.recipients.is_empty() => "no valid recipients",
            Some(it) if it.chunks.is_some() => "the message has begun with BDAT",
            Some(it) if it.mail.parameters.body == Some(Body::BinaryMime) => {
                "BINARYMIME needs BDAT"
            }
            Some(_) => return None,
        };
        Some(self.out_of_order(why))
    }
}

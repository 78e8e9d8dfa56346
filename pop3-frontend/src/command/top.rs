//! TOP (RFC 1939 7).

use mailstore::Reader;
use mailstore::mime::{Piece, Plan};
use mailstore::uid::Seq;
use wire::Ended;

use crate::codec::stuffing::Stuffing;
use crate::codec::top::Top;
use crate::refusal::Failed;
use crate::session::Session;

/// Bytes read at once of a part that stands elsewhere: the amount that is checked at once.
const STEP: u64 = 256 * 1024;

impl Session {
    /// Sends the header of a message and some lines of its body. Reads no part that it does not
    /// send, and of the last one little more than it sends.
    pub(super) async fn top(&mut self, number: Seq, lines: u64) -> Result<(), Failed> {
        let maildrop = &self.user()?.maildrop;
        let tree = maildrop.message(maildrop.uid(number)?).await?;
        let mut steps = steps(&tree.plan()).into_iter();
        let mut top = Top::new(lines);
        let mut stuffing = Stuffing::new(self.pop3.settings.line_ends);
        let mut reader = steps.next().map(|plan| self.pop3.store.read(plan));
        let mut piece = next(&mut reader).await?;
        self.reply.ok("top of message follows");
        loop {
            let Some(bytes) = piece else {
                reader = steps.next().map(|plan| self.pop3.store.read(plan));
                if reader.is_none() {
                    break;
                }
                piece = next(&mut reader).await.map_err(|_| Ended::Closed)?;
                continue;
            };
            let wanted = top.take(&bytes);
            stuffing.put(bytes.get(..wanted).unwrap_or_default(), self.reply.buffer());
            if top.is_done() {
                break;
            }
            self.flush_full().await?;
            piece = next(&mut reader).await.map_err(|_| Ended::Closed)?;
        }
        stuffing.finish(self.reply.buffer());
        Ok(())
    }
}

async fn next(reader: &mut Option<Reader>) -> Result<Option<bytes::Bytes>, Failed> {
    match reader {
        Some(reader) => Ok(reader.next().await?),
        None => Ok(None),
    }
}

/// The plan in parts, each of which is read as a whole.
fn steps(plan: &Plan) -> Vec<Plan> {
    let (mut steps, mut at) = (Vec::new(), 0);
    for piece in plan.pieces() {
        let end = at + piece.len();
        let step = match piece {
            Piece::Bytes(_) => piece.len(),
            Piece::Blob { .. } => STEP,
        };
        while at < end {
            let to = end.min(at + step);
            steps.push(plan.slice(at..to));
            at = to;
        }
    }
    steps
}

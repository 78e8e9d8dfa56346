//! A client whose command takes long is told that it is still at work (RFC 9585), so that neither it
//! nor anything between gives up the connection.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;
use wire::Ended;

use crate::codec::reply::{Code, Condition};
use crate::talk::Talk;

/// Does the work; tells every so often that it is not done.
pub(crate) async fn telling<T>(
    talk: &mut Talk,
    every: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Ended> {
    let mut work = pin!(work);
    loop {
        if let Ok(done) = timeout(every, &mut work).await {
            return Ok(done);
        }
        let code = Some(Code::InProgress(talk.tag.as_str()));
        talk.reply.untagged(Condition::Ok, code, "Still at work");
        talk.flush().await?;
    }
}

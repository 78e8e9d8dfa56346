//! STARTTLS (RFC 3207).

use wire::Ended;

use crate::codec::reply::Reply;
use crate::session::{Next, Session};

impl Session {
    /// Goes on within TLS, and forgets all that was said before (RFC 3207 4.2). Bytes that came
    /// behind the command in the clear end the connection.
    pub(super) async fn start_tls(&mut self) -> Result<Next, Ended> {
        if !self.connection.offers_start_tls() {
            let reply = self.out_of_order("TLS cannot be started");
            self.say(&reply);
            return Ok(Next::Command);
        }
        self.say(&Reply::new(220, (0, 0), "go ahead"));
        self.flush().await?;
        self.connection.start_tls(&mut self.input).await?;
        self.client = None;
        self.told = None;
        self.transaction = None;
        Ok(Next::Command)
    }
}

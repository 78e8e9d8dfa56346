//! CAPA (RFC 2449 5).

use crate::session::{Session, State};

impl Session {
    /// Says what is offered now.
    pub(super) fn capa(&mut self) {
        self.reply.ok("Capability list follows");
        if let State::Authorization(_) = self.state {
            self.capa_of_login();
        }
        for capability in [
            "TOP",
            "UIDL",
            "PIPELINING",
            "RESP-CODES",
            "AUTH-RESP-CODE",
            "EXPIRE NEVER",
            "UTF8 USER",
            "LANG",
            "IMPLEMENTATION mailstore",
        ] {
            self.reply.line(capability);
        }
        let delay = self.pop3.settings.login_delay.as_secs();
        if delay > 0 {
            self.reply.line(format_args!("LOGIN-DELAY {delay}"));
        }
        self.reply.end();
    }

    /// What makes sense before a login only.
    fn capa_of_login(&mut self) {
        if self.connection.offers_start_tls() {
            self.reply.line("STLS");
        }
        if self.connection.may_log_in() {
            let names: Vec<_> = self.mechanisms().iter().map(|one| one.name()).collect();
            self.reply.line("USER");
            self.reply.line(format_args!("SASL {}", names.join(" ")));
        }
    }
}

//! PASS (RFC 1939 7), and what AUTH has in common with it.

use mailstore::Actor;
use mailstore::store::directory::{Attempt, Credentials, Identity, Secret, Service, Verdict};
use mailstore::time::Timestamp;

use crate::codec::reply::{Code, No};
use crate::lock::Lock;
use crate::maildrop::Maildrop;
use crate::policy::Policy;
use crate::refusal::{Failed, of_login};
use crate::session::{Session, State, User};

impl Session {
    /// Logs in under the name that USER has given.
    pub(super) async fn pass(&mut self, password: Secret) -> Result<(), Failed> {
        self.before_login()?;
        self.private()?;
        let State::Authorization(Some(name)) = &mut self.state else {
            return Err(Failed::bad("USER comes first"));
        };
        let credentials = Credentials::Plain { name: std::mem::take(name), password };
        self.state = State::Authorization(None);
        let peer = self.connection.peer_ip();
        let attempt = Attempt { service: Service::Pop3, peer, authzid: None, credentials };
        let verdict = self.pop3.directory.authenticate(&attempt).await?;
        self.admit(&attempt, verdict).await
    }

    /// Refuses to be told a password that others can read (RFC 8314 4.1).
    pub(super) fn private(&self) -> Result<(), Failed> {
        match self.connection.may_log_in() {
            true => Ok(()),
            false => Err(Failed::bad("start TLS first")),
        }
    }

    /// Does what the directory says.
    pub(super) async fn admit(
        &mut self,
        attempt: &Attempt,
        verdict: Verdict,
    ) -> Result<(), Failed> {
        match verdict {
            Verdict::Accepted(identity) => self.enter(identity).await,
            verdict => {
                tracing::info!(?verdict, peer = ?attempt.peer, "login failed");
                if !matches!(verdict, Verdict::Throttled { .. }) {
                    self.flush().await?;
                    self.connection.login_failed().await?;
                }
                Err(of_login(&verdict).into())
            }
        }
    }

    /// Somebody may come in: locks the maildrop and opens it.
    async fn enter(&mut self, identity: Identity) -> Result<(), Failed> {
        let Identity { account, name } = identity;
        let store = &self.pop3.store;
        let Some(lock) = Lock::take(store.ledger(), account, self.pop3.settings.lease).await?
        else {
            return Err(Failed::no(Code::InUse, "another session has the maildrop"));
        };
        let by = Actor::new(account, Self::id());
        let (maildrop, policy) = match self.open(by).await {
            Ok(opened) => opened,
            Err(failed) => {
                lock.release().await;
                return Err(failed);
            }
        };
        tracing::info!(user = %name, peer = ?self.connection.peer(), "logged in");
        let (messages, bytes) = maildrop.count();
        self.reply.ok(format_args!("maildrop has {messages} messages ({bytes} octets)"));
        self.state = State::Transaction(Box::new(User { by, lock, maildrop, policy }));
        Ok(())
    }

    async fn open(&self, by: Actor) -> Result<(Maildrop, Policy), Failed> {
        self.wait(by).await?;
        let store = &self.pop3.store;
        let maildrop = Maildrop::open(store, by).await?;
        Ok((maildrop, Policy::of(by.account, store, &self.pop3.settings).await?))
    }

    /// Refuses who was here a moment ago, if that is configured (RFC 2449 6.5).
    async fn wait(&self, by: Actor) -> Result<(), Failed> {
        let delay = self.pop3.settings.login_delay;
        if delay.is_zero() {
            return Ok(());
        }
        let key = format!("pop3 login {}", by.account);
        let logins = self.pop3.store.shared().count(&key, delay, Timestamp::now()).await?;
        match logins {
            0 | 1 => Ok(()),
            _ => {
                let text = format!("{} s must pass between two logins", delay.as_secs());
                Err(No::new(Code::LoginDelay, text).into())
            }
        }
    }
}

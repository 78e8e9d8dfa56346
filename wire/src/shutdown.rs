//! Telling every connection that the server is going down.

use tokio::sync::watch;

/// Starts the shutdown. Dropping it does so too: who owns it owns the servers.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Learns of the shutdown. One is given to each [`serve`](crate::serve) and copied into each
/// connection.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Trigger {
    /// Listeners close, waiting connections end with
    /// [`Ended::ShuttingDown`](crate::Ended::ShuttingDown), and those still at work are cut after
    /// [`Timeouts::grace`](crate::Timeouts). Doing it twice changes nothing.
    pub fn shut_down(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// A trigger and what it triggers.
    pub fn channel() -> (Trigger, Self) {
        let (sender, receiver) = watch::channel(false);
        (Trigger(sender), Self(receiver))
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns once it has begun.
    pub async fn begun(&mut self) {
        // An error means that the trigger was dropped, which counts as pulled.
        let _ = self.0.wait_for(|begun| *begun).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pulled_or_dropped() {
        let (trigger, mut pulled) = Shutdown::channel();
        assert!(!pulled.has_begun());
        trigger.shut_down();
        pulled.begun().await;
        pulled.begun().await;
        assert!(pulled.has_begun());

        let (trigger, mut dropped) = Shutdown::channel();
        drop(trigger);
        dropped.begun().await;
        assert!(dropped.has_begun());
    }
}

//! Opens a store, appends a message, watches a mailbox change, reads the message back.

use bytes::Bytes;
use mailstore::backends::embedded::Embedded;
use mailstore::id::{AccountId, MailboxId};
use mailstore::message::Want;
use mailstore::{Access, Incoming, Mailstore, Notice, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).unwrap_or_else(|| "mail".to_owned());
    let store = Mailstore::new(Embedded::open(&directory)?.backend(), Settings::default());
    let alice = AccountId::new(1).ok_or("an account number is not negative")?;
    let inbox = store.select(alice.into(), MailboxId::INBOX, Access::ReadWrite).await?;
    let mut inbox = inbox.ok_or("every account has an INBOX")?;

    let message = store.prepare(Bytes::from_static(b"Subject: hello\r\n\r\nworld\r\n"))?;
    store.append(alice.into(), MailboxId::INBOX, vec![Incoming::new(message)]).await?;

    inbox.changed().await;
    for notice in inbox.sync().await? {
        let Notice::Exists { count, arrived } = notice else { continue };
        println!("{count} messages in {directory}; new: {arrived}");
        for message in inbox.fetch(&arrived, Want::Email).await?.messages {
            let tree = message.tree.ok_or("a fetched email has its tree")?;
            println!("{:?}", store.read(tree.plan()).to_bytes().await?);
        }
    }
    Ok(())
}

//! What a client is told comes out of the budget, and is not all in memory at once.

use std::time::Duration;

use harness::{JOE, account};
use mailstore::Incoming;
use mailstore::id::MailboxId;

use super::common::client::Client as Reader;
use super::common::{On, Options, Server};
use super::{ALONE, Client, KIB, growth};

/// Who asks for more than there is memory for is told so, and nobody waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn results_come_out_of_the_budget() {
    let _alone = ALONE.lock().await;
    let mut options = Options::default();
    options.store.memory = 400_000;
    options.imap.memory_wait = Duration::from_millis(20);
    let server = filled(options).await;
    let mut holder = Reader::select(server.address, "INBOX").await;
    holder.send(b"a APPEND INBOX {190000}\r\n").await;
    assert_eq!(holder.line().await, b"+ Go on");
    let mut client = Reader::select(server.address, "INBOX").await;
    let large = [
        "SEARCH SUBJECT x",
        "UID SORT (DATE) UTF-8 ALL",
        "THREAD REFS UTF-8 ALL",
        "FETCH 1:* (UID)",
        "FETCH 1:100 (ENVELOPE)",
        "FETCH 1 (BODY.PEEK[])",
        "LIST \"\" *",
        "LIST (SUBSCRIBED) \"\" *",
    ];
    for command in large {
        let end = client.end(command).await;
        assert!(end.starts_with("NO [LIMIT] "), "{command}: {end}");
        assert_eq!(client.ok("FETCH 17000 (UID)").await, ["* 17000 FETCH (UID 17000)"]);
    }
    let address = server.address;
    let refused = tokio::task::spawn_blocking(move || {
        growth(&mut Client::in_inbox(address), |client| {
            client.say(b"a LIST \"\" *\r\n");
            client.until(b"try again later\r\n");
        })
    });
    // It was not read to find out how large it is.
    let refused = refused.await.unwrap();
    assert!(refused < 32 * KIB, "{refused} bytes");
    holder.send(&[b'x'; 190_000]).await;
    holder.send(b"\r\n").await;
    while !holder.line().await.starts_with(b"a OK ") {}
    for command in large {
        client.ok(command).await;
    }
    server.stop().await;
}

/// Of the flags that others have changed a page is in memory, however many there are.
#[tokio::test]
async fn news_are_told_a_page_at_a_time() {
    let _alone = ALONE.lock().await;
    let server = filled(Options::default()).await;
    let address = server.address;
    let mut other = Reader::select(address, "INBOX").await;
    let silent = tokio::task::spawn_blocking(move || Client::in_inbox(address));
    let mut client = silent.await.unwrap();
    let mut most = usize::MAX;
    for flag in ["\\Seen", "\\Flagged", "\\Draft"] {
        other.ok(&format!("STORE 1:* +FLAGS.SILENT ({flag})")).await;
        let told = tokio::task::spawn_blocking(move || {
            let told = growth(&mut client, noop);
            (client, told)
        });
        let (again, told) = told.await.unwrap();
        (client, most) = (again, most.min(told));
    }
    eprintln!("{most} bytes");
    assert!(most < 1024 * KIB, "{most} bytes");
    server.stop().await;
}

/// What is gone is told one by one, and not made a list of, however much it is.
#[tokio::test]
async fn expunges_are_told_one_by_one() {
    let _alone = ALONE.lock().await;
    let server = filled(Options::default()).await;
    let address = server.address;
    let clients = move || [(); 3].map(|()| Client::in_inbox(address));
    let clients = tokio::task::spawn_blocking(clients).await.unwrap();
    let mut other = Reader::select(address, "INBOX").await;
    other.ok("STORE 2:* +FLAGS.SILENT (\\Deleted)").await;
    // A record of one each, and one of all the others.
    for uid in 10..100 {
        other.ok(&format!("UID EXPUNGE {uid}")).await;
    }
    other.ok("EXPUNGE").await;
    let most = tokio::task::spawn_blocking(move || {
        let told = clients.map(|mut client| growth(&mut client, noop));
        told.into_iter().min().unwrap()
    });
    let most = most.await.unwrap();
    eprintln!("{most} bytes");
    assert!(most < 512 * KIB, "{most} bytes");
    server.stop().await;
}

fn noop(client: &mut Client) {
    client.say(b"a NOOP\r\n");
    client.until(b"a OK Done\r\n");
}

/// A server with many small messages, and many mailboxes.
async fn filled(options: Options) -> Server {
    let server = Server::start(On::Memory, options).await;
    let message = server.store.prepare("Subject: x\r\n\r\n".into()).unwrap();
    let messages = vec![Incoming::new(message); 1_000];
    for _ in 0..17 {
        let append = server.store.append(account(JOE).into(), MailboxId::INBOX, messages.clone());
        append.await.unwrap();
    }
    for number in 0..300 {
        let name = format!("box{number}");
        server.store.create(account(JOE).into(), &name, None).await.unwrap();
    }
    server
}

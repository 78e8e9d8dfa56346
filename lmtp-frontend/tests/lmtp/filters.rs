//! Filters of users, at delivery.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use lmtp_frontend::What;
use mailstore::filter::Filter;
use mailstore::flags::{Flags, Keyword, SystemFlag};

use crate::common::people::{ALICE, BOB};
use crate::common::{On, Options, Posted, Server, account, filed, lhlo, start};

harness::everywhere! {
    messages_are_filed_and_flagged
    each_recipient_is_judged_alone
    what_is_discarded_is_gone_unless_it_could_not_be_forwarded
    senders_are_answered_once_and_machines_never
    filters_have_limits
}

async fn filters(server: &Server, filters: &[&str]) {
    let filters: Vec<Filter> = filters.iter().map(|text| text.parse().unwrap()).collect();
    server.store.set_filters(account(ALICE).into(), &filters).await.unwrap();
    assert_eq!(server.store.filters(account(ALICE)).await.unwrap(), filters);
}

/// Sends a message from this sender with this header.
async fn send(server: &Server, (sender, recipient): (&str, &str), header: &str) {
    let mut client = lhlo(server).await;
    client
        .play(&format!(
            "C: MAIL FROM:<{sender}>
             C: RCPT TO:<{recipient}>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: {header}
             C:
             C: text
             C: .
             S: 250 2.0.0 <{recipient}> * saved"
        ))
        .await;
}

async fn messages_are_filed_and_flagged(on: On) {
    let server = start(on, Options::default()).await;
    server.mail(ALICE).mailbox("Lists").await;
    filters(
        &server,
        &[
            "name lists\nif list-id rust\nthen file Lists\nthen keyword rust\nthen seen",
            "name spam\nif subject casino\nthen junk",
            "name label\nif label work\nthen flag",
            "name gone\nif from bob\nthen file Nowhere",
        ],
    )
    .await;
    send(&server, ("a@b", "alice"), "List-Id: <rust.example>").await;
    send(&server, ("a@b", "alice"), "Subject: CASINO!").await;
    send(&server, ("a@b", "alice+Work"), "Subject: x").await;
    send(&server, ("a@b", "alice"), "From: bob").await;
    send(&server, ("a@b", "bob"), "Subject: casino").await;
    let keyword = |name| [Keyword::new(name).unwrap()];
    let lists = filed(&server, ALICE, "Lists").await;
    assert_eq!(lists[0].0, Flags::new([SystemFlag::Seen], keyword("rust")));
    assert_eq!(lists[0].1, "List-Id: <rust.example>\r\n\r\ntext\r\n");
    let junk = filed(&server, ALICE, "Junk").await;
    assert_eq!((junk.len(), &junk[0].0), (1, &Flags::new([], keyword("$Junk"))));
    let inbox = filed(&server, ALICE, "INBOX").await;
    let flags: Vec<_> = inbox.iter().map(|(flags, _)| flags.clone()).collect();
    assert_eq!(flags, [Flags::new([SystemFlag::Flagged], []), Flags::NONE]);
    assert_eq!(filed(&server, BOB, "INBOX").await.len(), 1);
}

/// One message, two labels, two places: two copies, and a place twice is one.
async fn each_recipient_is_judged_alone(on: On) {
    let server = start(on, Options::default()).await;
    server.mail(ALICE).mailbox("Work").await;
    filters(&server, &["name w\nif label work\nthen file Work"]).await;
    let mut client = lhlo(&server).await;
    client
        .play(
            "C: MAIL FROM:<a@b>
             C: RCPT TO:<alice+work>
             C: RCPT TO:<alice>
             C: RCPT TO:<alice+WORK>
             C: DATA
             S: 250 2.1.0 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 250 2.1.5 OK
             S: 354 *
             C: text
             C: .
             S: 250 2.0.0 <alice+work> * saved
             S: 250 2.0.0 <alice> * saved
             S: 250 2.0.0 <alice+WORK> * saved",
        )
        .await;
    assert_eq!(filed(&server, ALICE, "Work").await.len(), 1);
    assert_eq!(filed(&server, ALICE, "INBOX").await.len(), 1);
}

async fn what_is_discarded_is_gone_unless_it_could_not_be_forwarded(on: On) {
    let outbox = Arc::new(Posted::default());
    let server = start(on, Options::sending(&outbox)).await;
    filters(
        &server,
        &[
            "name d\nif subject drop\nthen discard",
            "name f\nif subject send\nthen forward x@y.example\nthen discard",
        ],
    )
    .await;
    send(&server, ("a@b", "alice"), "Subject: drop").await;
    send(&server, ("a@b", "alice"), "Subject: send").await;
    server.mail(ALICE).mailbox("INBOX").await;
    assert!(filed(&server, ALICE, "INBOX").await.is_empty());
    let posted = outbox.take();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].what, What::Forward { to: "x@y.example".into() });
    assert_eq!(posted[0].account, Some(account(ALICE)));

    outbox.fails.store(true, Ordering::SeqCst);
    send(&server, ("a@b", "alice"), "Subject: send").await;
    assert_eq!(filed(&server, ALICE, "INBOX").await.len(), 1);
}

async fn senders_are_answered_once_and_machines_never(on: On) {
    let outbox = Arc::new(Posted::default());
    let server = start(on, Options::sending(&outbox)).await;
    filters(&server, &["name away\nthen reply I am away.\\nSorry!"]).await;
    send(&server, ("joe@b.example", "alice"), "Subject: 1").await;
    send(&server, ("Joe@b.example", "alice"), "Subject: 2").await;
    send(&server, ("jane@b.example", "alice"), "Subject: 3").await;
    send(&server, ("", "alice"), "Subject: 4").await;
    send(&server, ("no-reply@b.example", "alice"), "Subject: 5").await;
    send(&server, ("list@b.example", "alice"), "List-Id: <x>").await;
    let posted = outbox.take();
    let senders: Vec<_> = posted.iter().map(|outgoing| outgoing.sender.as_str()).collect();
    assert_eq!(senders, ["joe@b.example", "jane@b.example"]);
    assert_eq!(posted[0].what, What::Autoreply { text: "I am away.\nSorry!".into() });
    assert_eq!(filed(&server, ALICE, "INBOX").await.len(), 6);
}

/// Filters that cannot be kept are refused, and the old ones stay.
async fn filters_have_limits(on: On) {
    let server = start(on, Options::default()).await;
    filters(&server, &["name a\nthen seen"]).await;
    let by = account(ALICE).into();
    let one: Filter = "name b\nthen flag".parse().unwrap();
    let many = vec![one.clone(); mailstore::filter::MAX_FILTERS + 1];
    assert!(server.store.set_filters(by, &many).await.is_err());
    let wrong = Filter { name: "a\nb".into(), ..one.clone() };
    assert!(server.store.set_filters(by, &[one, wrong]).await.is_err());
    assert_eq!(server.store.filters(account(ALICE)).await.unwrap().len(), 1);
    filters(&server, &[]).await;
}

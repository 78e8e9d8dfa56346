//! What can be wrong with MongoDB, as clients and operators see it: said, never waited for without
//! an end, and over when it is over.

use std::time::{Duration, Instant};

use harness::service;

use crate::common::Site;
use crate::common::mongodb::{self, Bson};
use crate::raw;
use crate::site::{Cluster, Database, Service, config};
use crate::writer::deliver;

/// The store gives a call up after 30 s; the rest is for machines that are busy.
const MOST: Duration = Duration::from_secs(75);

pub(crate) fn in_time<T>(what: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = what();
    assert!(begun.elapsed() < MOST, "{:?}", begun.elapsed());
    done
}

/// What was away may be noticed to be back only by a try that fails.
pub(crate) fn again(work: &mut dyn FnMut() -> bool) {
    assert!((0..20).any(|_| work()));
}

/// A message with an attachment that is too big for the ledger.
fn big(bytes: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    let content: Vec<u8> = (0..bytes).map(|_| next()).collect();
    let text = data_encoding::BASE64.encode(&content);
    let lines: Vec<_> =
        text.as_bytes().chunks(76).map(|line| str::from_utf8(line).unwrap()).collect();
    let head = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    format!("{head}{}\r\n", lines.join("\r\n"))
}

#[test]
fn a_server_that_cannot_be_used_is_said_at_the_start() {
    let server = service("MAILSTORE_TEST_MONGODB");
    let host = mongodb::host(&server);
    for (uri, said) in [
        ("mongo://somewhere".to_owned(), "check the URI"),
        (format!("mongodb://nobody:wrong@{host}/"), "check the user and the password"),
    ] {
        let site = Site::new(&config(&uri, "unused", 1));
        let told = in_time(|| site.refused(&[], ""));
        assert!(told.contains(said), "{uri}: {told}");
        assert!(!told.contains("wrong@"), "a password is said: {told}");
    }
}

#[test]
fn a_server_that_is_away_at_the_start_is_waited_for() {
    let mut mongodb = Service::secantus();
    mongodb.kill();
    let site = Site::new(&config(&format!("mongodb://127.0.0.1:{}", mongodb.port), "mail", 1));
    let told = in_time(|| site.refused(&["user", "list"], ""));
    assert!(told.contains("is it running"), "{told}");
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| site.serve());
        site.wait_for_log("MongoDB is away; it is tried again");
        mongodb.run();
        let server = serving.join().unwrap();
        assert!(server.offers("imap"));
    });
    site.done(&["user", "add", "alice"], "sesame\n");
}

#[test]
fn while_mongodb_is_away_clients_are_told_and_then_all_goes_on() {
    let cluster = Cluster::start(1, Database::Own);
    let mongodb = || cluster.mongodb.as_ref().unwrap().lock().unwrap();
    let said = ["MongoDB", "Server selection timeout"];
    clients_are_told_and_then_all_goes_on(
        &cluster,
        said,
        (|| mongodb().kill(), || mongodb().run()),
    );
}

/// While MongoDB cannot be written to, each client hears that it was not done, and the log has one of
/// these words; and afterwards all goes on, in the same session, on the same host.
pub(crate) fn clients_are_told_and_then_all_goes_on(
    cluster: &Cluster,
    said: [&str; 2],
    (away, back): (impl FnOnce(), impl FnOnce()),
) {
    let mut session = cluster.session(0, "INBOX");
    let (imap, lmtp) = (cluster.place(0, "imap").unwrap(), cluster.place(0, "lmtp").unwrap());
    away();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let refused = in_time(|| deliver(&lmtp, "Subject: 1\r\n\r\n").unwrap_err());
            assert!(refused.to_string().starts_with('4'), "{refused}");
        });
        scope.spawn(|| {
            let refused = in_time(|| crate::imap::Session::open(&imap, "alice", "INBOX"));
            let refused = refused.err().unwrap().to_string();
            assert!(refused.contains(" NO ["), "{refused}");
        });
        let refused = in_time(|| session.append("INBOX", "Subject: 2\r\n\r\n").unwrap_err());
        assert!(refused.to_string().contains(" NO ["), "{refused}: {}", cluster.logs());
    });
    let logs = cluster.logs();
    assert!(said.iter().any(|said| logs.contains(said)), "{said:?}: {logs}");
    back();
    again(&mut || session.append("INBOX", "Subject: 3\r\n\r\n").is_ok());
    again(&mut || deliver(&lmtp, "Subject: 4\r\n\r\n").is_ok());
    let subjects = cluster.session(0, "INBOX").subjects().unwrap();
    for subject in ["3", "4"] {
        assert_eq!(subjects.iter().filter(|(_, found)| found == subject).count(), 1);
    }
}

#[test]
fn documents_of_a_newer_release_and_lost_blobs_are_said() {
    let cluster = Cluster::start(1, Database::Own);
    let mut session = cluster.session(0, "INBOX");
    session.append("INBOX", &big(400_000)).unwrap();
    session.noop().unwrap();

    raw::change(&cluster, "messages", "$set", ("v", 2));
    let refused = session.ok("UID FETCH 1:* (FLAGS)").unwrap_err();
    assert!(refused.to_string().contains(" NO ["), "{refused}");
    assert!(cluster.logs().contains("document version 2"), "{}", cluster.logs());
    raw::change(&cluster, "messages", "$set", ("v", 1));
    session.ok("UID FETCH 1:* (FLAGS)").unwrap();

    // Chunks that are elsewhere are not there.
    raw::change(&cluster, "objects.chunks", "$inc", ("n", 1_000));
    let refused = session.ok("UID FETCH 1:* (BODY.PEEK[])").unwrap_err();
    assert!(refused.to_string().contains(" NO ["), "{refused}");
    assert!(cluster.logs().contains("has not the bytes"), "{}", cluster.logs());
    raw::change(&cluster, "objects.chunks", "$inc", ("n", -1_000));
    session.ok("UID FETCH 1:* (BODY.PEEK[])").unwrap();
}

#[test]
fn an_altered_blob_is_said() {
    let cluster = Cluster::start(1, Database::Own);
    let mut session = cluster.session(0, "INBOX");
    session.append("INBOX", &big(700_000)).unwrap();
    session.append("INBOX", "Subject: small\r\n\r\n").unwrap();
    session.noop().unwrap();

    // The bytes are all there, but two of three pieces stand in each other's place.
    let place = |from: i32, to: i32| {
        let those = Bson::default().number("n", from);
        raw::change_those(&cluster, ("objects.chunks", those), "$set", ("n", to));
    };
    let exchange = || [(0, 9), (1, 0), (9, 1)].into_iter().for_each(|(from, to)| place(from, to));
    exchange();
    let refused = session.ok("UID FETCH 1 (BODY.PEEK[])").unwrap_err();
    assert!(refused.to_string().contains(" NO ["), "{refused}");
    assert!(cluster.logs().contains("was altered"), "{}", cluster.logs());
    session.ok("UID FETCH 2 (BODY.PEEK[])").unwrap();
    exchange();
    session.ok("UID FETCH 1 (BODY.PEEK[])").unwrap();
}

/// More than a document can hold, in a header or in many small parts: all the same it is stored, and
/// comes back.
#[test]
fn a_message_over_the_limits_of_a_document_is_no_trouble() {
    let cluster = Cluster::start(1, Database::Common);
    let mut session = cluster.session(0, "INBOX");
    let header = format!("X-Long: {}\r\n\r\n", "long\r\n ".repeat(3_000_000));
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let part = format!("--b\r\n\r\n{}\r\n", "x".repeat(2_000));
    let parts = format!("{head}{}--b--\r\n", part.repeat(9_500));
    for message in [header, parts] {
        let uid = in_time(|| session.append("INBOX", &message)).unwrap();
        assert!(session.whole(uid).unwrap() == message, "UID {uid} came back altered");
    }
}

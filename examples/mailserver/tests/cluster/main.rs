//! Several hosts, one mailbox: whatever fails, every session learns the truth, nothing that was
//! acknowledged is lost, and nothing is there twice.
//!
//! Needs what `scripts/services start` starts and installs.
#![allow(clippy::unwrap_used, reason = "tests")]

mod between;
mod book;
#[path = "../common/mod.rs"]
mod common;
mod faults;
mod imap;
mod raw;
mod reader;
mod site;
mod stepdown;
mod writer;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Instant;

use book::Book;
use site::{Cluster, Database};
use writer::{Writer, deliver};

const HOSTS: usize = 3;
const WRITERS: usize = 8;
/// Something may go wrong so often in the course of the work.
const PARTS: usize = 20;

/// Operations of all writers together, each time; `scripts/full` wants more.
fn operations() -> usize {
    let given = std::env::var("CLUSTER_OPERATIONS").ok();
    given.map_or(400, |given| given.parse().unwrap())
}

/// Writers at work while something goes wrong, told which part of the work has begun; then the
/// book is checked.
fn run(cluster: &Cluster, trouble: impl Fn(usize) + Send) {
    let book = Book::default();
    let writers = work(cluster, &book, trouble);
    // None of them writes any more: after one NOOP all know the same.
    let known: Vec<_> = writers.into_iter().map(Writer::finish).collect();
    let mut inbox = cluster.session(0, "INBOX");
    let mut archive = cluster.session(1, "Archive");
    let truth = inbox.known();
    for (number, known) in known.iter().enumerate() {
        assert!(*known == truth, "writer {number} believes {known:?}; the truth is {truth:?}");
    }
    book.check(&truth, &[inbox.subjects().unwrap(), archive.subjects().unwrap()]);
    assert!(!cluster.logs().contains("panicked"), "{}", cluster.logs());
}

/// All operations; the writers as they are then.
fn work<'a>(
    cluster: &'a Cluster,
    book: &'a Book,
    trouble: impl Fn(usize) + Send,
) -> Vec<Writer<'a>> {
    let (next, at_work) = (AtomicUsize::new(0), AtomicBool::new(true));
    let (part, parts) = channel();
    let write = |number, part: std::sync::mpsc::Sender<usize>| {
        let mut writer = Writer::new(cluster, book, number);
        loop {
            let operation = next.fetch_add(1, Ordering::SeqCst);
            if operation >= operations() {
                return writer;
            }
            if operation % (operations() / PARTS) == 0 {
                part.send(operation / (operations() / PARTS)).unwrap();
            }
            writer.step();
        }
    };
    std::thread::scope(|scope| {
        let write = &write;
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| (number, part.clone()))
            .map(|(number, part)| scope.spawn(move || write(number, part)))
            .collect();
        drop(part);
        let begun = Instant::now();
        scope.spawn(move || {
            for part in parts {
                println!("part {part} of {PARTS} begins after {:.0?}", begun.elapsed());
                trouble(part);
            }
        });
        let reading = scope.spawn(|| reader::follow(cluster, &at_work));
        let joined: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        at_work.store(false, Ordering::SeqCst);
        let writers = joined.into_iter().map(Result::unwrap).collect();
        assert!(reading.join().unwrap().0 > operations() as u64 / 5);
        writers
    })
}

#[test]
fn all_is_well() {
    run(&Cluster::start(HOSTS, Database::Common), |_| {});
}

#[test]
fn redis_is_killed_and_comes_back() {
    let cluster = Cluster::start(HOSTS, Database::Common);
    run(&cluster, |part| match part % 4 {
        1 => cluster.redis.lock().unwrap().kill(),
        3 => cluster.redis.lock().unwrap().run(),
        _ => {}
    });
}

#[test]
fn beacons_are_lost() {
    let cluster = Cluster::start(HOSTS, Database::Common);
    run(&cluster, |_| cluster.redis.lock().unwrap().cut());
}

#[test]
fn a_host_is_killed_and_comes_back() {
    let cluster = Cluster::start(HOSTS, Database::Common);
    run(&cluster, |part| {
        if part % 10 == 4 {
            cluster.restart(1);
        }
    });
}

#[test]
fn mongodb_is_killed_and_comes_back() {
    let cluster = Cluster::start(HOSTS, Database::Own);
    run(&cluster, |part| {
        if part % 10 == 4 {
            let mut mongodb = cluster.mongodb.as_ref().unwrap().lock().unwrap();
            mongodb.kill();
            mongodb.run();
        }
    });
}

/// All are served, each of them at once with the others. Prints what that took
/// (`scripts/test --no-capture sixteen_writers`).
#[test]
fn sixteen_writers_on_four_hosts_contend() {
    const EACH: usize = 8;
    let cluster = Cluster::start(4, Database::Common);
    let write = &|number| {
        let mut session = cluster.session(number, "INBOX");
        let times = (0..EACH).map(|round| {
            let begun = Instant::now();
            session.append("INBOX", &format!("Subject: {number}-{round}\r\n\r\n")).unwrap();
            begun.elapsed()
        });
        times.max().unwrap()
    };
    let slowest = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..16).map(|number| scope.spawn(move || write(number))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).max().unwrap()
    });
    println!("{}; the slowest append took {slowest:.2?}", cluster.contention());
    let mut session = cluster.session(0, "INBOX");
    let uids: Vec<_> = session.known().into_iter().map(|(uid, _)| uid as usize).collect();
    assert_eq!(uids, (1..=16 * EACH).collect::<Vec<_>>());
    let subjects = session.subjects().unwrap().into_iter().map(|(_, subject)| subject);
    assert_eq!(subjects.collect::<BTreeSet<_>>().len(), 16 * EACH);
}

/// IDLE on one host tells of a delivery on another; without Redis, too.
#[test]
fn idle_tells_of_what_other_hosts_do() {
    let cluster = Cluster::start(2, Database::Common);
    let delivering = cluster.place(1, "lmtp").unwrap();
    let mut session = cluster.session(0, "INBOX");
    for round in 0..4 {
        match round {
            2 => cluster.redis.lock().unwrap().kill(),
            3 => cluster.redis.lock().unwrap().run(),
            _ => {}
        }
        let message = format!("Subject: {round}\r\n\r\n");
        session.idle(|| deliver(&delivering, &message).unwrap()).unwrap();
        session.noop().unwrap();
        assert_eq!(session.known().len(), round + 1);
    }
}

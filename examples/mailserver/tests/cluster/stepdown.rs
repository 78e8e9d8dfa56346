//! A primary that steps down, as clients and operators see it.

use crate::between::{Moment, NOT_PRIMARY, Play};
use crate::faults::{again, in_time};
use crate::site::{Cluster, Database};
use crate::writer::deliver;

#[test]
fn while_there_is_no_primary_clients_are_told_and_then_all_goes_on() {
    let cluster = Cluster::start(1, Database::Behind);
    let mut session = cluster.session(0, "INBOX");
    let (imap, lmtp) = (cluster.place(0, "imap").unwrap(), cluster.place(0, "lmtp").unwrap());
    cluster.between.as_ref().unwrap().play(Play::NoPrimary);
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
    let said = ["not primary", "Server selection timeout"];
    assert!(said.iter().any(|said| logs.contains(said)), "{NOT_PRIMARY}: {logs}");
    cluster.between.as_ref().unwrap().play(Play::Nothing);
    // In the same session, on the same host.
    again(&mut || session.append("INBOX", "Subject: 3\r\n\r\n").is_ok());
    again(&mut || deliver(&lmtp, "Subject: 4\r\n\r\n").is_ok());
    let subjects = cluster.session(0, "INBOX").subjects().unwrap();
    for subject in ["3", "4"] {
        assert_eq!(subjects.iter().filter(|(_, found)| found == subject).count(), 1);
    }
}

/// At each command of a transaction, before it was carried out and after: clients notice nothing.
#[test]
fn a_primary_that_steps_down_in_a_transaction_is_tried_again() {
    let cluster = Cluster::start(1, Database::Behind);
    let between = cluster.between.as_ref().unwrap();
    let mut session = cluster.session(0, "INBOX");
    let mut expected = Vec::new();
    for command in ["findAndModify", "find", "bulkWrite", "commitTransaction"] {
        for moment in [Moment::Before, Moment::After] {
            let subject = format!("{command}-{moment:?}");
            let play = Play::StepDownAt(command, moment);
            between.play(play);
            let message = format!("Subject: {subject}\r\n\r\n");
            in_time(|| session.append("INBOX", &message)).unwrap();
            assert_eq!(between.now(), Play::Nothing, "{command} did not come");
            expected.push(subject);
        }
    }
    let subjects = session.subjects().unwrap().into_iter().map(|(_, subject)| subject);
    assert_eq!(subjects.collect::<Vec<_>>(), expected);
}

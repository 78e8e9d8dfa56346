//! A primary that steps down, as clients and operators see it.

use crate::between::{Moment, Play};
use crate::faults::{clients_are_told_and_then_all_goes_on, in_time};
use crate::site::{Cluster, Database};

#[test]
fn while_there_is_no_primary_clients_are_told_and_then_all_goes_on() {
    let cluster = Cluster::start(1, Database::Behind);
    let play = |play| cluster.between.as_ref().unwrap().play(play);
    let said = ["not primary", "Server selection timeout"];
    let outage = (|| play(Play::NoPrimary), || play(Play::Nothing));
    clients_are_told_and_then_all_goes_on(&cluster, said, outage);
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

use proptest::prelude::*;

use super::*;

fn message(uid: u32, header: &str, (arrival, size): (i64, u64)) -> Sortable {
    let summary = Summary::of(header.as_bytes());
    let sent = summary.sent.unwrap_or(arrival);
    Sortable {
        uid: Uid::new(uid).unwrap(),
        arrival,
        sent,
        size,
        relevancy: size as u8,
        summary: Arc::new(summary),
    }
}

fn order(messages: &[Sortable], program: &Program) -> Vec<u32> {
    sorted(messages, program).into_iter().map(Uid::get).collect()
}

use Criterion::{Arrival, Cc, Date, DisplayFrom, DisplayTo, From, Relevancy, Size, Subject, To};
use Direction::{Ascending, Descending};

#[test]
fn by_each_criterion() {
    let messages = [
        message(1, "From: Zoe <a@x>\nTo: <b@x>\nSubject: Re: b\nCc: q@x\n\n", (5, 10)),
        message(2, "From: Bob <b@x>\nTo: Amy <c@x>\nSubject: A\n\n", (-5, 30)),
        message(3, "To: a@x\nSubject: B\nDate: Thu, 1 Jan 1970 00:00:09 +0000\n\n", (0, 20)),
        message(4, "From: a@z\nSubject: b\n\n", (5, 10)),
    ];
    let table: [(&Program, [u32; 4]); 16] = [
        (&[(Arrival, Ascending)], [2, 3, 1, 4]),
        (&[(Arrival, Descending)], [1, 4, 3, 2]),
        (&[(Date, Ascending)], [2, 1, 4, 3]),
        (&[(Size, Ascending)], [1, 4, 3, 2]),
        (&[(Relevancy, Ascending)], [2, 3, 1, 4]),
        (&[(Subject, Ascending)], [2, 1, 3, 4]),
        (&[(Subject, Descending)], [1, 3, 4, 2]),
        (&[(Subject, Ascending), (Size, Descending)], [2, 3, 1, 4]),
        (&[(From, Ascending)], [3, 1, 4, 2]),
        (&[(To, Ascending)], [4, 3, 1, 2]),
        (&[(Cc, Ascending)], [2, 3, 4, 1]),
        (&[(Cc, Descending)], [1, 2, 3, 4]),
        (&[(DisplayFrom, Ascending)], [3, 4, 2, 1]),
        (&[(DisplayTo, Ascending)], [4, 3, 2, 1]),
        (&[(Size, Ascending), (Arrival, Descending), (Date, Ascending)], [1, 4, 3, 2]),
        (&[], [1, 2, 3, 4]),
    ];
    for (program, wanted) in table {
        assert_eq!(order(&messages, program), wanted, "{program:?}");
    }
}

#[test]
fn texts_longer_than_a_rank() {
    let subjects = ["abcdefgh2", "abcdefgh10", "abcdefgh", "ABCDEFGH1"];
    let messages: Vec<_> = (1..)
        .zip(subjects)
        .map(|(uid, s)| message(uid, &format!("Subject: {s}\n\n"), (0, 0)))
        .collect();
    assert_eq!(order(&messages, &[(Subject, Ascending)]), [3, 4, 2, 1]);
    assert_eq!(order(&messages, &[(Subject, Descending)]), [1, 2, 4, 3]);
}

fn any_criterion() -> impl Strategy<Value = (Criterion, Direction)> {
    let criteria = [Arrival, Cc, Date, DisplayFrom, DisplayTo, From, Relevancy, Size, Subject, To];
    let directions = prop_oneof![Just(Ascending), Just(Descending)];
    (prop::sample::select(criteria.to_vec()), directions)
}

proptest! {
    /// Every message once, in an order that no neighbours break; what is equal stays in the order
    /// of the mailbox.
    #[test]
    fn a_stable_total_order(
        fields in prop::collection::vec(("[ab]{0,2}", "[a-c]{0,9}", -2i64..2, 0u64..3), 0..40),
        program in prop::collection::vec(any_criterion(), 0..4),
    ) {
        let messages: Vec<_> = (1..).zip(&fields).map(|(uid, (from, subject, arrival, size))| {
            let header = format!("From: {from}@x\nSubject: {subject}\nTo: {subject}@y\n\n");
            message(uid, &header, (*arrival, *size))
        }).collect();
        let order = order(&messages, &program);
        let mut all = order.clone();
        all.sort_unstable();
        prop_assert_eq!(all, (1..=messages.len() as u32).collect::<Vec<_>>());
        let sorter = Sorter { messages: &messages, program: &program };
        for pair in order.windows(2) {
            let whole = sorter.compare_whole(pair[0] - 1, pair[1] - 1);
            prop_assert!(whole == Ordering::Less || whole == Ordering::Equal && pair[0] < pair[1]);
        }
    }
}

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::search::summary::Summary;
use crate::uid::Uid;

/// Id, references and subject of each.
type Messages<'a> = &'a [(&'a str, &'a str, &'a str)];

/// Messages sent one second after the other: id, references, subject.
fn messages(list: Messages<'_>) -> Vec<Sortable> {
    (1..)
        .zip(list)
        .map(|(uid, (id, references, subject))| {
            let ids = |ids: &str| ids.split(' ').map(|id| format!("<{id}@x>")).collect::<String>();
            let header = format!(
                "Message-ID: {}\nReferences: {}\nSubject: {subject}\n\n",
                ids(id),
                ids(references)
            );
            at(uid, &header, uid.into())
        })
        .collect()
}

fn at(uid: u32, header: &str, sent: i64) -> Sortable {
    let summary = Arc::new(Summary::of(header.as_bytes()));
    Sortable { uid: Uid::new(uid).unwrap(), arrival: sent, sent, size: 0, relevancy: 100, summary }
}

/// As THREAD shows them, numbered from 1.
fn shown(threads: &Threads) -> String {
    let mut out = String::new();
    for root in &threads.roots {
        match root {
            Root::Message(at) => show(threads, *at, &mut out),
            Root::Siblings(all) => {
                out.push('(');
                all.iter().for_each(|at| show(threads, *at, &mut out));
                out.push(')');
            }
        }
    }
    out
}

fn show(threads: &Threads, at: u32, out: &mut String) {
    write!(out, "({}", at + 1).unwrap();
    let mut at = at;
    while let [only] = threads.children(at) {
        at = *only;
        write!(out, " {}", at + 1).unwrap();
    }
    if !threads.children(at).is_empty() {
        out.push(' ');
        threads.children(at).iter().for_each(|at| show(threads, *at, out));
    }
    out.push(')');
}

fn threaded(list: Messages<'_>, algorithm: Algorithm) -> String {
    shown(&Threads::of(&messages(list), algorithm))
}

#[test]
fn by_references() {
    use Algorithm::References;
    let table: &[(Messages<'_>, &str)] = &[
        (&[], ""),
        (&[("a", "", ""), ("b", "a", ""), ("c", "a b", "")], "(1 2 3)"),
        (&[("a", "", ""), ("b", "a", ""), ("c", "a", "")], "(1 (2)(3))"),
        (&[("c", "a b", ""), ("b", "a", ""), ("a", "", "")], "(3 2 1)"),
        // A dummy with two children stays, one with one does not.
        (&[("b", "a", ""), ("c", "a", "")], "((1)(2))"),
        (&[("b", "a", ""), ("c", "b", "")], "(1 2)"),
        (&[("a", "", ""), ("c", "a x y", ""), ("d", "a x", "")], "(1 (2)(3))"),
        (&[("c", "x y", ""), ("d", "x z", "")], "((1)(2))"),
        // Loops are not made.
        (&[("a", "b", ""), ("b", "a", "")], "(2 1)"),
        (&[("a", "a", "")], "(1)"),
        // The second message of an identifier has none.
        (&[("a", "", ""), ("a", "", ""), ("b", "a", "")], "(1 3)(2)"),
        // What a message says itself counts more than what others say of it.
        (&[("c", "a b", ""), ("a", "", ""), ("b", "x", ""), ("x", "", "")], "(2)(4 3 1)"),
        // Subjects.
        (&[("a", "", "Hi"), ("b", "", "re: hi")], "(1 2)"),
        (&[("b", "", "re: hi"), ("a", "", "Hi")], "(2 1)"),
        (&[("a", "", "Hi"), ("b", "", "hi")], "((1)(2))"),
        (&[("a", "", "Re: Hi"), ("b", "", "re: hi")], "((1)(2))"),
        (&[("a", "", "Hi"), ("b", "x", "re: hi"), ("c", "x", "re: hi")], "((1)(2)(3))"),
        (&[("a", "", ""), ("b", "", "re:")], "(1)(2)"),
    ];
    for (list, wanted) in table {
        assert_eq!(threaded(list, References), *wanted, "{list:?}");
    }
}

#[test]
fn by_references_only() {
    let list = [("a", "", "Hi"), ("b", "", "re: hi"), ("c", "a", ""), ("d", "", "")];
    assert_eq!(threaded(&list, Algorithm::Refs), "(2)(1 3)(4)");
}

#[test]
fn by_subject() {
    let list =
        [("a", "", "b"), ("b", "", "a"), ("c", "", "Re: b"), ("d", "", ""), ("e", "", "[x] B")];
    assert_eq!(threaded(&list, Algorithm::OrderedSubject), "(1 (3)(5))(2)(4)");
}

#[test]
fn siblings_and_threads_are_in_the_order_they_were_sent() {
    let header =
        |id: &str, parent: &str| format!("Message-ID: <{id}@x>\nReferences: <{parent}@x>\n\n");
    let messages = [
        at(1, &header("a", ""), 9),
        at(2, &header("b", "a"), 3),
        at(3, &header("c", "a"), 2),
        at(4, &header("d", ""), 1),
        at(5, &header("e", "a"), 3),
    ];
    assert_eq!(shown(&Threads::of(&messages, Algorithm::References)), "(4)(1 (3)(2)(5))");
}

#[test]
fn threads_with_equally_new_messages_are_in_the_order_of_their_heads() {
    let header =
        |id: &str, parent: &str| format!("Message-ID: <{id}@x>\nReferences: <{parent}@x>\n\n");
    let messages = [
        at(1, &header("a", ""), 1),
        at(2, &header("b", ""), 1),
        at(3, &header("c", "a"), 1),
        at(4, &header("d", ""), 0),
    ];
    assert_eq!(shown(&Threads::of(&messages, Algorithm::Refs)), "(4)(1 3)(2)");
}

/// Each message answers the one before it, thirty thousand
/// times.
#[test]
fn long_chains() {
    let list: Vec<_> = (0..30_000)
        .map(|i| {
            at(
                i + 1,
                &format!("Message-ID: <{i}@x>\nIn-Reply-To: <{}@x>\n\n", i.wrapping_sub(1)),
                i.into(),
            )
        })
        .collect();
    let threads = Threads::of(&list, Algorithm::References);
    assert_eq!(everything(&threads).len(), 30_000);
    let backwards: Vec<_> = list.into_iter().rev().collect();
    assert_eq!(everything(&Threads::of(&backwards, Algorithm::Refs)).len(), 30_000);
}

fn everything(threads: &Threads) -> Vec<u32> {
    let mut rest: Vec<u32> = threads
        .roots
        .iter()
        .flat_map(|root| match root {
            Root::Message(at) => vec![*at],
            Root::Siblings(all) => all.clone(),
        })
        .collect();
    let mut all = Vec::new();
    while let Some(at) = rest.pop() {
        all.push(at);
        rest.extend(threads.children(at));
    }
    all
}

proptest! {
    /// Whatever messages refer to: each is in exactly one place.
    #[test]
    fn every_message_once(
        list in prop::collection::vec(("[a-h]", "[a-h]( [a-h]){0,3}", "(re: )?[xy]?"), 0..20),
    ) {
        let list: Vec<_> = list.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        let messages = messages(&list);
        for algorithm in [Algorithm::OrderedSubject, Algorithm::References, Algorithm::Refs] {
            let mut all = everything(&Threads::of(&messages, algorithm));
            all.sort_unstable();
            prop_assert_eq!(all, (0..messages.len() as u32).collect::<Vec<_>>());
        }
    }
}

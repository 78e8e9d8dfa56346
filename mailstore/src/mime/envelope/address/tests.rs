use super::*;

fn list(value: &str) -> String {
    let mut list = Vec::new();
    parse(value.as_bytes(), &mut 100_000, &mut list);
    list.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// `name|route|local|host`, absent texts as nothing; groups as `name:` and `;`.
fn shown(address: &Address) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let optional = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(text).unwrap_or_default();
    match address {
        Address::Mailbox(it) => {
            let (name, route) = (optional(&it.name), optional(&it.route));
            format!("{name}|{route}|{}|{}", text(&it.local), text(&it.host))
        }
        Address::GroupStart(name) => text(name) + ":",
        Address::GroupEnd => ";".into(),
    }
}

/// RFC 5322 appendices A.1 to A.6.
#[test]
fn rfc_5322_examples() {
    let table = [
        ("John Doe <jdoe@machine.example>", "John Doe||jdoe|machine.example"),
        (
            "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            "Mary Smith||mary|x.test, ||jdoe|example.org, Who?||one|y.test",
        ),
        (
            "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
            "||boss|nil.test, Giant; \"Big\" Box||sysservices|example.net",
        ),
        (
            "A Group:Ed Jones <joe@where.test>,joe@where.test,John <jdoe@one.test>;",
            "A Group:, Ed Jones||joe|where.test, ||joe|where.test, John||jdoe|one.test, ;",
        ),
        ("Undisclosed recipients:;", "Undisclosed recipients:, ;"),
        ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete||pete|silly.test"),
        (
            "A Group(Some people)\t :Chris Jones <c@(Chris's host.)public.example>,  \
             joe@example.org, John <jdoe@one.test> (my dear friend); (the end of the group)",
            "A Group:, Chris Jones||c|public.example, ||joe|example.org, John||jdoe|one.test, ;",
        ),
        (
            "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
            "Hidden recipients:, ;",
        ),
        ("Joe Q. Public <john.q.public@example.com>", "Joe Q. Public||john.q.public|example.com"),
        (
            "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            "Mary Smith|@node.test|mary|example.net, ||jdoe|test.example",
        ),
    ];
    for (value, wanted) in table {
        assert_eq!(list(value), wanted, "{value}");
    }
}

#[test]
fn as_seen_in_the_wild() {
    let table = [
        ("user@domain (Real Name)", "Real Name||user|domain"),
        ("<user@domain> (Real Name)", "Real Name||user|domain"),
        ("root", "||root|"),
        ("John Doe", "John Doe|||"),
        ("john at x.org (John Doe)", "John Doe||john at x.org|"),
        ("John Doe john@x.org", "John Doe||john|x.org"),
        ("john@x.org <john@x.org>", "john@x.org||john|x.org"),
        ("\"john doe\"@x.org", "||john doe|x.org"),
        ("=?utf-8?Q?Doe,_John?= <j@x.org>, k@x.org", "=?utf-8?Q?Doe,_John?=||j|x.org, ||k|x.org"),
        ("naïve <n@x.org>", "naïve||n|x.org"),
        ("a@[IPv6:2001:db8::1]", "||a|[IPv6:2001:db8::1]"),
        ("a@x.org; b@x.org", "||a|x.org, ||b|x.org"),
        ("<a@x.org", "||a|x.org"),
        ("<a@x.org, b@x.org>", "||a|x.org, ||b|x.org"),
        ("<>", "|||"),
        ("<@a,@b:c@d>", "|@a,@b|c|d"),
        ("a@b@c", "||a|b@c"),
        ("g:a@b", "g:, ||a|b, ;"),
        ("\"open <a@b>", "open <a@b>|||"),
        ("(open", ""),
        (" , ,;:", ":, ;"),
        ("a@x.org <b@x.org> <c@x.org>", "a@x.org||b|x.org, ||c|x.org"),
    ];
    for (value, wanted) in table {
        assert_eq!(list(value), wanted, "{value}");
    }
}

#[test]
fn the_budget_cuts_the_list_and_ends_the_group() {
    let mut list = Vec::new();
    let mut budget = 80;
    parse(b"g: a@b, a@b, a@b, a@b;", &mut budget, &mut list);
    assert_eq!((list.len(), budget), (4, 0));
    assert_eq!(list.last(), Some(&Address::GroupEnd));
}

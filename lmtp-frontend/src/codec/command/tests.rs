use super::super::parameter::{Body, SmtpUtf8};
use super::*;

fn parse(line: &str) -> Result<Command, CommandError> {
    Command::parse(line.as_bytes())
}

fn name(name: &str) -> Domain {
    Domain::Name(name.to_owned())
}

fn mailbox(local: &str, domain: &str) -> Mailbox {
    Mailbox { local: local.to_owned(), domain: Some(name(domain)) }
}

#[test]
fn verbs_alone_in_any_case() {
    for (line, command) in [
        ("DATA", Command::Data),
        ("rset", Command::Rset),
        ("Noop", Command::Noop),
        ("NOOP anything at all", Command::Noop),
        ("QUIT \t ", Command::Quit),
        ("HELP", Command::Help),
        ("HELP MAIL", Command::Help),
        ("StartTLS", Command::StartTls),
        ("VRFY postmaster", Command::Vrfy("postmaster".to_owned())),
    ] {
        assert_eq!(parse(line), Ok(command), "{line}");
    }
}

#[test]
fn lhlo_takes_a_domain_or_a_literal() {
    assert_eq!(parse("LHLO mx.example.org"), Ok(Command::Lhlo(name("mx.example.org"))));
    assert_eq!(parse("lhlo localhost"), Ok(Command::Lhlo(name("localhost"))));
    let literal = Domain::V4([192, 0, 2, 1].into());
    assert_eq!(parse("LHLO [192.0.2.1]"), Ok(Command::Lhlo(literal)));
}

#[test]
fn mail_with_parameters() {
    let parameters = MailParameters {
        size: Some(9),
        body: Some(Body::EightBitMime),
        smtputf8: Some(SmtpUtf8),
        ..MailParameters::default()
    };
    let from = ReversePath::Mailbox(mailbox("a", "b"));
    let expected = Command::Mail(Mail { from, parameters });
    assert_eq!(parse("MAIL FROM:<a@b> SIZE=9 BODY=8BITMIME SMTPUTF8"), Ok(expected.clone()));
    assert_eq!(parse("mail from:  <a@b> size=9 smtputf8 body=8bitmime"), Ok(expected));
}

#[test]
fn mail_from_nobody() {
    let parameters = MailParameters::default();
    let expected = Command::Mail(Mail { from: ReversePath::Null, parameters });
    assert_eq!(parse("MAIL FROM:<>"), Ok(expected));
}

#[test]
fn rcpt_to_a_bare_local_part() {
    let parameters = RcptParameters::default();
    let bare = Mailbox { local: "user".to_owned(), domain: None };
    let expected = Command::Rcpt(Rcpt { to: bare, parameters: parameters.clone() });
    assert_eq!(parse("RCPT TO:<user>"), Ok(expected));
    let full = Command::Rcpt(Rcpt { to: mailbox("user+label", "example.org"), parameters });
    assert_eq!(parse("RCPT TO: <user+label@example.org>"), Ok(full));
}

#[test]
fn bdat_and_xclient() {
    let more = Bdat { size: 86, position: Position::More };
    assert_eq!(parse("BDAT 86"), Ok(Command::Bdat(more)));
    let last = Bdat { size: 0, position: Position::Last };
    assert_eq!(parse("bdat 0 last"), Ok(Command::Bdat(last)));
    let attributes = [("NAME", "spike.example"), ("ADDR", "IPv6:2001:db8::1"), ("LOGIN", "a b")]
        .map(|(name, value)| Attribute { name: name.to_owned(), value: value.to_owned() });
    let line = "XCLIENT NAME=spike.example addr=IPv6:2001:db8::1  LOGIN=a+20b";
    assert_eq!(parse(line), Ok(Command::Xclient(attributes.to_vec())));
}

#[test]
fn what_is_no_command_says_why() {
    let syntax = |at, expected| CommandError::Syntax(SyntaxError { at, expected });
    for (line, error) in [
        ("", CommandError::Unknown),
        (" NOOP", CommandError::Unknown),
        ("DATA\0", CommandError::Unknown),
        ("FROBNICATE now", CommandError::Unknown),
        ("HELO a", CommandError::Smtp),
        ("EHLO a", CommandError::Smtp),
        ("EXPN list", CommandError::NotImplemented),
        ("LHLO", syntax(4, "a space and an argument")),
        ("LHLO a b", syntax(6, "the end of the line")),
        ("LHLO \u{1}", syntax(5, "a domain")),
        ("DATA now", syntax(4, "the end of the line")),
        ("QUIT\tx", syntax(4, "the end of the line")),
        ("NOOP a\rb", syntax(6, "the end of the line")),
        ("VRFY", syntax(4, "a space and an argument")),
        ("MAIL", syntax(4, "\" FROM:<\"")),
        ("MAIL TO:<a@b>", syntax(4, "\" FROM:<\"")),
        ("MAIL FROM:a@b", syntax(10, "\"<\"")),
        ("MAIL FROM:<a@b>SIZE=1", syntax(15, "a space")),
        ("MAIL FROM:<a@b> SIZE=x", syntax(21, "1 to 20 digits")),
        ("MAIL FROM:<a@b> NEW=1", CommandError::UnknownParameter { at: 16 }),
        ("RCPT TO:<>", syntax(9, "a local part")),
        ("RCPT TO:<a@b> SIZE=1", CommandError::UnknownParameter { at: 14 }),
        ("BDAT x", syntax(5, "the size of the chunk")),
        ("BDAT 99999999999999999999", syntax(5, "the size of the chunk")),
        ("BDAT 1 FIRST", syntax(7, "LAST")),
        ("BDAT 1 LAST x", syntax(11, "the end of the line")),
        ("XCLIENT NAME", syntax(12, "\"=\"")),
        ("XCLIENT NAME=a=b", syntax(14, "xtext")),
    ] {
        assert_eq!(parse(line), Err(error), "{line:?}");
    }
}

#[test]
fn errors_become_replies_with_the_column() {
    let reply = |line| parse(line).unwrap_err().reply().to_string();
    assert_eq!(reply("EHLO a"), "500 5.5.1 this is LMTP: say LHLO\r\n");
    assert_eq!(reply("MAIL FROM:a@b"), "501 5.5.4 expected \"<\" at column 11\r\n");
    assert_eq!(reply("MAIL FROM:<> X"), "555 5.5.4 unknown parameter at column 14\r\n");
    assert_eq!(reply("ETRN a"), "502 5.5.1 not implemented\r\n");
}

proptest::proptest! {
    #[test]
    fn any_line_gives_an_answer(line: Vec<u8>) {
        let _ = Command::parse(&line);
    }

    #[test]
    fn an_error_lies_within_the_line(line in "(MAIL FROM:<|RCPT TO:<|BDAT |LHLO |XCLIENT A=)\\PC{0,30}") {
        if let Err(CommandError::Syntax(error)) = parse(&line) {
            assert!(error.at <= line.len());
        }
    }
}

//! ENVELOPE, BODYSTRUCTURE, BODY and PREVIEW of whole messages, as a client reads them.

use bytes::Bytes;
use mailstore::mime::{Derived, Limits, parse};

fn derived(message: &str) -> Derived {
    derived_bytes(message.as_bytes())
}

fn derived_bytes(message: &[u8]) -> Derived {
    Derived::of(&parse(Bytes::copy_from_slice(message), &Limits::default()), message)
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn structure(message: &str) -> String {
    text(derived(message).structure())
}

/// The example of RFC 9051 8 and 7.5.2: the message and its answers.
#[test]
fn rfc_9051_sample_session() {
    let message = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n\
        From: Terry Gray <gray@cac.washington.edu>\r\n\
        Subject: IMAP4rev2 WG mtg summary and minutes\r\n\
        To: imap@cac.washington.edu\r\n\
        cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
        Message-Id: <B27397-0100000@cac.washington.edu>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\nbody\r\n";
    let gray = "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))";
    assert_eq!(
        text(derived(message).envelope()),
        format!(
            "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \
             \"IMAP4rev2 WG mtg summary and minutes\" {gray} {gray} {gray} \
             ((NIL NIL \"imap\" \"cac.washington.edu\")) \
             ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")\
             (\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
             \"<B27397-0100000@cac.washington.edu>\")"
        )
    );
    assert_eq!(
        text(&derived(message).body()),
        "(\"text\" \"plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 6 1)"
    );
}

#[test]
fn an_empty_message_has_an_envelope_and_a_structure() {
    let derived = derived("");
    assert_eq!(text(derived.envelope()), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    assert_eq!(
        text(derived.structure()),
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"
    );
    assert_eq!(derived.preview(), "");
}

#[test]
fn absent_fields_are_nil_and_empty_ones_are_empty() {
    let message = "Subject:\r\nFrom: user@domain (Real Name)\r\nSender: \r\nReply-To:\r\n\
                   To: group: g1@d1.org, g2@d2.org;, group2: g3@d3.org;\r\n\r\n";
    let from = "((\"Real Name\" NIL \"user\" \"domain\"))";
    assert_eq!(
        text(derived(message).envelope()),
        format!(
            "(NIL \"\" {from} {from} {from} ((NIL NIL \"group\" NIL)(NIL NIL \"g1\" \"d1.org\")\
             (NIL NIL \"g2\" \"d2.org\")(NIL NIL NIL NIL)(NIL NIL \"group2\" NIL)\
             (NIL NIL \"g3\" \"d3.org\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)"
        )
    );
}

#[test]
fn texts_are_undecoded_and_what_is_no_ascii_is_a_literal() {
    let message = "Subject: =?utf-8?Q?caf=C3=A9?=\r\n folded \\ \"q\"\r\n\
                   From: J\u{f6}rg <j@x>\r\nTo: <@route:user@domain>\r\n\
                   To: second@field\r\nSubject: second\r\n\r\n";
    let from = "(({5}\r\nJ\u{f6}rg NIL \"j\" \"x\"))";
    assert_eq!(
        text(derived(message).envelope()),
        format!(
            "(NIL \"=?utf-8?Q?caf=C3=A9?= folded \\\\ \\\"q\\\"\" {from} {from} {from} \
             ((NIL \"@route\" \"user\" \"domain\")(NIL NIL \"second\" \"field\")) NIL NIL NIL NIL)"
        )
    );
}

/// The boundary is folded inside its quotes.
#[test]
fn multipart_and_extension_data() {
    let message = "Mime-Version: 1.0\nContent-Type: multipart/MIXED; boundary=\"foo\n bar\"\n\
        Content-Language: en, fr\n\n--foo bar\n\
        Content-Type: text/x-myown; charset=us-ascii; name*0=\"a\"; name*1*=%20b\n\
        Content-Disposition: attachment; filename=\"x y\"\nContent-MD5: Q2hlY2s=\n\
        Content-ID: <id>\nContent-Description: say \"hi\"\nContent-Language: en\n\
        Content-Location: http://x/y\nContent-Transfer-Encoding: Quoted-Printable\n\n\
        hello\n\n--foo bar--\n";
    let part = "\"text\" \"x-myown\" (\"charset\" \"us-ascii\" \"name*\" \"''a%20b\") \"<id>\" \
                \"say \\\"hi\\\"\" \"Quoted-Printable\" 6 1";
    assert_eq!(
        structure(message),
        format!(
            "(({part} \"Q2hlY2s=\" (\"attachment\" (\"filename\" \"x y\")) (\"en\") \
             \"http://x/y\") \"mixed\" (\"boundary\" \"foo bar\") NIL (\"en\" \"fr\") NIL)"
        )
    );
    assert_eq!(text(&derived(message).body()), format!("(({part}) \"mixed\")"));
}

#[test]
fn embedded_messages_and_digests() {
    let inner = "Subject: in\n\ntext\n";
    let message = format!(
        "Content-Type: multipart/digest; boundary=b\n\n--b\n\n{inner}\n--b\n\
         Content-Type: message/global\n\n{inner}\n--b--\n"
    );
    let text_part = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 1)";
    let envelope = "(NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL)";
    let part = format!("(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 18 {envelope} {text_part} 3)");
    assert_eq!(text(&derived(&message).body()), format!("({part}{part} \"digest\")"));
}

#[test]
fn what_is_not_divided_is_shown_as_what_it_can_be_read_as() {
    let no_boundary = "Content-Type: multipart/mixed; x=y\n\none\ntwo\n";
    assert_eq!(
        text(&derived(no_boundary).body()),
        "(\"text\" \"plain\" (\"x\" \"y\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 8 2)"
    );
    let encoded = "Content-Type: message/rfc822; name=x\nContent-Transfer-Encoding: base64\n\nAAAA";
    assert_eq!(
        text(&derived(encoded).body()),
        "(\"application\" \"octet-stream\" (\"name\" \"x\") NIL NIL \"base64\" 4)"
    );
    let broken = "Content-Type: nonsense\nContent-Transfer-Encoding:\n\nx";
    assert_eq!(
        text(&derived(broken).body()),
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0)"
    );
}

#[test]
fn the_stored_form_comes_back_and_any_other_is_refused() {
    let message = "Subject: \u{e9}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b--";
    let derived = derived(message);
    let stored = Bytes::from(derived.encode());
    assert_eq!(Derived::decode(&stored), Some(derived));
    for len in 0..stored.len() {
        assert_eq!(Derived::decode(&stored.slice(..len)), None, "cut at {len}");
    }
    let longer = Bytes::from([&stored[..], b"x"].concat());
    assert_eq!(Derived::decode(&longer), None);
    let mut other_version = stored.to_vec();
    other_version[0] += 1;
    assert_eq!(Derived::decode(&other_version.into()), None);
}

//! METADATA, QUOTA and ACL: the commands of the RFCs' examples as values, the responses as bytes.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use imap_frontend::codec::command::{
    AclOf, Depth, Entry, GetMetadata, Identifier, List, Resource, RightsChange, SetAcl,
    SetMetadata, SetQuota, Stage,
};
use imap_frontend::codec::reply::{Code, Condition, ListAttribute};
use imap_frontend::codec::{Command, CommandText, MailboxName, Reply, parse};
use mailstore::rights::{Rights, Sign};

fn command(line: &'static str) -> Command {
    let command = parse(&CommandText::new([line, "\r\n"].concat())).unwrap().command;
    assert_eq!(command.stage(), Stage::Authenticated);
    let name = line.split(' ').nth(1).unwrap();
    assert_eq!(command.name(), name.to_ascii_uppercase());
    command
}

fn rejected(line: &str) -> String {
    let text = CommandText::new(format!("{line}\r\n").into_bytes());
    parse(&text).unwrap_err().error.to_string()
}

fn mailbox(name: &str) -> MailboxName {
    MailboxName::new(name)
}

fn entry(name: &str) -> Entry {
    Entry::new(name).unwrap()
}

fn written(write: impl FnOnce(&mut Reply)) -> String {
    let mut reply = Reply::new();
    write(&mut reply);
    String::from_utf8(reply.take().to_vec()).unwrap()
}

#[test]
fn metadata_is_asked_for() {
    let get = |name: &str, max_size, depth, entries: &[&str]| {
        let entries = entries.iter().map(|name| entry(name)).collect();
        Command::GetMetadata(GetMetadata { mailbox: mailbox(name), max_size, depth, entries })
    };
    let both = ["/shared/comment", "/private/comment"];
    let cases = [
        ("a GETMETADATA \"\" /shared/comment", get("", None, Depth::Zero, &both[..1])),
        ("a getmetadata INBOX /Shared/Comment", get("INBOX", None, Depth::Zero, &both[..1])),
        (
            "a GETMETADATA \"INBOX\" (/shared/comment /private/comment)",
            get("INBOX", None, Depth::Zero, &both),
        ),
        (
            "a GETMETADATA \"INBOX\" /shared/comment /private/comment",
            get("INBOX", None, Depth::Zero, &both),
        ),
        (
            "a GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)",
            get("INBOX", Some(1024), Depth::Zero, &both),
        ),
        (
            "a GETMETADATA (maxsize 1024 DEPTH 1) INBOX (\"/shared/comment\" /private/comment)",
            get("INBOX", Some(1024), Depth::One, &both),
        ),
        (
            "a GETMETADATA \"INBOX\" (DEPTH infinity) (/private)",
            get("INBOX", None, Depth::Infinity, &["/private"]),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(command(line), expected, "{line}");
    }
    for line in [
        "a GETMETADATA INBOX",
        "a GETMETADATA INBOX ()",
        "a GETMETADATA INBOX (MAXSIZE) /shared/x",
        "a GETMETADATA (DEPTH 2) INBOX /shared/x",
        "a GETMETADATA INBOX /sharedx",
        "a GETMETADATA INBOX shared/x",
        "a GETMETADATA INBOX \"/shared/%\"",
        "a GETMETADATA INBOX \"/shared/\u{e4}\"",
    ] {
        assert!(rejected(line).starts_with("expected"), "{line}: {}", rejected(line));
    }
}

#[test]
fn metadata_is_set() {
    let line = "a SETMETADATA INBOX (/private/comment \"My new comment\" /shared/comment NIL \
                /private/x {3}\r\nNIL /private/y ~{2}\r\n\0a)";
    let values = [
        ("/private/comment", Some("My new comment")),
        ("/shared/comment", None),
        ("/private/x", Some("NIL")),
        ("/private/y", Some("\0a")),
    ];
    let value = |(name, value): (&str, Option<&'static str>)| (entry(name), value.map(Bytes::from));
    let values = values.map(value).to_vec();
    assert_eq!(
        command(line),
        Command::SetMetadata(SetMetadata { mailbox: mailbox("INBOX"), values })
    );
}

#[test]
fn metadata_is_told() {
    let told =
        |values: &[(&str, Option<&[u8]>)]| written(|r| r.metadata("INBOX", values.iter().copied()));
    assert_eq!(
        told(&[("/shared/comment", Some(b"Its sunny outside!")), ("/private/comment", None)]),
        "* METADATA \"INBOX\" (/shared/comment \"Its sunny outside!\" /private/comment NIL)\r\n"
    );
    assert_eq!(
        told(&[("/private/a b", Some(b"\0\r\n"))]),
        "* METADATA \"INBOX\" (\"/private/a b\" ~{3}\r\n\0\r\n)\r\n"
    );
    let codes = [
        (Code::MetadataLongEntries(2199), "METADATA LONGENTRIES 2199"),
        (Code::MetadataMaxSize(65_536), "METADATA MAXSIZE 65536"),
        (Code::MetadataTooMany, "METADATA TOOMANY"),
        (Code::UseAttr, "USEATTR"),
    ];
    for (code, text) in codes {
        let line = written(|r| r.untagged(Condition::No, Some(code), "x"));
        assert_eq!(line, format!("* NO [{text}] x\r\n"));
    }
}

#[test]
fn quotas() {
    let root = || "!partition/sda4".to_owned();
    assert_eq!(command("G0001 GETQUOTA \"!partition/sda4\""), Command::GetQuota(root()));
    assert_eq!(command("G0002 GETQUOTAROOT INBOX"), Command::GetQuotaRoot(mailbox("INBOX")));
    let limits = vec![(Some(Resource::Storage), 510), (None, 1), (Some(Resource::Message), 0)];
    assert_eq!(
        command("S0001 SETQUOTA \"!partition/sda4\" (STORAGE 510 X-FROB 1 message 0)"),
        Command::SetQuota(SetQuota { root: root(), limits })
    );
    let lifted = SetQuota { root: String::new(), limits: vec![] };
    assert_eq!(command("a SETQUOTA \"\" ()"), Command::SetQuota(lifted));
    let limits = [(Resource::Storage, 54, 111), (Resource::Message, 42, 1000)];
    assert_eq!(
        written(|r| r.quota("#user/alice", &limits)),
        "* QUOTA #user/alice (STORAGE 54 111 MESSAGE 42 1000)\r\n"
    );
    assert_eq!(written(|r| r.quota("", &[])), "* QUOTA \"\" ()\r\n");
    assert_eq!(written(|r| r.quota_root("INBOX", &[""])), "* QUOTAROOT INBOX \"\"\r\n");
    assert_eq!(written(|r| r.quota_root("comp.mail.mime", &[])), "* QUOTAROOT comp.mail.mime\r\n");
}

#[test]
fn access_lists() {
    let identifier = |name: &str, sign| Identifier { sign, name: name.to_owned() };
    let set = |name, sign, change| {
        let mailbox = mailbox("INBOX/Drafts");
        Command::SetAcl(SetAcl { mailbox, identifier: identifier(name, sign), change })
    };
    let rights = |letters| Rights::parse(letters).unwrap();
    let cases = [
        ("A035 SETACL INBOX/Drafts John lrQswicda", None),
        (
            "A035 SETACL INBOX/Drafts John lrswicda",
            Some(set("John", Sign::Gives, RightsChange::Replace(rights("lrswikxtea")))),
        ),
        (
            "A036 SETACL INBOX/Drafts -John +r",
            Some(set("John", Sign::Takes, RightsChange::Add(rights("r")))),
        ),
        ("A036 SETACL INBOX/Drafts anyone -\"r\"", None),
        (
            "A036 SETACL INBOX/Drafts anyone \"-rw\"",
            Some(set("anyone", Sign::Gives, RightsChange::Remove(rights("rw")))),
        ),
        (
            "A036 SETACL INBOX/Drafts anyone \"\"",
            Some(set("anyone", Sign::Gives, RightsChange::Replace(Rights::NONE))),
        ),
        ("A036 SETACL INBOX/Drafts - r", None),
    ];
    for (line, expected) in cases {
        match expected {
            Some(expected) => assert_eq!(command(line), expected, "{line}"),
            None => assert!(rejected(line).starts_with("expected"), "{line}"),
        }
    }
    let of = AclOf { mailbox: mailbox("INBOX"), identifier: identifier("Fred", Sign::Takes) };
    assert_eq!(command("B001 DELETEACL INBOX -Fred"), Command::DeleteAcl(of.clone()));
    assert_eq!(command("a001 LISTRIGHTS INBOX -Fred"), Command::ListRights(of));
    assert_eq!(command("A002 GETACL INBOX"), Command::GetAcl(mailbox("INBOX")));
    assert_eq!(command("A003 MYRIGHTS INBOX"), Command::MyRights(mailbox("INBOX")));
}

#[test]
fn access_lists_are_told() {
    let rights = |letters| Rights::parse(letters).unwrap();
    let list = [("Fred".to_owned(), rights("rwipsldexta")), ("-a b".to_owned(), rights("w"))];
    assert_eq!(written(|r| r.acl("INBOX", &list)), "* ACL INBOX Fred lrswipxtead \"-a b\" w\r\n");
    assert_eq!(
        written(|r| r.my_rights("INBOX", rights("rwiptsldaex"))),
        "* MYRIGHTS INBOX lrswipxtead\r\n"
    );
    assert_eq!(
        written(|r| r.list_rights("~/Mail/saved", "smith", rights("la"))),
        "* LISTRIGHTS \"~/Mail/saved\" smith la r s w i p k x t e c d\r\n"
    );
    assert_eq!(
        written(|r| r.list_rights("a", "anyone", Rights::NONE)),
        "* LISTRIGHTS a anyone \"\" l r s w i p k x t e a c d\r\n"
    );
}

#[test]
fn children_are_told_by_what_selects_them() {
    let line = "a LIST (SPECIAL-USE RECURSIVEMATCH SUBSCRIBED) \"\" % \
                RETURN (MYRIGHTS METADATA (/shared/x \"/private/y\") CHILDREN)";
    let Command::List(List { selection, returns, .. }) = command(line) else { panic!() };
    assert_eq!(selection.criteria(), ["SUBSCRIBED", "SPECIAL-USE"]);
    assert!(returns.my_rights && returns.children);
    assert_eq!(returns.metadata, [entry("/shared/x"), entry("/private/y")]);
    assert_eq!(
        written(|r| r.list_above(&[ListAttribute::NonExistent], Some('/'), "Foo", &["SUBSCRIBED"])),
        "* LIST (\\NonExistent) \"/\" Foo (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n"
    );
}

//! The commands of the RFCs' examples, and those real clients send, as values.
#![allow(clippy::unwrap_used)]

mod fetch;
mod search;

use std::num::{NonZeroU32, NonZeroU64};

use imap_frontend::codec::command::{
    Access, Authenticate, By, CatenatePart, Content, ContentName, Copy, Create, Echo, Enable,
    Fetch, FetchItem, Id, InitialStatus, Language, List, ListForm, ListReturn, ListSelection,
    Login, Marks, MessageData, Messages, Notify, NotifyEvent, Partial, Rename, ResultOption,
    Search, Select, Stage, Status, StatusItem, Store, UidExpunge, Watch,
};
use imap_frontend::codec::{Command, CommandText, MailboxName, Pattern, day, parse};
use mailstore::flags::{FlagMode, FlagUpdate, Flags, Keyword, SystemFlag};
use mailstore::mailbox::SpecialUse;
use mailstore::mime::{FieldMode, Section, What};
use mailstore::search::sort::{Criterion, Direction};
use mailstore::search::thread::Algorithm;
use mailstore::search::{DateField, End, Key, Window};
use mailstore::store::directory::Secret;
use mailstore::time::InternalDate;
use mailstore::uid::{Bound, ModSeq, SequenceSet};

fn command(line: &'static str) -> Command {
    let tagged = parse(&CommandText::new([line, "\r\n"].concat()));
    let tagged = tagged.unwrap_or_else(|rejected| panic!("{line}: {rejected:?}"));
    assert_eq!(tagged.tag.as_str(), line.split(' ').next().unwrap());
    tagged.command
}

fn mailbox(name: &str) -> MailboxName {
    MailboxName::new(name)
}

fn number(n: u32) -> Bound {
    Bound::Number(NonZeroU32::new(n).unwrap())
}

/// `0` is `*`.
fn named(ranges: &[(u32, u32)]) -> Messages {
    Messages::Set(set(ranges))
}

fn set(ranges: &[(u32, u32)]) -> SequenceSet {
    let bound = |n| if n == 0 { Bound::Star } else { number(n) };
    SequenceSet(ranges.iter().map(|(from, to)| (bound(*from), bound(*to))).collect())
}

fn flags(system: &[SystemFlag], keywords: &[&str]) -> Flags {
    Flags::new(
        system.iter().copied(),
        keywords.iter().map(|keyword| Keyword::new(keyword).unwrap()),
    )
}

#[test]
fn without_arguments() {
    assert_eq!(command("a001 CAPABILITY"), Command::Capability);
    assert_eq!(command("a002 NOOP"), Command::Noop);
    assert_eq!(command("a002 noop "), Command::Noop);
    assert_eq!(command("A023 LOGOUT"), Command::Logout);
    assert_eq!(command("a000 starttls"), Command::StartTls);
    assert_eq!(command("A001 NAMESPACE"), Command::Namespace);
    assert_eq!(command("A002 IDLE"), Command::Idle);
    assert_eq!(command("A1 CHECK"), Command::Check);
    assert_eq!(command("A341 CLOSE"), Command::Close);
    assert_eq!(command("A342 UNSELECT"), Command::Unselect);
    assert_eq!(command("A202 EXPUNGE"), Command::Expunge);
    assert_eq!(command("a unauthenticate"), Command::Unauthenticate);
    assert_eq!(command("c compress deflate"), Command::Compress);
}

#[test]
fn language() {
    let language = |ranges: &[&str]| {
        Command::Language(Language { ranges: ranges.iter().map(|s| (*s).to_owned()).collect() })
    };
    assert_eq!(command("A003 LANGUAGE"), language(&[]));
    assert_eq!(command("E001 LANGUAGE FR-CA EN-CA"), language(&["FR-CA", "EN-CA"]));
    assert_eq!(command("D003 LANGUAGE \"default\""), language(&["default"]));
}

#[test]
fn notify() {
    let Command::Notify(Notify::Set { status, groups }) = command(
        "b notify set status (selected MessageNew (uid body.peek[header.fields (from to \
         subject)]) MessageExpunge) (subtree (Lists \"a b\") (FlagChange Frob)) (inboxes NONE)",
    ) else {
        panic!("it is a NOTIFY SET");
    };
    assert_eq!(status, InitialStatus::Told);
    let watched: Vec<_> = groups.iter().map(|group| group.mailboxes.clone()).collect();
    let subtree = Watch::Subtree(vec![mailbox("Lists"), mailbox("a b")]);
    assert_eq!(watched, [Watch::Selected, subtree, Watch::Inboxes]);
    let events: Vec<_> = groups.iter().map(|group| group.events.clone()).collect();
    let new = vec![NotifyEvent::MessageNew, NotifyEvent::MessageExpunge];
    assert_eq!(events, [new, vec![NotifyEvent::FlagChange, NotifyEvent::Other], vec![]]);
    assert_eq!(groups[0].fetch.len(), 2);
    assert_eq!(command("a NOTIFY NONE"), Command::Notify(Notify::None));
}

#[test]
fn login() {
    let login = |name: &str, password: &str| {
        Command::Login(Login { name: name.into(), password: Secret::new(password) })
    };
    assert_eq!(command("a001 LOGIN SMITH SESAME"), login("SMITH", "SESAME"));
    assert_eq!(command("b LOGIN \"fr\\\"ed\" {3}\r\nf o"), login("fr\"ed", "f o"));
    assert_eq!(
        command("A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man"),
        login("FRED FOOBAR", "fat man")
    );
}

#[test]
fn authenticate() {
    let authenticate = |mechanism: &str, initial: Option<&[u8]>| {
        Command::Authenticate(Authenticate {
            mechanism: mechanism.into(),
            initial: initial.map(<[u8]>::to_vec),
        })
    };
    assert_eq!(command("A01 AUTHENTICATE plain"), authenticate("PLAIN", None));
    assert_eq!(command("A01 AUTHENTICATE EXTERNAL ="), authenticate("EXTERNAL", Some(b"")));
    assert_eq!(
        command("A03 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q="),
        authenticate("PLAIN", Some(b"test\0test\0test"))
    );
}

#[test]
fn secrets_are_not_shown() {
    for line in ["a LOGIN x geheim", "a AUTHENTICATE PLAIN dGVzdAB0ZXN0AGdlaGVpbQ=="] {
        let shown = format!("{:?}", command(line));
        assert!(!shown.contains("geheim") && !shown.contains("101, 104"), "{shown}");
    }
}

#[test]
fn id_and_enable() {
    let fields = [("name", Some("sodr")), ("version", Some("19.34")), ("os", None)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
    assert_eq!(
        command(r#"a023 ID ("name" "sodr" "version" "19.34" "os" NIL)"#),
        Command::Id(Id { fields: fields.to_vec() })
    );
    assert_eq!(command("a042 ID NIL"), Command::Id(Id { fields: Vec::new() }));
    let capabilities = vec!["CONDSTORE".to_owned(), "X-GOOD-IDEA".to_owned()];
    assert_eq!(
        command("t2 ENABLE CONDSTORE x-good-idea"),
        Command::Enable(Enable { capabilities })
    );
}

#[test]
fn select_with_what_the_client_knows() {
    let known = |text: &str| {
        let line = format!("a SELECT INBOX (QRESYNC ({text}))\r\n");
        let Ok(Command::Select(select)) =
            parse(&CommandText::new(line)).map(|tagged| tagged.command)
        else {
            panic!("{text} is not understood");
        };
        select.qresync.unwrap()
    };
    let bare = known("67890007 20050715194045000");
    assert_eq!((bare.uid_validity, bare.modseq), (67_890_007, ModSeq(20_050_715_194_045_000)));
    assert_eq!((bare.known, bare.matches), (None, None));
    let full = known("1 2 41,43:211,214:541 (5000,7500,9990:9992 15000,22500,29970,29973,29976)");
    assert_eq!(full.known.unwrap().to_string(), "41,43:211,214:541");
    let (seqs, uids) = full.matches.unwrap();
    assert_eq!(seqs.to_string(), "5000,7500,9990:9992");
    assert_eq!(uids.to_string(), "15000,22500,29970,29973,29976");
    assert!(known("1 2 (1 5)").matches.is_some());
    assert!(known("1 2 9,3:1").known.is_some());
    for wrong in
        ["1", "0 1", "1 0", "1 1 *", "1 1 1:*", "1 1 (1 2:3)", "1 1 (2,1 4,5)", "1 1 (1,1 4,5)"]
    {
        let line = format!("a SELECT INBOX (QRESYNC ({wrong}))");
        assert!(parse(&CommandText::new(line.clone() + "\r\n")).is_err(), "{line}");
    }
}

#[test]
fn select_and_examine() {
    let select = |name, access, condstore| {
        Command::Select(Select { mailbox: mailbox(name), access, condstore, qresync: None })
    };
    assert_eq!(command("A142 SELECT INBOX"), select("INBOX", Access::ReadWrite, false));
    assert_eq!(command("a002 select \"iNbOx\""), select("INBOX", Access::ReadWrite, false));
    assert_eq!(command("A142 SELECT INBOX (CONDSTORE)"), select("INBOX", Access::ReadWrite, true));
    assert_eq!(command("A932 EXAMINE blurdybloop"), select("blurdybloop", Access::ReadOnly, false));
    assert_eq!(
        command("a SELECT ~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        select("~peter/mail/台北/日本語", Access::ReadWrite, false)
    );
    assert_eq!(command("a SELECT \"Entwürfe\""), select("Entwürfe", Access::ReadWrite, false));
}

#[test]
fn mailboxes() {
    let create = |name: &str, uses: &[SpecialUse]| {
        Command::Create(Create {
            mailbox: mailbox(name),
            uses: uses.iter().copied().map(Some).collect(),
        })
    };
    assert_eq!(command("A003 CREATE owatagusiam/"), create("owatagusiam/", &[]));
    assert_eq!(command("A006 CREATE \"#mh/Deleted Items\""), create("#mh/Deleted Items", &[]));
    assert_eq!(
        command("t2 CREATE MySpecial (USE (\\Drafts \\Sent))"),
        create("MySpecial", &[SpecialUse::Drafts, SpecialUse::Sent])
    );
    assert_eq!(command("t3 CREATE X (USE (\\all))"), create("X", &[SpecialUse::All]));
    assert_eq!(command("A685 DELETE foo/bar"), Command::Delete(mailbox("foo/bar")));
    assert_eq!(
        command("Z433 RENAME INBOX old-mail"),
        Command::Rename(Rename { from: mailbox("INBOX"), to: mailbox("old-mail") })
    );
    assert_eq!(
        command("A002 SUBSCRIBE #news.comp.mail.mime"),
        Command::Subscribe(mailbox("#news.comp.mail.mime"))
    );
    assert_eq!(command("1003 UNSUBSCRIBE X"), Command::Unsubscribe(mailbox("X")));
}

fn list(line: &'static str) -> List {
    let Command::List(list) = command(line) else { panic!("{line}") };
    list
}

#[test]
fn list_of_rfc_3501() {
    let plain = |form, reference: &str, pattern: &str| List {
        form,
        selection: ListSelection::default(),
        reference: reference.into(),
        patterns: vec![Pattern::new(pattern)],
        returns: ListReturn::default(),
    };
    assert_eq!(list("A682 LIST \"\" *"), plain(ListForm::List, "", "*"));
    assert_eq!(list("A202 LIST ~/Mail/ %"), plain(ListForm::List, "~/Mail/", "%"));
    assert_eq!(list("A002 LIST \"\" \"#Users/%\""), plain(ListForm::List, "", "#Users/%"));
    assert_eq!(
        list("A002 LSUB \"#news.\" \"comp.mail.*\""),
        plain(ListForm::Lsub, "#news.", "comp.mail.*")
    );
    assert_eq!(list("a XLIST \"\" \"*\""), plain(ListForm::Xlist, "", "*"));
    assert!(list("A101 LIST \"\" \"\"").asks_for_delimiter());
    assert!(list("A102 LIST #news.comp.mail.misc \"\"").asks_for_delimiter());
    assert!(!list("A1 LIST \"\" %").asks_for_delimiter());
    let full: Vec<_> = list("a LIST a/ b*").full_patterns().collect();
    assert_eq!(full, [Pattern::new("a/b*")]);
}

#[test]
fn list_extended() {
    let selection =
        list("A1 LIST (SUBSCRIBED RECURSIVEMATCH REMOTE SPECIAL-USE) \"\" \"*\"").selection;
    let all =
        ListSelection { subscribed: true, remote: true, recursive_match: true, special_use: true };
    assert_eq!(selection, all);
    assert_eq!(
        list("A03 LIST () \"\" \"%\" RETURN (CHILDREN)").selection,
        ListSelection::default()
    );
    let returns =
        list("A LIST \"\" % RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))");
    assert_eq!(
        returns.returns,
        ListReturn {
            subscribed: true,
            children: true,
            special_use: true,
            status: vec![StatusItem::Messages, StatusItem::Unseen],
            ..ListReturn::default()
        }
    );
    let patterns = list("BBB LIST \"\" (\"INBOX\" \"Drafts\" Sent/%)").patterns;
    assert_eq!(patterns, ["INBOX", "Drafts", "Sent/%"].map(Pattern::new));
    assert_eq!(list("a LIST \"\" % RETURN ()").returns, ListReturn::default());
}

#[test]
fn status() {
    let items = vec![StatusItem::UidNext, StatusItem::Messages, StatusItem::HighestModSeq];
    assert_eq!(
        command("A042 STATUS blurdybloop (UIDNEXT MESSAGES HIGHESTMODSEQ MESSAGES)"),
        Command::Status(Status { mailbox: mailbox("blurdybloop"), items })
    );
    let all = "a STATUS x (messages recent uidnext uidvalidity unseen highestmodseq size deleted deleted-storage appendlimit)";
    let Command::Status(status) = command(all) else { panic!() };
    assert_eq!(status.items.len(), 10);
    for item in status.items {
        assert!(all.contains(&item.name().to_ascii_lowercase()));
    }
}

#[test]
fn append() {
    let line = "A003 APPEND saved-messages (\\Seen $Fwd \\Recent) \" 7-Feb-1994 22:43:04 -0800\" {4}\r\nx\r\ny";
    let Command::Append(append) = command(line) else { panic!() };
    assert_eq!(append.mailbox, mailbox("saved-messages"));
    let message = &append.messages[0];
    assert_eq!(message.flags, flags(&[SystemFlag::Seen], &["$Fwd"]));
    assert_eq!(message.date, Some(InternalDate { secs: 760_689_784, zone: -480 }));
    assert_eq!(message.data, MessageData::Literal("x\r\ny".into()));
    let Command::Append(append) = command("a APPEND x {1}\r\na () {0}\r\n {1}\r\nb") else {
        panic!()
    };
    assert_eq!(append.messages.len(), 3);
    let Command::Append(append) = command("a APPEND x ~{3}\r\na\0b () ~{1+}\r\n\0") else {
        panic!()
    };
    let data: Vec<_> = append.messages.into_iter().map(|message| message.data).collect();
    assert_eq!(data, ["a\0b", "\0"].map(|text| MessageData::Binary(text.into())));
}

#[test]
fn catenate() {
    let line = "A003 APPEND Drafts (\\Seen) CATENATE (URL \"/Drafts/;UID=20\" TEXT {4}\r\na\r\nb  url x )\
        \"17-Jul-1996 02:44:25 -0700\" {1+}\r\nc CATENATE (text ~{1}\r\n\0)";
    let line = line.replace(")\"", ") \"");
    let Command::Append(append) = command(line.leak()) else { panic!() };
    assert_eq!(append.messages[0].flags, flags(&[SystemFlag::Seen], &[]));
    assert_eq!(append.messages[1].date, Some(InternalDate { secs: 837_596_665, zone: -420 }));
    let url = |url: &str| CatenatePart::Url(url.into());
    let text = |text: &'static str| CatenatePart::Text(text.into());
    let data: Vec<_> = append.messages.into_iter().map(|message| message.data).collect();
    assert_eq!(
        data,
        [
            MessageData::Catenate(vec![url("/Drafts/;UID=20"), text("a\r\nb"), url("x")]),
            MessageData::Literal("c".into()),
            MessageData::Catenate(vec![text("\0")]),
        ]
    );
    let line = "a UID REPLACE 4 x CATENATE (TEXT {1}\r\na)";
    let Command::Replace(replace) = command(line) else { panic!() };
    assert_eq!(replace.new.data, MessageData::Catenate(vec![text("a")]));
}

#[test]
fn copy_and_move() {
    let copy =
        |by, ranges: &[(u32, u32)], name| Copy { by, set: named(ranges), mailbox: mailbox(name) };
    assert_eq!(
        command("A003 COPY 2:4 MEETING"),
        Command::Copy(copy(By::Seq, &[(2, 4)], "MEETING"))
    );
    assert_eq!(
        command("A005 UID COPY 305:310,* meeting"),
        Command::Copy(copy(By::Uid, &[(305, 310), (0, 0)], "meeting"))
    );
    assert_eq!(command("a UID MOVE 42:69 foo"), Command::Move(copy(By::Uid, &[(42, 69)], "foo")));
    assert_eq!(command("a MOVE *:1 inbox"), Command::Move(copy(By::Seq, &[(0, 1)], "INBOX")));
    assert_eq!(
        command("A003 UID EXPUNGE 3000:3002"),
        Command::UidExpunge(UidExpunge { set: named(&[(3000, 3002)]) })
    );
}

#[test]
fn store() {
    let store = |by, n: u32, since: Option<u64>, mode, names: Flags, echo| {
        Command::Store(Store {
            by,
            set: named(&[(n, n)]),
            unchanged_since: since.map(ModSeq),
            update: FlagUpdate { mode, flags: names },
            echo,
        })
    };
    let seen = || flags(&[SystemFlag::Seen], &[]);
    let deleted = || flags(&[SystemFlag::Deleted], &[]);
    let cases = [
        (
            "a005 store 12 +flags \\deleted",
            store(By::Seq, 12, None, FlagMode::Add, deleted(), Echo::Flags),
        ),
        (
            "A330 STORE 7 -FLAGS.SILENT (\\Answered \\Seen)",
            store(
                By::Seq,
                7,
                None,
                FlagMode::Remove,
                flags(&[SystemFlag::Answered, SystemFlag::Seen], &[]),
                Echo::Silent,
            ),
        ),
        (
            "A1 UID STORE 7 FLAGS ()",
            store(By::Uid, 7, None, FlagMode::Replace, Flags::NONE, Echo::Flags),
        ),
        (
            "b003 STORE 2 (UNCHANGEDSINCE 320172340) +FLAGS (\\Seen)",
            store(By::Seq, 2, Some(320_172_340), FlagMode::Add, seen(), Echo::Flags),
        ),
        (
            "a104 STORE * (UNCHANGEDSINCE 0) FLAGS.SILENT \\Seen $MDNSent f1",
            store(
                By::Seq,
                0,
                Some(0),
                FlagMode::Replace,
                flags(&[SystemFlag::Seen], &["$MDNSent", "f1"]),
                Echo::Silent,
            ),
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(command(line), expected, "{line}");
    }
}

#[test]
fn stages_and_names() {
    let cases = [
        ("a CAPABILITY", Stage::Any),
        ("a STARTTLS", Stage::NotAuthenticated),
        ("a SELECT x", Stage::Authenticated),
        ("a EXAMINE x", Stage::Authenticated),
        ("a LSUB \"\" *", Stage::Authenticated),
        ("a IDLE", Stage::Authenticated),
        ("a FETCH 1 FLAGS", Stage::Selected),
        ("a UID FETCH 1 FLAGS", Stage::Selected),
        ("a STORE 1 FLAGS x", Stage::Selected),
        ("a UID SEARCH ALL", Stage::Selected),
        ("a SEARCH ALL", Stage::Selected),
        ("a UID SORT (DATE) UTF-8 ALL", Stage::Selected),
        ("a CANCELUPDATE \"a\"", Stage::Selected),
        ("a THREAD REFS UTF-8 ALL", Stage::Selected),
        ("a UID EXPUNGE 1", Stage::Selected),
        ("a MOVE 1 x", Stage::Selected),
    ];
    for (line, stage) in cases {
        let command = command(line);
        assert_eq!(command.stage(), stage, "{line}");
        assert!(line[2..].starts_with(command.name()), "{line}");
    }
}

/// As clients have been seen to send them.
#[test]
fn of_real_clients() {
    let lines = [
        "A00004 list (subscribed) \"\" \"*\" return (special-use)",
        "5 list \"\" \"INBOX\"",
        "6 ID (\"name\" \"Thunderbird\" \"version\" \"128.0\")",
        "7 ENABLE CONDSTORE UTF8=ACCEPT",
        "8 UID fetch 1:* (FLAGS) (CHANGEDSINCE 5)",
        "9 UID fetch 7 (UID RFC822.SIZE BODY.PEEK[])",
        "a0003 STATUS \"INBOX\" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY RECENT)",
        "a0005 FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM \
            SENDER SUBJECT TO CC MESSAGE-ID REFERENCES CONTENT-TYPE X-LABEL X-ORIGINAL-TO)])",
        "a0006 UID STORE 1,5:7 -FLAGS.SILENT (\\Deleted)",
        "KBPK1 UID SEARCH (ALL)",
        "KBPK2 SEARCH UNSEEN ",
        "A002 FETCH 1 BODY[TEXT]",
        "A003 FETCH 1 BODY[1]<0.100>",
        "A6 UID SEARCH RETURN (ALL COUNT) 1:* UNDELETED",
        "10 UID SEARCH HEADER X-TUID iDgJ4Tfy0Ox1",
        "11 UID FETCH 1:9 (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-TUID)])",
        "12 CREATE \"Sent Items\"",
        "13 UID MOVE 5 \"Deleted Messages\"",
        "14 XLIST \"\" \"*\"",
        "15 SELECT \"INBOX\" ",
        "16 AUTHENTICATE XOAUTH2 dXNlcj1h",
    ];
    for line in lines {
        command(line);
    }
}

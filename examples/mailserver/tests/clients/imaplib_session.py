"""A session of Python's imaplib: every command that it has a method for."""
from session import login, ok, same

ODD = b"Subject: odd\r\n\r\nbare \n newline, \x00 and \xff\r\n.\r\nand no end"
PLAIN = b"From: Bob <bob@example.org>\r\nSubject: plain\r\n\r\nhello world\r\n"

imap = login()
# imaplib asks before the login only.
imap._get_capabilities()
for name in ("IMAP4REV1", "IDLE", "MOVE", "UIDPLUS", "CONDSTORE", "UNSELECT", "SPECIAL-USE"):
    assert name in imap.capabilities, (name, imap.capabilities)

same(ok(imap.select("INBOX")), [b"0"])
for message in (ODD, PLAIN):
    # imaplib makes every newline CRLF unless it is told not to.
    imap.literal = message
    ok(imap._simple_command("APPEND", "INBOX", "(\\Flagged)", '"23-Nov-2026 12:00:00 +0100"'))
ok(imap.noop())
same(imap.response("EXISTS")[1][-1], b"2")

(head, body), _ = ok(imap.fetch("1", "(RFC822.SIZE BODY.PEEK[])"))
same(body, ODD)
assert b"RFC822.SIZE %d" % len(ODD) in head, head
same(ok(imap.fetch("2", "(BODY.PEEK[TEXT]<1.4>)"))[0][1], b"ello")
assert b'"23-Nov-2026 12:00:00 +0100"' in ok(imap.fetch("2", "(INTERNALDATE)"))[0]

same(ok(imap.search(None, "FROM", "bob")), [b"2"])
same(ok(imap.search(None, "BODY", '"HELLO"')), [b"2"])
same(ok(imap.search(None, "FLAGGED", "UNSEEN")), [b"1 2"])
same(ok(imap.uid("SEARCH", "SUBJECT", "odd")), [b"1"])

ok(imap.store("1", "+FLAGS", "(\\Seen Work)"))
flags = ok(imap.fetch("1", "(FLAGS)"))[0]
assert b"\\Seen" in flags and b"Work" in flags, flags

ok(imap.create("Lists/rust"))
names = b" ".join(ok(imap.list()))
assert b'"/" Lists/rust' in names or b'"/" "Lists/rust"' in names, names
ok(imap.subscribe("Lists/rust"))
assert any(b"Lists/rust" in line for line in ok(imap.lsub()))
ok(imap.copy("1:2", "Lists/rust"))
assert b"MESSAGES 2" in ok(imap.status("Lists/rust", "(MESSAGES UNSEEN)"))[0]
ok(imap.rename("Lists", "Archive"))
assert b"MESSAGES 2" in ok(imap.status("Archive/rust", "(MESSAGES)"))[0]

ok(imap.uid("MOVE", "2", "Archive/rust"))
same(imap.response("EXPUNGE")[1], [b"2"])
same(ok(imap.search(None, "ALL")), [b"1"])
ok(imap.store("1", "+FLAGS", "(\\Deleted)"))
same(ok(imap.expunge()), [b"1"])
ok(imap.close())

same(ok(imap.select("Archive/rust", readonly=True)), [b"3"])
same(ok(imap.fetch("1", "(BODY[])"))[0][1], ODD)
ok(imap.unselect())
ok(imap.delete("Archive/rust"))
same(imap.select("Archive/rust")[0], "NO")
imap.logout()

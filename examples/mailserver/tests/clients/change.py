"""Flags one message and removes another, for mbsync to find."""
from session import login, ok

imap = login()
ok(imap.select("INBOX"))
ok(imap.store("500", "+FLAGS", "(\\Flagged)"))
ok(imap.store("700", "+FLAGS", "(\\Deleted)"))
ok(imap.expunge())
imap.logout()

"""What mbsync brought from its side."""
from session import login, ok, same

imap = login()
same(ok(imap.select("INBOX")), [b"1000"])
same(ok(imap.search(None, "SUBJECT", '"from here"')), [b"1000"])
same(len(ok(imap.search(None, "FLAGGED"))[0].split()), 1)
imap.logout()

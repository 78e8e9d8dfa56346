"""neomutt, at a terminal, opens INBOX, copies all of it to a file, deletes it and quits."""
import os
import pty
import select
import sys
import time

from session import DIRECTORY, PASSWORD, PORT, USER, login, ok, same

MESSAGES = [
    b"From: Bob <bob@example.org>\r\nSubject: number %d\r\n\r\nhello %d\r\n" % (n, n) for n in (1, 2, 3)
]
imap = login()
for message in MESSAGES:
    ok(imap.append("INBOX", None, None, message))

copy = os.path.join(DIRECTORY, "copy")
config = os.path.join(DIRECTORY, "neomuttrc")
with open(config, "w") as file:
    file.write(
        """
set folder = "imap://127.0.0.1:%s/"
set spoolfile = "imap://127.0.0.1:%s/INBOX"
set imap_user = "%s"
set imap_pass = "%s"
set ssl_starttls = no
set ssl_force_tls = no
set mbox_type = mbox
set confirmappend = no
set confirmcreate = no
set delete = yes
set quit = yes
set auto_tag = yes
push "<tag-pattern>~A<enter><copy-message>%s<enter><delete-message><sync-mailbox><quit>"
"""
        % (PORT, PORT, USER, PASSWORD, copy)
    )

child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm", HOME=DIRECTORY)
    os.execvp("neomutt", ["neomutt", "-n", "-F", config])
shown, end = b"", time.time() + 60
while time.time() < end:
    if select.select([terminal], [], [], 1)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    elif os.waitpid(child, os.WNOHANG)[0]:
        break
else:
    sys.exit("neomutt did not end: %r" % shown[-2000:])

with open(copy, "rb") as file:
    mbox = file.read()
for message in MESSAGES:
    assert message.split(b"\r\n\r\n")[1].strip() in mbox, (mbox, shown[-2000:])
same(ok(imap.select("INBOX")), [b"0"])
imap.logout()

"""A thousand messages for mbsync."""
from session import login, ok

imap = login()
for number in range(1000):
    message = "From: a@example.org\r\nSubject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\nbody %d\r\n"
    ok(imap.append("INBOX", None, None, (message % (number, number, number)).encode()))
imap.logout()

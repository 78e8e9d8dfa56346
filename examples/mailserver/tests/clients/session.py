"""What the scripts share: a logged-in connection, and a check that says what it saw."""
import imaplib
import sys

imaplib._MAXLINE = 10_000_000
PORT, USER, PASSWORD, DIRECTORY = sys.argv[1:5]


def login(user=USER):
    imap = imaplib.IMAP4("127.0.0.1", int(PORT))
    ok(imap.login(user, PASSWORD))
    return imap


def ok(answer):
    status, data = answer
    assert status == "OK", answer
    return data


def same(found, expected):
    assert found == expected, "found %r, expected %r" % (found, expected)

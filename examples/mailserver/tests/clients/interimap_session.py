"""interimap, which mirrors one user to another by QRESYNC: all of it, what has changed on both sides, and
nothing when nothing has."""
import os
import subprocess

from session import DIRECTORY, PASSWORD, PORT, USER, login, ok, same

ODD = b"Subject: odd\r\n\r\nbare \n newline, \x00 and \xff\r\n.\r\nand no end"
MAILBOXES = ["INBOX", "R&-D", '"gr&APw-n \\"x\\""']
USERS = {"local": USER, "remote": "bob"}

environment = dict(os.environ, HOME=DIRECTORY)
for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
    environment.pop(name, None)
for path in (".config/interimap", ".local/share"):
    os.makedirs(os.path.join(DIRECTORY, path))
config = os.path.join(DIRECTORY, ".config/interimap/config")
with open(os.open(config, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
    file.write("database = both.db\n")
    for side, user in USERS.items():
        file.write(
            "[%s]\ntype = imap\nhost = 127.0.0.1\nport = %s\nSTARTTLS = no\nauth = PLAIN\nusername = %s\npassword = %s\n"
            % (side, PORT, user, PASSWORD)
        )


def sync():
    """What it says that it has done."""
    done = subprocess.run(["interimap"], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done
    return [line for line in (done.stdout + done.stderr).splitlines() if "IMAP traffic" not in line]


def rest():
    """The next run sets the flags again of what has been appended; after that there is nothing to do."""
    said = sync()
    assert all("Updated flags" in line for line in said), said
    same(sync(), [])


def append(imap, mailbox, flags, message):
    # imaplib makes every newline CRLF unless it is told not to.
    imap.literal = message
    ok(imap._simple_command("APPEND", mailbox, flags, '"23-Nov-2026 12:00:00 +0100"'))


def everything(user):
    imap = login(user)
    found = {}
    for mailbox in MAILBOXES:
        ok(imap.select(mailbox, readonly=True))
        found[mailbox] = ok(imap.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])"))
    imap.logout()
    return found


def alike():
    found = everything("bob")
    same(found, everything(USER))
    return found


alice = login()
for mailbox in MAILBOXES[1:]:
    ok(alice.create(mailbox))
    ok(alice.subscribe(mailbox))
    append(alice, mailbox, "(\\Seen)", ODD)
for number in range(20):
    flags = "(\\Flagged $Work)" if number % 3 else "()"
    append(alice, "INBOX", flags, b"Subject: %d\r\n\r\n%s\r\n" % (number, b"gr\xfcn \r\n" * number))
append(alice, "INBOX", "()", ODD)

sync()
first = alike()
same([len([part for part in found if isinstance(part, tuple)]) for found in first.values()], [21, 1, 1])
assert any(part[1] == ODD for part in first["INBOX"] if isinstance(part, tuple)), first["INBOX"]
rest()
same(alike(), first)

bob = login("bob")
ok(alice.select("INBOX"))
ok(alice.uid("STORE", "5", "+FLAGS", "(\\Answered $Later)"))
ok(alice.uid("STORE", "1,7", "+FLAGS", "(\\Deleted)"))
ok(alice.expunge())
append(alice, "R&-D", "(\\Draft)", b"Subject: new here\r\n\r\nbody\r\n")
ok(bob.select("INBOX"))
ok(bob.uid("STORE", "2,3", "-FLAGS", "(\\Flagged)"))
ok(bob.uid("STORE", "9", "+FLAGS", "(\\Deleted)"))
ok(bob.expunge())
append(bob, "INBOX", "()", b"Subject: new there\r\n\r\nbody\r\n")
ok(bob.subscribe("Trash"))
for imap in (alice, bob):
    imap.logout()

said = sync()
second = alike()
heads = b" ".join(part[0] for part in second["INBOX"] if isinstance(part, tuple))
same([uid for uid in range(1, 23) if b"(UID %d " % uid not in heads], [1, 7, 9])
for flags in (b"(UID 2 FLAGS ($Work)", b"(UID 5 FLAGS (\\Answered \\Flagged $Later $Work)", b"(UID 22 FLAGS ()"):
    assert flags in heads, (flags, heads, said)
assert second["R&-D"] != first["R&-D"]
rest()
same(alike(), second)

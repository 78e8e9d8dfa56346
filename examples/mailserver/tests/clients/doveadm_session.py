"""Dovecot's doveadm, which backs mail up over IMAP into a Maildir of its own: with UIDs and flags, what has
changed, and nothing when nothing has."""
import glob
import os
import re
import subprocess
import tempfile

from session import PASSWORD, PORT, USER, login, ok, same

NAMES = {"INBOX": "", "R&-D": ".R&-D", "gr&APw-n/sub": ".gr&APw-n.sub"}
MESSAGES = [b"Subject: %d\r\n\r\n%s.\r\nend\r\n" % (n, b"gr\xfcn \r\n" * n) for n in range(20)]

# It refuses to touch mail as root.
home = tempfile.TemporaryDirectory()
owner, group = (os.getuid(), os.getgid()) if os.getuid() else (65534, 65534)
os.chown(home.name, owner, group)
config = os.path.join(home.name, "config")
with open(config, "w") as file:
    file.write(
        """
log_path = /dev/stderr
ssl = no
mail_location = maildir:%s/mail
mail_uid = %d
mail_gid = %d
first_valid_uid = 1
namespace inbox {
  inbox = yes
  separator = /
}
imapc_host = 127.0.0.1
imapc_port = %s
imapc_user = %s
imapc_password = "%s"
imapc_features = rfc822.size fetch-headers
"""
        % (home.name, owner, group, PORT, USER, PASSWORD)
    )


def doveadm(*arguments):
    done = subprocess.run(
        ["doveadm", "-c", config, *arguments],
        env=dict(os.environ, HOME=home.name, USER=USER),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done
    return done.stdout


def in_utf8(name):
    return name.replace("&APw-", "\u00fc").replace("&-", "&")


def numbers(text):
    return sorted(int(number) for number in re.findall(r"\b\d+\b", text))


def backup():
    """What is in it then: flags by UID, and the files of each mailbox."""
    doveadm("backup", "-R", "imapc:")
    files = {}
    for name, folder in NAMES.items():
        there = imap.status(name, "(MESSAGES UIDNEXT UIDVALIDITY)")
        here = doveadm("-f", "flow", "mailbox", "status", "messages uidnext uidvalidity", in_utf8(name))
        same(numbers(here.partition("messages=")[2]), numbers(ok(there)[0].decode().rpartition("(")[2]))
        files[name] = paths(folder)
    flags = doveadm("-f", "tab", "fetch", "uid flags", "mailbox", "INBOX").splitlines()[1:]
    return dict(line.split("\t") for line in flags), files


def paths(folder):
    return sorted(glob.glob(os.path.join(home.name, "mail", glob.escape(folder), "[cn][ue][rw]", "*")))


def texts(name):
    found = []
    for path in paths(NAMES[name]):
        with open(path, "rb") as file:
            found.append(file.read())
    return sorted(found)


def as_files(messages):
    return sorted(message.replace(b"\r\n", b"\n") for message in messages)


def append(mailbox, message):
    # imaplib makes every newline CRLF unless it is told not to.
    imap.literal = message
    ok(imap._simple_command("APPEND", mailbox))


imap = login()
for name in list(NAMES)[1:]:
    ok(imap.create(name))
    append(name, MESSAGES[3])
for message in MESSAGES:
    append("INBOX", message)
ok(imap.select("INBOX"))
ok(imap.uid("STORE", "2,4", "+FLAGS", "(\\Flagged $Work)"))

first = backup()
same(texts("INBOX"), as_files(MESSAGES))
same(texts("gr&APw-n/sub"), as_files(MESSAGES[3:4]))
same({uid for uid, flags in first[0].items() if flags == "\\Flagged $Work"}, {"2", "4"})
same(backup(), first)

ok(imap.uid("STORE", "5", "+FLAGS", "(\\Seen)"))
ok(imap.uid("STORE", "1,4", "+FLAGS", "(\\Deleted)"))
ok(imap.expunge())
append("INBOX", b"Subject: new\r\n\r\nbody\r\n")
second = backup()
same([uid for uid in range(1, 23) if str(uid) not in second[0]], [1, 4, 22])
same([second[0][uid] for uid in ("2", "3", "5", "21")], ["\\Flagged $Work", "", "\\Seen", ""])
same(backup(), second)
imap.logout()

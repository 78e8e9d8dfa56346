"""Thunderbird downloads a mailbox, hears of new mail, and changes what is there."""
import mailbox
import time

from marionette import Thunderbird
from session import DIRECTORY, PASSWORD, PORT, USER, login, ok, same

NEW = b"Subject: while it looks\r\n\r\nnew\r\n"

ACCOUNT = """
const [port, user, password] = given;
const place = "imap://127.0.0.1";
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init(place, null, place, user, password, "", "");
await Services.logins.addLoginAsync(login);
const server = MailServices.accounts.createIncomingServer(user, "127.0.0.1", "imap");
server.port = Number(port);
server.socketType = 0; // in clear
server.authMethod = 3; // a password
server.QueryInterface(Ci.nsIImapIncomingServer).offlineDownload = true;
server.valid = true;
const account = MailServices.accounts.createAccount();
account.addIdentity(MailServices.accounts.createIdentity());
account.incomingServer = server;
"""

DOWNLOAD = """
imap().performExpand(null);
await until(inbox);
const folder = inbox().QueryInterface(Ci.nsIMsgImapMailFolder);
await listened(then => folder.updateFolderWithListener(null, then));
await listened(then => folder.downloadAllForOffline(then, null));
const OFFLINE = 0x80;
await until(() => [...folder.messages].every(message => message.flags & OFFLINE));
return [folder.filePath.path, folder.getTotalMessages(false)];
"""

# The folder is open, so the connection is in IDLE.
NEWS = """
await until(() => inbox().getTotalMessages(false) == given[0]);
const messages = [...inbox().messages];
return messages.map(message => message.subject).includes(given[1]);
"""

CHANGE = """
const messages = [...inbox().messages].sort((one, other) => one.messageKey - other.messageKey);
inbox().markMessagesFlagged([messages[0]], true);
inbox().markMessagesRead([messages[1]], true);
const trash = imap().rootFolder.subFolders.find(folder => folder.flags & 0x100);
await new Promise(then => MailServices.copy.copyMessages(
    inbox(), [messages[2]], trash, true,
    { onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() {}, onStopCopy: then }, null, false));
await until(() => inbox().getTotalMessages(false) == messages.length - 1);
"""


def stored(path):
    """The messages of Thunderbird's file, without the fields that it adds."""
    for message in mailbox.mbox(path, create=False):
        for name in [name for name in message.keys() if name.startswith("X-Mozilla-")]:
            del message[name]
        yield lines(message.as_bytes())


def lines(message):
    """Without the line ends, and without `>` before From, both of which the format does not keep."""
    return [line.lstrip(b">") for line in message.rstrip().splitlines()]


imap = login()
ok(imap.select("INBOX"))
sent = [part[1] for part in ok(imap.fetch("1:*", "(BODY.PEEK[])")) if isinstance(part, tuple)]
with Thunderbird(DIRECTORY) as thunderbird:
    thunderbird.run(ACCOUNT, PORT, USER, PASSWORD)
    path, count = thunderbird.run(DOWNLOAD)
    same(count, len(sent))
    # The last of them may not be in the file yet.
    for _ in range(600):
        found = sorted(stored(path))
        if len(found) == count:
            break
        time.sleep(0.1)
    same(found, sorted(lines(message) for message in sent))

    imap.literal = NEW
    ok(imap._simple_command("APPEND", "INBOX"))
    same(thunderbird.run(NEWS, count + 1, "while it looks"), True)

    thunderbird.run(CHANGE)
    for _ in range(600):
        ok(imap.noop())
        flagged, seen = (ok(imap.uid("SEARCH", key)) for key in ("FLAGGED", "SEEN"))
        trash = ok(imap.status("Trash", "(MESSAGES)"))
        if (flagged, seen, trash) == ([b"1"], [b"2"], [b'Trash (MESSAGES 1)']):
            break
    same((flagged, seen, trash), ([b"1"], [b"2"], [b'Trash (MESSAGES 1)']))
    same(ok(imap.search(None, "UID", "3", "UNDELETED")), [b""])

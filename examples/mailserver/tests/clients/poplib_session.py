"""poplib: every command it knows, in the clear, after STLS and within TLS."""
import poplib
import ssl
import sys

port, secure, user, password, many = sys.argv[1:]
many = int(many)
context = ssl._create_unverified_context()

box = poplib.POP3("127.0.0.1", int(port), timeout=60)
assert "STLS" in box.capa() and "UIDL" in box.capa()
box.stls(context)
assert "STLS" not in box.capa()
box.utf8()
box.user(user)
box.pass_(password)
count, size = box.stat()
assert count == many
_, listed, _ = box.list()
assert sum(int(line.split()[1]) for line in listed) == size
uidls = [line.split()[1] for line in box.uidl()[1]]
assert len(set(uidls)) == many
for number in range(1, many + 1):
    _, lines, _ = box.retr(number)
    message = b"".join(line + b"\r\n" for line in lines)
    assert len(message) == int(listed[number - 1].split()[1]), number
    assert message.startswith(b"Subject: number %d\r\n" % number)
    head = box.top(number, 0)[1]
    assert lines[: len(head)] == head and head[-1] == b""
box.noop()
box.dele(1)
box.rset()
box.dele(2)

again = poplib.POP3_SSL("127.0.0.1", int(secure), timeout=60, context=context)
again.user(user)
try:
    again.pass_(password)
    raise AssertionError("two sessions have one maildrop")
except poplib.error_proto as error:
    assert "[IN-USE]" in str(error)
box.quit()
again.user(user)
again.pass_(password)
left = [line.split()[1] for line in again.uidl()[1]]
assert left == uidls[:1] + uidls[2:]
again.quit()

// A session of imapflow: `session.cjs PORT SECURE_PORT LMTP_PORT USER PASSWORD`.
const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { ImapFlow } = require('imapflow');

const [port, securePort, lmtpPort, user, pass] = process.argv.slice(2);
const ODD = Buffer.from('Subject: odd\r\n\r\nbare \n newline, \x00 and \xff\r\n.\r\nand no end', 'latin1');

async function connect(options) {
    const client = new ImapFlow({
        host: '127.0.0.1',
        port: Number(port),
        auth: { user, pass },
        logger: false,
        tls: { rejectUnauthorized: false },
        ...options
    });
    await client.connect();
    return client;
}

const clear = { secure: false, doSTARTTLS: false };

// The next event of this name; the client is in IDLE, or goes there by itself.
async function event(client, name, cause) {
    const waits = once(client, name, { signal: AbortSignal.timeout(60_000) });
    await cause();
    const [data] = await waits;
    return data;
}

// What the server says when a line begins so.
async function lmtp(lines) {
    const socket = net.connect(Number(lmtpPort), '127.0.0.1');
    socket.setEncoding('latin1');
    let said = '';
    socket.on('data', text => (said += text));
    const answered = async count => {
        while (said.split('\r\n').filter(line => /^\d+ /.test(line)).length < count) {
            await once(socket, 'data');
        }
    };
    await answered(1);
    for (const [at, line] of lines.entries()) {
        socket.write(`${line}\r\n`);
        await answered(at + 2);
    }
    socket.end();
    assert.match(said, /\r\n250 2\.[^\r]*\r\n$/, said);
}

const deliver = subject =>
    lmtp(['LHLO here', 'MAIL FROM:<>', `RCPT TO:<${user}@localhost>`, 'DATA', `Subject: ${subject}\r\n\r\nbody\r\n.`]);

async function overTls() {
    for (const options of [{ secure: true, port: Number(securePort) }, { secure: false, doSTARTTLS: true }]) {
        const client = await connect(options);
        assert.ok(client.secureConnection);
        assert.equal((await client.status('INBOX', { messages: true })).messages, 0);
        await client.logout();
    }
}

async function mailboxes(client) {
    await client.mailboxCreate(['Archive', 'gr\u00fcn']);
    const listed = await client.list({ statusQuery: { messages: true, unseen: true } });
    const sent = listed.find(box => box.specialUse === '\\Sent');
    assert.ok(sent && sent.subscribed, JSON.stringify(listed));
    const own = listed.find(box => box.path === 'Archive/gr\u00fcn');
    assert.equal(own.status.messages, 0);
    await client.mailboxRename('Archive/gr\u00fcn', 'Archive/rot');
    const subscribed = async () => (await client.list()).find(box => box.path === 'Archive/rot').subscribed === true;
    await client.mailboxUnsubscribe('Archive/rot');
    assert.equal(await subscribed(), false);
    await client.mailboxSubscribe('Archive/rot');
    assert.equal(await subscribed(), true);
}

async function messages(client) {
    const date = new Date('2026-11-23T11:00:00Z');
    const appended = await client.append('INBOX', ODD, ['\\Flagged', 'Work'], date);
    assert.equal(appended.uid, 1);
    await client.mailboxOpen('INBOX');
    const odd = await client.fetchOne('1', { source: true, flags: true, envelope: true, size: true, internalDate: true, bodyStructure: true, threadId: true }, { uid: true });
    assert.ok(odd.source.equals(ODD), odd.source.toString());
    assert.equal(odd.size, ODD.length);
    assert.equal(odd.envelope.subject, 'odd');
    assert.equal(odd.internalDate.getTime(), date.getTime());
    assert.deepEqual([...odd.flags].sort(), ['Work', '\\Flagged']);
    assert.ok(odd.emailId && odd.threadId);

    for (let number = 2; number <= 9; number += 1) {
        await client.append('INBOX', `Subject: number ${number}\r\nFrom: bob@example.org\r\n\r\n${'text '.repeat(number)}\r\n`);
    }
    assert.deepEqual(await client.search({ subject: 'number', not: { subject: '7' } }, { uid: true }), [2, 3, 4, 5, 6, 8, 9]);
    assert.deepEqual(await client.search({ or: [{ keyword: 'Work' }, { body: 'TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT TEXT' }] }, { uid: true }), [1, 9]);
    assert.ok(await client.messageFlagsAdd('2:4', ['\\Seen', '$Label1'], { uid: true }));
    assert.deepEqual(await client.search({ seen: true }, { uid: true }), [2, 3, 4]);
    const { content } = await client.download('1', undefined, { uid: true });
    const pieces = await content.toArray();
    assert.ok(Buffer.concat(pieces).equals(ODD));
    const copied = await client.messageCopy('1:2', 'Archive/rot', { uid: true });
    assert.deepEqual([...copied.uidMap.keys()], [1, 2]);
    const moved = await client.messageMove('3', 'Archive/rot', { uid: true });
    assert.equal(moved.uidMap.get(3), 3);
    assert.equal((await client.status('Archive/rot', { messages: true, unseen: true })).messages, 3);
    assert.ok(await client.messageDelete('4', { uid: true }));
    assert.equal(client.mailbox.exists, 7);
    const [quota] = [await client.getQuota('INBOX')];
    assert.ok(quota === false || quota.path === 'INBOX', JSON.stringify(quota));
}

// What others do is told in IDLE.
async function idle() {
    const watcher = await connect({ ...clear, qresync: true });
    const other = await connect(clear);
    await watcher.mailboxOpen('INBOX');
    await other.mailboxOpen('INBOX');
    watcher.idle();
    const arrived = await event(watcher, 'exists', () => deliver('in idle'));
    assert.deepEqual([arrived.prevCount, arrived.count], [7, 8]);
    watcher.idle();
    const flagged = await event(watcher, 'flags', () => other.messageFlagsAdd('5', ['\\Answered'], { uid: true }));
    assert.ok(flagged.flags.has('\\Answered'));
    watcher.idle();
    const expunged = await event(watcher, 'expunge', () => other.messageDelete('5', { uid: true }));
    assert.deepEqual([expunged.uid, expunged.vanished], [5, true]);
    await watcher.logout();
    await other.logout();
}

// After it was away it is told what it has missed, and no more.
async function resync() {
    const first = await connect({ ...clear, qresync: true });
    const known = await first.mailboxOpen('INBOX');
    await first.logout();
    const other = await connect(clear);
    await other.mailboxOpen('INBOX');
    await other.messageFlagsAdd('6', ['\\Flagged'], { uid: true });
    await other.messageDelete('8', { uid: true });
    await deliver('while away');
    await other.logout();

    const again = await connect({ ...clear, qresync: true });
    const [gone, changed] = [[], []];
    again.on('expunge', data => gone.push([data.uid, data.earlier]));
    again.on('flags', data => changed.push(data.uid));
    const box = await again.mailboxOpen('INBOX', { changedSince: known.highestModseq, uidValidity: known.uidValidity });
    assert.ok(box.qresync && box.highestModseq > known.highestModseq);
    assert.deepEqual(gone, [[8, true]]);
    assert.deepEqual(changed.filter(uid => uid !== undefined), [6, 11]);
    const since = await again.fetchAll('1:*', { flags: true, envelope: true }, { uid: true, changedSince: known.highestModseq });
    assert.deepEqual(since.map(message => message.uid), [6, 11]);
    assert.equal(since[1].envelope.subject, 'while away');
    await again.mailboxClose();
    await again.logout();
}

(async () => {
    await overTls();
    const client = await connect(clear);
    await mailboxes(client);
    await messages(client);
    await idle();
    await resync();
    await client.mailboxDelete('Archive/rot');
    await client.logout();
})().catch(error => {
    console.error(error);
    process.exit(1);
});

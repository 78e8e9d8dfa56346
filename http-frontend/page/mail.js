// The mailboxes of a user, the messages of one, and one message: three panes, on a phone one at a
// time. Kept up to date by the journal.

import { call, get, upload } from './api.js';
import { byId, el, show, size, toast, when } from './dom.js';
import { message } from './message.js';

let at;
const panes = { boxes: null, list: null, read: null };

export async function mail(where) {
  const same = at && at.user === where.user && panes.list?.isConnected;
  const moved = !same || at.mailbox !== where.mailbox;
  at = where;
  if (!same) await frame();
  panes.frame.classList.toggle('reading', Boolean(where.uid));
  if (moved) await Promise.all([boxes(), messages()]);
  mark();
  await reading();
}

async function frame() {
  panes.boxes = el('nav', { class: 'card pane boxes', 'aria-label': 'Mailboxes' });
  panes.list = el('ul', { class: 'list', id: 'messages' });
  panes.read = el('article', { class: 'card pane', id: 'reading' });
  const files = el('input', { type: 'file', multiple: true, hidden: true, accept: '.eml,message/rfc822' });
  files.addEventListener('change', async () => {
    await put(files.files);
    // So that the same file can be chosen again.
    files.value = '';
  });
  const search = el('input', { type: 'search', id: 'search', placeholder: 'Search', 'aria-label': 'Search' });
  search.addEventListener('change', () => messages(search.value.trim()));
  panes.search = search;
  panes.more = el('button', { class: 'quiet', hidden: true, onclick: more }, 'Older');
  const list = el('section', { class: 'card pane messages' },
    el('div', { class: 'row' }, el('span', { class: 'grow' }, search), el('button', { onclick: () => files.click(), title: 'Upload .eml files' }, 'Upload'), files),
    panes.list, panes.more);
  panes.frame = el('div', { class: 'mail' }, panes.boxes, list, panes.read);
  show(panes.frame);
  const user = await get(`/users/${at.user}`);
  byId('where').replaceChildren(...(at.root ? [el('a', { href: '#/users' }, 'Users'), ' / '] : []), user.name);
}

async function boxes() {
  const page = await get(`/users/${at.user}/mailboxes?limit=250`);
  panes.boxes.replaceChildren(
    el('h2', {}, 'Mailboxes'),
    ...page.items.map((box) => el('a', {
      href: `#/${at.user}/${box.id}`,
      'aria-current': box.id === at.mailbox ? 'page' : undefined,
      title: `${box.messages} messages, ${size(box.bytes)}`,
    }, el('span', { class: 'grow cut' }, box.name), box.unseen ? el('span', { class: 'badge' }, String(box.unseen)) : null)),
  );
}

let next;
let sought = '';

async function page(after) {
  const path = `/users/${at.user}/mailboxes/${at.mailbox}`;
  if (!sought) return get(`${path}/messages?limit=50${after ? `&after=${after}` : ''}`);
  return call('POST', `${path}/search`, { query: { text: sought }, limit: 50, after });
}

async function messages(text = '') {
  sought = text;
  if (panes.search.value.trim() !== text) panes.search.value = text;
  const known = new Set([...panes.list.querySelectorAll('a')].map((link) => link.dataset.key));
  const fresh = known.size > 0;
  const found = await page();
  panes.list.replaceChildren(...found.items.map((item) => entry(item, fresh && !known.has(key(item)))));
  if (!found.items.length) panes.list.append(el('li', { class: 'notice' }, text ? 'Nothing found.' : 'Nothing here yet.'));
  next = found.next;
  panes.more.hidden = !next;
  mark();
}

async function more() {
  const found = await page(next);
  panes.list.append(...found.items.map((item) => entry(item, false)));
  next = found.next;
  panes.more.hidden = !next;
  mark();
}

const key = (item) => `${at.user}/${at.mailbox}/${item.uid}`;

function entry(item, fresh) {
  const from = item.from[0]?.name || item.from[0]?.address || 'unknown';
  const unseen = !item.flags.includes('\\Seen');
  const link = el('a', { href: `#/${key(item)}`, class: `message${unseen ? ' unseen' : ''}${fresh ? ' fresh' : ''}` },
    el('div', { class: 'line' }, el('span', { class: 'grow cut from' }, from), el('span', { class: 'faint' }, when(item.internal_date))),
    el('div', { class: 'cut subject' }, item.subject || '(no subject)'),
    el('div', { class: 'line faint' }, el('span', { class: 'grow cut' }, item.preview), item.has_attachments ? el('span', { class: 'badge' }, 'file') : null, el('span', {}, size(item.size))));
  link.dataset.key = key(item);
  return el('li', {}, link);
}

function mark() {
  const current = `${at.user}/${at.mailbox}/${at.uid}`;
  for (const link of panes.list.querySelectorAll('a')) {
    if (link.dataset.key === current) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

async function reading() {
  if (!at.uid) {
    panes.read.replaceChildren(el('p', { class: 'notice' }, 'Choose a message.'));
    return;
  }
  await message(panes.read, at);
}

async function put(files) {
  for (const file of files) {
    try {
      await upload(`/users/${at.user}/mailboxes/${at.mailbox}/messages`, file);
      toast(`${file.name} is stored`);
    } catch (problem) {
      toast(`${file.name}: ${problem.message}`);
    }
  }
}

// The journal says that something happened.
export async function happened(event) {
  if (!at || !panes.list?.isConnected || !location.hash.startsWith(`#/${at.user}/`)) return;
  await boxes();
  const here = event.mailbox === at.mailbox || event.event === 'reset';
  if (here && !sought) await messages();
}

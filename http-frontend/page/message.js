// One message: as people read it, its tree, its source.

import { bytes, call, get } from './api.js';
import { el, plural, size, toast } from './dom.js';
import { tree } from './tree.js';

export async function message(pane, { user, mailbox, uid }) {
  const path = `/users/${user}/mailboxes/${mailbox}/messages/${uid}`;
  const found = await get(path);
  const { summary } = found;
  const body = el('div', { id: 'content' });
  const tab = (title, id, fill) => el('button', { role: 'tab', id: `view-${id}`, onclick: (event) => choose(event.currentTarget, fill) }, title);
  const tabs = el('div', { class: 'tabs', role: 'tablist' },
    tab('Message', 'message', () => readable(path, found)),
    tab('Tree', 'tree', () => tree(path)),
    tab('Source', 'source', () => source(path, summary.size)));
  async function choose(button, fill) {
    for (const other of tabs.children) other.setAttribute('aria-selected', other === button);
    body.replaceChildren(el('p', { class: 'notice' }, '…'));
    try {
      body.replaceChildren(...[await fill()].flat());
    } catch (problem) {
      body.replaceChildren(el('p', { class: 'problem' }, problem.message));
    }
  }
  pane.replaceChildren(
    el('a', { class: 'back', href: `#/${user}/${mailbox}` }, '← Messages'),
    el('h1', {}, summary.subject || '(no subject)'),
    el('dl', { class: 'fields' },
      people('From', summary.from), people('To', summary.to), people('Cc', summary.cc),
      el('dt', {}, 'Arrived'), el('dd', {}, new Date(summary.internal_date).toLocaleString()),
      el('dt', {}, 'Size'), el('dd', {}, `${size(summary.size)} · UID ${summary.uid} · MODSEQ ${summary.modseq}`)),
    tabs, body,
    el('div', { class: 'files' },
      el('button', { onclick: () => change(path, { add: ['\\Flagged'] }, 'Flagged') }, 'Flag'),
      el('button', { onclick: () => change(path, { remove: ['\\Seen'] }, 'Unread') }, 'Mark unread'),
      el('button', { id: 'delete', onclick: () => remove(path, `#/${user}/${mailbox}`) }, 'Delete')));
  await choose(tabs.firstChild, () => readable(path, found));
  if (!summary.flags.includes('\\Seen')) await call('PATCH', path, { flags: { add: ['\\Seen'] } });
}

function people(title, list) {
  if (!list.length) return [];
  const names = list.map(({ name, address }) => (name ? `${name} <${address}>` : address));
  return [el('dt', {}, title), el('dd', {}, names.join(', '))];
}

function readable(path, found) {
  const parts = [];
  if (found.truncated) parts.push(el('p', { class: 'problem' }, 'Not all of it is shown; the source has everything.'));
  if (found.html) {
    // Nothing runs in it: the server has made it safe, and the frame may do nothing.
    const frame = el('iframe', { sandbox: 'allow-popups allow-popups-to-escape-sandbox', title: 'The message' });
    frame.srcdoc = `<!doctype html><link rel="stylesheet" href="${location.origin}/mail.css">${found.html}`;
    parts.push(frame);
  } else {
    parts.push(el('pre', { class: 'text' }, found.text));
  }
  const files = found.attachments.map((file) => el('button', { onclick: () => save(path, file) },
    `${file.name ?? file.media} · ${size(file.size ?? file.encoded_size)}`));
  if (files.length) parts.push(el('h3', {}, plural(files.length, 'attachment')), el('div', { class: 'files' }, files));
  return parts;
}

async function save(path, file) {
  const url = URL.createObjectURL(new Blob([await bytes(`${path}/parts/${file.part}`)]));
  el('a', { href: url, download: file.name ?? 'attachment' }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// As much of the source as a page can show.
async function source(path, total) {
  const most = 200_000;
  const all = new Uint8Array(await bytes(`${path}/source`));
  const text = new TextDecoder('utf-8').decode(all.subarray(0, most));
  const note = total > most ? el('p', { class: 'faint' }, `The first ${size(most)} of ${size(total)}.`) : null;
  return [note, el('pre', { class: 'text mono' }, text)].filter(Boolean);
}

async function change(path, flags, said) {
  await call('PATCH', path, { flags });
  toast(said);
}

async function remove(path, back) {
  if (!confirm('Delete this message for good?')) return;
  await call('DELETE', path);
  location.hash = back;
  toast('Deleted');
}

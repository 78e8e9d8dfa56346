// The journal of the user that is looked at, live.

import { follow } from './api.js';
import { byId, el } from './dom.js';
import { happened } from './mail.js';

const MOST = 100;
let user;
let stop;
let list;

export function watch(who) {
  if (who === user) return;
  unwatch();
  user = who;
  stop = new AbortController();
  const dot = el('span', { class: 'dot' });
  list = el('ol', {}, el('li', { class: 'faint' }, 'Nothing has happened since this page was opened.'));
  byId('journal').replaceChildren(
    el('details', { open: innerWidth > 900 }, el('summary', {}, dot, ' Journal, live'), list));
  byId('journal').hidden = false;
  follow(who, {
    signal: stop.signal,
    // What happened before the stream began is not in it.
    opened: () => {
      dot.classList.add('live');
      happened({ event: 'reset' });
    },
    closed: () => dot.classList.remove('live'),
    event: tell,
  });
}

export function unwatch() {
  stop?.abort();
  user = undefined;
  byId('journal').hidden = true;
}

function tell(event) {
  if (list.firstChild?.classList.contains('faint')) list.replaceChildren();
  list.prepend(el('li', {},
    el('code', { class: 'faint' }, String(event.modseq)),
    el('span', { class: 'badge' }, event.event),
    el('span', {}, words(event))));
  while (list.children.length > MOST) list.lastChild.remove();
  happened(event);
}

function words(event) {
  const uids = (event.uids ?? []).map(([first, last]) => (first === last ? first : `${first}:${last}`)).join(', ');
  switch (event.event) {
    case 'arrived': return `UID ${uids} came into mailbox ${event.mailbox}`;
    case 'flags': return `flags of UID ${uids} in mailbox ${event.mailbox} changed`;
    case 'expunged': return `UID ${uids} left mailbox ${event.mailbox}`;
    case 'mailbox': return `mailbox ${event.mailbox}: ${event.change}`;
    case 'property': return event.mailbox ? `a property of mailbox ${event.mailbox} changed` : 'a property of the account changed';
    default: return 'something was missed: read anew';
  }
}

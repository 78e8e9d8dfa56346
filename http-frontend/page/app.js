// Signs in, and shows what the address names: #/users, #/USER/MAILBOX, #/USER/MAILBOX/UID.

import { call, get, token } from './api.js';
import { byId, el, field, form, show, toast } from './dom.js';
import { watch, unwatch } from './journal.js';
import { mail } from './mail.js';
import { users } from './users.js';

let session;

async function start() {
  session = undefined;
  if (token.read()) {
    try {
      session = await get('/session');
    } catch (problem) {
      if (problem.status !== 401) toast(problem.message);
      token.drop();
    }
  }
  if (!session) return signIn();
  byId('who').replaceChildren(
    el('span', { class: 'badge' }, session.name ?? 'root'),
    el('button', { class: 'quiet', id: 'sign-out', onclick: signOut }, 'Sign out'),
  );
  await route();
}

function signIn() {
  unwatch();
  byId('who').replaceChildren(el('a', { href: '/docs' }, 'API'));
  byId('where').replaceChildren();
  const byPassword = form(
    [
      field('Name or address', 'name', { required: true, autocomplete: 'username', autofocus: true }),
      field('Password', 'password', { type: 'password', required: true, autocomplete: 'current-password' }),
    ],
    'Sign in',
    async (data) => {
      const made = await call('POST', '/session', { name: data.get('name'), password: data.get('password') });
      await enter(made.token);
    },
  );
  const byToken = form(
    [field('Token', 'token', { type: 'password', required: true, placeholder: 'mst_…' })],
    'Use token',
    (data) => enter(data.get('token').trim()),
  );
  const tab = (title, id) => el('button', { role: 'tab', id: `tab-${id}`, type: 'button', onclick: () => choose(id) }, title);
  const tabs = el('div', { class: 'tabs', role: 'tablist' }, tab('Password', 'password'), tab('Root or API token', 'token'));
  function choose(id) {
    byPassword.hidden = id !== 'password';
    byToken.hidden = id !== 'token';
    for (const button of tabs.children) button.setAttribute('aria-selected', button.id === `tab-${id}`);
  }
  choose('password');
  show(
    el('section', { class: 'card narrow' },
      el('h1', {}, 'Sign in'), tabs, byPassword, byToken,
      el('p', { class: 'faint' }, 'The server says its root token when it starts for the first time.')),
  );
}

async function enter(value) {
  token.keep(value);
  try {
    session = await get('/session');
  } catch (problem) {
    token.drop();
    throw problem;
  }
  location.hash = session.user ? `#/${session.user}/1` : '#/users';
  await start();
}

async function signOut() {
  try {
    await call('DELETE', '/session');
  } catch {
    // The token is forgotten here in any case.
  }
  token.drop();
  location.hash = '#/';
  await start();
}

async function route() {
  if (!session) return;
  const [first, mailbox, uid] = location.hash.replace(/^#\/?/, '').split('/');
  const user = session.user ?? (/^\d+$/.test(first) ? Number(first) : undefined);
  try {
    if (user === undefined) {
      unwatch();
      await users();
    } else {
      await mail({ user, root: !session.user, mailbox: Number(mailbox) || 1, uid: Number(uid) || undefined });
      watch(user);
    }
  } catch (problem) {
    if (problem.status === 401) return start();
    show(el('p', { class: 'notice' }, problem.message));
  }
}

addEventListener('hashchange', route);
start();

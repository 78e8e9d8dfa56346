// Signs in, and shows what the address names: #/users, #/USER/MAILBOX,
// #/USER/MAILBOX/UID, #/USER/account.

import { account } from './account.js';
import { call, get, token } from './api.js';
import { byId, el, field, form, show } from './dom.js';
import { watch, unwatch } from './journal.js';
import { signInByKey } from './keys.js';
import { mail } from './mail.js';
import { users } from './users.js';

let session;

async function start() {
  session = undefined;
  if (token.read()) {
    try {
      session = await get('/session');
    } catch (problem) {
      if (problem.status !== 401) return away(problem);
      token.drop();
    }
  }
  if (!session) return signIn();
  byId('who').replaceChildren(
    session.user
      ? el('a', { class: 'badge', id: 'account', href: `#/${session.user}/account`, title: 'Your account' }, session.name)
      : el('span', { class: 'badge' }, 'root'),
    el('button', { class: 'quiet', id: 'sign-out', onclick: signOut }, 'Sign out'),
  );
  await route();
}

// The token may be good still: who has signed in stays so.
function away(problem) {
  unwatch();
  show(el('section', { class: 'card narrow' },
    el('h1', {}, 'No connection'),
    el('p', { class: 'problem' }, problem.message),
    el('button', { class: 'primary', onclick: start }, 'Try again')));
}

function signIn() {
  unwatch();
  byId('who').replaceChildren(el('a', { href: '/docs' }, 'API'));
  byId('where').replaceChildren();
  const code = field('Code', 'code', { autocomplete: 'one-time-code' });
  code.hidden = true;
  // What else the account has is known once the password is right.
  function offer(factors) {
    if (!factors.includes('code') && !factors.includes('recovery-code')) return;
    const what = factors.includes('code') ? 'Code of your app, or a recovery code' : 'Recovery code';
    code.firstChild.textContent = factors.includes('security-key') ? `${what}, without your security key` : what;
    code.hidden = false;
    code.querySelector('input').focus();
  }
  const byPassword = form(
    [
      field('Name or address', 'name', { required: true, autocomplete: 'username', autofocus: true }),
      field('Password', 'password', { type: 'password', required: true, autocomplete: 'current-password' }),
      code,
    ],
    'Sign in',
    async (data) => {
      const shown = { name: data.get('name'), password: data.get('password') };
      if (data.get('code')) shown.code = data.get('code');
      try {
        await enter((await call('POST', '/session', shown)).token);
      } catch (problem) {
        if (problem.code !== 'code-wanted') throw problem;
        offer(problem.factors);
        if (problem.factors.includes('security-key')) {
          await enter((await signInByKey(shown.name, shown.password)).token);
        }
      }
    },
  );
  const byToken = form(
    [field('Root or API token', 'token', { type: 'password', required: true, placeholder: 'mst_…' })],
    'Use token',
    (data) => enter(data.get('token').trim()),
  );
  const tab = (title, id) => el('button', { role: 'tab', id: `tab-${id}`, type: 'button', onclick: () => choose(id) }, title);
  const tabs = el('div', { class: 'tabs', role: 'tablist' }, tab('Password', 'password'), tab('Token', 'token'));
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
    } else if (session.user && mailbox === 'account') {
      await account(user, session.name);
    } else {
      await mail({ user, root: !session.user, mailbox: Number(mailbox) || 1, uid: Number(uid) || undefined });
      watch(user);
    }
  } catch (problem) {
    if (problem.status === 401) return start();
    if (problem.status === 0) return away(problem);
    show(el('p', { class: 'notice' }, problem.message));
  }
}

addEventListener('hashchange', route);
start();

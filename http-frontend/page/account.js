// The second factors of whoever has signed in: on, off, and what is shown of them once.

import { call, get } from './api.js';
import { byId, el, field, form, plural, show } from './dom.js';
import { securityKeys } from './keys.js';

export async function account(user, name) {
  byId('where').replaceChildren(el('a', { href: `#/${user}/1` }, 'Mail'), ' / Account');
  const path = `/users/${user}/second-factor`;
  const card = el('section', { class: 'card' });
  const keys = el('section', { class: 'card spaced', hidden: true });
  show(el('div', { class: 'wide' }, card, keys));
  const fill = (...children) => card.replaceChildren(el('h1', {}, `Second factor of ${name}`), ...children);
  const again = async () => shown(await get(path));
  const action = (title, id, act, kind = '') => el('button', { id, class: kind, onclick: () => tried(act) }, title);

  function shown({ state, codes: app, recovery_codes: left }) {
    if (state !== 'on') {
      fill(
        el('p', {}, 'It is off: the password alone opens the account. With it on, a code of an authenticator app or a security key is asked for too, and the password opens nothing but this page.'),
        action('Turn it on', 'turn-on', begin, 'primary'));
      return;
    }
    fill(
      el('p', {}, 'It is on: to sign in here takes a code or a security key. Programs need passwords of their own. ',
        el('span', { class: left ? 'faint' : 'badge bad' }, `${plural(left, 'recovery code')} left`)),
      el('div', { class: 'row' },
        action('New recovery codes', 'renew', async () => codes(await call('POST', `${path}/recovery-codes`))),
        app === 'on'
          ? action('Turn codes of the app off', 'turn-off', turnOff)
          : action('Use an authenticator app too', 'turn-on', begin)));
  }

  async function begin() {
    const { secret, uri } = await call('POST', path);
    const proof = form(
      [field('Code that the app shows', 'code', { required: true, autocomplete: 'one-time-code', inputmode: 'numeric' })],
      'Turn it on',
      async (data) => codes(await call('PUT', path, { code: data.get('code') })),
    );
    fill(
      el('p', {}, 'Add this secret to your authenticator app: ', el('a', { href: uri }, 'open the app'), ', or type it:'),
      el('p', {}, el('code', { id: 'secret' }, secret)),
      proof);
  }

  function codes({ recovery_codes: all }) {
    fill(
      el('p', {}, 'It is on. Keep these recovery codes where you find them without your app and your keys: each signs you in once in their place. They are not shown again.'),
      el('ul', { class: 'codes mono', id: 'codes' }, all.map((code) => el('li', {}, code))),
      action('I have kept them', 'kept', again, 'primary'));
  }

  async function turnOff() {
    if (!confirm('Turn codes of the app off?')) return;
    await call('DELETE', `${path}/codes`);
    await again();
  }

  async function tried(act) {
    try {
      await act();
    } catch (problem) {
      card.querySelector('.problem')?.remove();
      card.append(el('p', { class: 'problem', role: 'alert' }, problem.message));
    }
  }

  await again();
  await securityKeys(keys, user, (made) => (made.length ? codes({ recovery_codes: made }) : again()));
}

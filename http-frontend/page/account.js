// The second factor of whoever has signed in: on, off, and what is shown of it once.

import { call, get } from './api.js';
import { byId, el, field, form, plural, show } from './dom.js';

export async function account(user, name) {
  byId('where').replaceChildren(el('a', { href: `#/${user}/1` }, 'Mail'), ' / Account');
  const path = `/users/${user}/second-factor`;
  const card = el('section', { class: 'card' });
  show(el('div', { class: 'wide' }, card));
  const fill = (...children) => card.replaceChildren(el('h1', {}, `Second factor of ${name}`), ...children);
  const again = async () => shown(await get(path));
  const action = (title, id, act, kind = '') => el('button', { id, class: kind, onclick: () => tried(act) }, title);

  function shown({ state, recovery_codes: left }) {
    if (state === 'on') {
      fill(
        el('p', {}, 'It is on: to sign in here takes a code. Programs need passwords of their own. ',
          el('span', { class: left ? 'faint' : 'badge bad' }, `${plural(left, 'recovery code')} left`)),
        el('div', { class: 'row' },
          action('New recovery codes', 'renew', async () => codes(await call('POST', `${path}/recovery-codes`))),
          action('Turn it off', 'turn-off', turnOff)));
    } else {
      fill(
        el('p', {}, 'It is off: the password alone opens the account. With it on, a code of an authenticator app is asked for too, and the password opens nothing but this page.'),
        action('Turn it on', 'turn-on', begin, 'primary'));
    }
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
      el('p', {}, 'It is on. Keep these recovery codes where you find them without your app: each signs you in once in place of a code. They are not shown again.'),
      el('ul', { class: 'codes mono', id: 'codes' }, all.map((code) => el('li', {}, code))),
      action('I have kept them', 'kept', again, 'primary'));
  }

  async function turnOff() {
    if (!confirm('Turn the second factor off?')) return;
    await call('DELETE', path);
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
}

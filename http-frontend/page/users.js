// Users, for the root token: the list, and a form for a new one.

import { call, get } from './api.js';
import { byId, el, field, form, show, toast, when } from './dom.js';

export async function users() {
  byId('where').replaceChildren('Users');
  const list = el('ul', { class: 'list', id: 'users' });
  const more = el('button', { class: 'quiet', hidden: true }, 'More');
  let next;
  async function load() {
    const page = await get(`/users?limit=50${next ? `&after=${next}` : ''}`);
    list.append(...page.items.map(entry));
    next = page.next;
    more.hidden = !next;
  }
  more.addEventListener('click', load);
  const add = form(
    [
      el('div', { class: 'row' },
        field('Login name', 'name', { required: true, placeholder: 'alice' }),
        field('Address', 'address', { placeholder: 'alice@example.com' }),
        field('Password', 'password', { type: 'password', required: true, autocomplete: 'new-password' })),
    ],
    'Create user',
    async (data) => {
      const address = data.get('address').trim();
      const user = await call('POST', '/users', {
        name: data.get('name').trim(),
        password: data.get('password'),
        addresses: address ? [address] : [],
      });
      list.append(entry(user));
      add.reset();
      toast(`${user.name} has an account now`);
    },
  );
  add.id = 'new-user';
  show(
    el('div', { class: 'wide' },
      el('section', { class: 'card' }, el('h1', {}, 'New user'), add),
      el('section', { class: 'card spaced' }, el('h1', {}, 'Users'), list, more)),
  );
  await load();
  if (!list.children.length) list.append(el('li', { class: 'notice' }, 'Nobody yet: create a user above.'));
}

function entry(user) {
  byId('users')?.querySelector('.notice')?.remove();
  const disabled = user.status !== 'active' && el('span', { class: 'badge bad' }, user.status);
  return el('li', {},
    el('a', { href: `#/${user.id}/1` },
      el('span', { class: 'avatar' }, user.name[0]),
      el('span', { class: 'grow cut' }, user.name),
      disabled || null,
      el('span', { class: 'faint' }, `added ${when(user.created)}`)));
}

// Security keys: adding, listing, naming and removing one's own, and answering with one at sign-in.

import { call, get } from './api.js';
import { el, field, form, when } from './dom.js';

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const known = (question) => question.known.map((id) => ({ type: 'public-key', id: bytes(id) }));

// Asks the browser, whose own words are for programmers.
async function ask(what, question, more) {
  if (!navigator.credentials) throw new Error('Security keys are used over HTTPS only.');
  try {
    return await navigator.credentials[what]({ publicKey: { challenge: bytes(question.challenge), ...more } });
  } catch (problem) {
    if (problem.name === 'SecurityError') throw new Error(`Security keys are used on pages of ${question.party} only.`);
    if (problem.name === 'InvalidStateError') throw new Error('This security key is there already.');
    throw new Error('No security key has answered.');
  }
}

// What a new key answers.
async function create(question) {
  const { response } = await ask('create', question, {
    rp: { id: question.party, name: question.party_name },
    user: { id: bytes(question.handle), name: question.name, displayName: question.name },
    pubKeyCredParams: question.algorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known(question),
    authenticatorSelection: { userVerification: question.verification },
    attestation: 'none',
  });
  return { client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
}

// Signs in with the password and a key.
export async function signInByKey(name, password) {
  const question = await call('POST', '/session/security-key/question', { name, password });
  const { rawId, response } = await ask('get', question, {
    rpId: question.party,
    allowCredentials: known(question),
    userVerification: question.verification,
  });
  const answer = {
    key: text(rawId),
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
  };
  return call('POST', '/session', { name, password, security_key: answer });
}

// Fills a card with the keys of a user. `changed` is told of recovery codes that were made with one.
export async function securityKeys(card, user, changed) {
  const path = `/users/${user}/security-keys`;
  const list = el('ul', { class: 'list', id: 'keys' });
  async function load() {
    const { items } = await get(path);
    list.replaceChildren(...items.map((key) => entry(key, `${path}/${key.id}`, again)));
    if (!items.length) list.append(el('li', { class: 'notice' }, 'None yet.'));
  }
  async function again(made = []) {
    await load();
    await changed(made);
  }
  const add = form(
    [field('Name', 'label', { placeholder: 'blue key', maxlength: '100' })],
    'Add a security key',
    async (data) => {
      const answer = await create(await call('POST', `${path}/question`));
      const added = await call('POST', path, { label: data.get('label').trim(), ...answer });
      add.reset();
      await again(added.recovery_codes);
    },
  );
  add.id = 'new-key';
  try {
    await load();
  } catch (problem) {
    // A server that was built without security keys.
    if (problem.status === 404) return;
    throw problem;
  }
  card.replaceChildren(el('h1', {}, 'Security keys'), list, add);
  card.hidden = false;
}

function entry(key, path, again) {
  const label = el('input', { class: 'grow', 'aria-label': 'Name', maxlength: '100', placeholder: 'Security key', value: key.label });
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
  async function tried(act) {
    try {
      await act();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  }
  label.addEventListener('change', () => tried(() => call('PATCH', path, { label: label.value.trim() })));
  async function remove() {
    if (!confirm('Remove this security key?')) return;
    await call('DELETE', path);
    await again();
  }
  return el('li', { class: 'row' },
    label,
    el('span', { class: 'faint' }, key.last_use ? `used ${when(key.last_use.at)}` : `added ${when(key.created)}`),
    el('button', { class: 'quiet', onclick: () => tried(remove) }, 'Remove'),
    problem);
}

// Talks to the API. The token is kept as long as the tab is open.

const KEY = 'mailstore.token';

export const token = {
  read: () => sessionStorage.getItem(KEY),
  keep: (value) => sessionStorage.setItem(KEY, value),
  drop: () => sessionStorage.removeItem(KEY),
};

export class Problem extends Error {
  constructor(status, document) {
    const said = document.detail || document.title || `status ${status}`;
    super(said[0].toUpperCase() + said.slice(1));
    this.status = status;
    this.code = document.code;
    this.factors = document.second_factors ?? [];
    this.field = document.errors?.[0]?.field;
  }
}

async function send(path, options = {}) {
  const headers = { ...options.headers };
  if (token.read()) headers.authorization = `Bearer ${token.read()}`;
  const response = await fetch(`/api/v1${path}`, { ...options, headers }).catch((error) => {
    if (options.signal?.aborted) throw error;
    throw new Problem(0, { detail: 'The server does not answer.' });
  });
  if (response.ok) return response;
  throw new Problem(response.status, await response.json().catch(() => ({})));
}

export async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { 'content-type': 'application/json' };
  }
  const response = await send(path, options);
  return response.status === 204 ? null : response.json();
}

export async function upload(path, message) {
  await send(path, { method: 'POST', body: message, headers: { 'content-type': 'message/rfc822' } });
}

export const get = (path) => call('GET', path);

export const bytes = async (path) => (await send(path)).arrayBuffer();

// The events of a user as they happen, from `since` on; goes on after every interruption.
export async function follow(user, { signal, opened, closed, event }) {
  let last;
  while (!signal.aborted) {
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const response = await send(`/users/${user}/events`, { headers, signal });
      opened();
      await read(response, (one) => {
        if (one.id) last = one.id;
        if (one.data) event(JSON.parse(one.data));
      });
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return;
    }
    closed();
    if (!signal.aborted) await new Promise((done) => setTimeout(done, 1500));
  }
}

async function read(response, give) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) give(fields(block));
  }
}

function fields(block) {
  const found = {};
  for (const line of block.split('\n')) {
    const at = line.indexOf(': ');
    if (at > 0) found[line.slice(0, at)] = line.slice(at + 2);
  }
  return found;
}

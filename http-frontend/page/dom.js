// Makes elements. Text is always text: nothing is ever parsed as HTML.

export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

export function show(...children) {
  byId('main').replaceChildren(...children.flat());
}

let hiding;
export function toast(text) {
  byId('toast').textContent = text;
  clearTimeout(hiding);
  hiding = setTimeout(() => byId('toast').replaceChildren(), 4000);
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let at = -1;
  do { bytes /= 1000; at += 1; } while (bytes >= 1000 && at < units.length - 1);
  return `${bytes.toFixed(bytes < 10 ? 1 : 0)} ${units[at]}`;
}

export function when(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return '';
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], today ? { timeStyle: 'short' } : { dateStyle: 'medium' });
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// A form that says what is wrong with it.
export function form(fields, title, submit) {
  const problem = el('p', { class: 'problem', role: 'alert', hidden: true });
  const button = el('button', { class: 'primary', type: 'submit' }, title);
  const element = el('form', {}, fields, problem, button);
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    try {
      await submit(new FormData(element));
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  });
  return element;
}

export function field(title, name, more = {}) {
  return el('label', {}, title, el('input', { name, autocomplete: 'off', ...more }));
}

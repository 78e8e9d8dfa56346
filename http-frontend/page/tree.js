// How a message is stored: its segments as a strip, its parts as a tree, and the proof that the
// bytes come back as they came, by the server and by this browser.

import { bytes, get } from './api.js';
import { el, plural, size } from './dom.js';

const KINDS = ['header', 'body', 'delimiter', 'preamble', 'epilogue'];
// Most segments and parts that are drawn.
const MOST = 2000;

export async function tree(path) {
  const found = await get(`${path}/tree`);
  const proof = el('div', { class: 'proof waiting', id: 'proof' }, 'Rebuilding it, and hashing the bytes here too …');
  prove(path, proof);
  return [proof, strip(found), legend(found), el('ul', { class: 'tree', id: 'tree' }, nodes(found))];
}

async function prove(path, box) {
  try {
    const [proof, source] = await Promise.all([get(`${path}/proof`), bytes(`${path}/source`)]);
    const here = hex(await crypto.subtle.digest('SHA-256', source));
    const exact = proof.exact && here === proof.sha256;
    box.className = exact ? 'proof' : 'proof bad';
    box.replaceChildren(
      el('strong', {}, exact ? '✓ Rebuilt byte for byte' : '✗ The bytes differ'),
      el('div', {}, `${proof.size.toLocaleString()} bytes from ${sources(proof.detached.length)}. `,
        'SHA-256 by the server and by this browser:'),
      el('code', {}, proof.sha256),
      ...(here === proof.sha256 ? [] : [el('div', {}, el('code', {}, here))]));
  } catch (problem) {
    box.className = 'proof bad';
    box.textContent = problem.message;
  }
}

const sources = (detached) => (detached ? `${plural(detached, 'detached body', 'detached bodies')} and the tree` : 'the tree alone');

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function strip(found) {
  const length = ({ span }) => span.end - span.start;
  const spans = found.segments.slice(0, MOST).map((segment) => {
    const span = el('span', { class: `s-${segment.kind}`, title: `${segment.kind} of part ${segment.part}: ${size(length(segment))}` });
    // By the root, so that small segments are seen beside large ones.
    span.style.flexGrow = Math.sqrt(length(segment));
    return span;
  });
  return el('div', { class: 'strip', role: 'img', 'aria-label': `${found.segments.length} segments` }, spans);
}

function legend(found) {
  const there = KINDS.filter((kind) => found.segments.some((segment) => segment.kind === kind));
  return el('div', { class: 'legend' },
    there.map((kind) => el('span', {}, el('i', { class: `s-${kind}` }), kind)),
    el('span', {}, `${plural(found.segments.length, 'segment')}, ${size(found.size)}`));
}

function nodes(found) {
  const lists = new Map();
  const top = [];
  found.parts.slice(0, MOST).forEach((part, index) => {
    const below = el('ul');
    lists.set(index, below);
    const item = el('li', {}, node(found, part, index), below);
    if (part.parent === undefined) top.push(item);
    else lists.get(part.parent)?.append(item);
  });
  for (const list of lists.values()) if (!list.children.length) list.remove();
  return top;
}

function node(found, part, index) {
  const { start, end } = part.body;
  const apart = found.detached.find(({ span }) => span && span.start >= start && span.end <= end);
  const own = part.kind === 'leaf' ? apart : undefined;
  const bar = el('i');
  bar.style.width = `${(100 * (end - start)) / Math.max(1, found.size)}%`;
  const badges = [];
  if (own) {
    const how = own.encoding === 'base64' ? `stored decoded: ${size(own.size)}` : `stored apart: ${size(own.size)}`;
    badges.push(el('span', { class: 'badge', title: `BLAKE3 ${own.digest}` }, how));
    if (own.messages > 1) badges.push(el('span', { class: 'badge good shared' }, `shared by ${own.messages} messages`));
    else if (own.messages === 1) badges.push(el('span', { class: 'badge' }, 'only in this message'));
  }
  return el('div', { class: own ? 'node apart' : 'node' },
    el('div', { class: 'line' },
      el('span', { class: 'faint mono' }, String(index)),
      el('strong', {}, part.media),
      part.name ? el('span', { class: 'cut' }, part.name) : null,
      el('span', { class: 'faint' }, `${size(part.header.end - part.header.start)} header · ${size(end - start)} body`),
      badges),
    el('div', { class: 'bar' }, bar));
}

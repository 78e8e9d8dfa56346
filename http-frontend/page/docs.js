// The description of the API, readable.

import { byId, el } from './dom.js';

const description = await (await fetch('/api/v1/openapi.json')).json();

function resolve(schema) {
  const name = schema?.$ref?.split('/').pop();
  return name ? { name, ...description.components.schemas[name] } : schema;
}

function type(schema) {
  if (!schema) return '';
  const found = resolve(schema);
  if (found.name) return found.name;
  const either = found.oneOf ?? found.anyOf;
  if (either) return either.map(type).join(' or ');
  const kind = [found.type].flat().filter(Boolean).join(' or ');
  return found.items ? `${type(found.items)}[]` : kind;
}

function schemaOf(content) {
  const [media, body] = Object.entries(content ?? {})[0] ?? [];
  return media ? `${media}: ${type(body.schema)}` : '';
}

function endpoint(method, path, operation) {
  const good = Object.entries(operation.responses).filter(([status]) => status < 400);
  return el('div', { class: 'endpoint' },
    el('div', { class: 'line' },
      el('span', { class: `badge verb${method === 'delete' ? ' bad' : ''}` }, method),
      el('code', {}, path)),
    el('p', {}, [operation.summary, operation.description].filter(Boolean).join(' ')),
    el('dl', { class: 'fields' },
      (operation.parameters ?? []).flatMap((one) => [
        el('dt', {}, el('code', {}, one.name), ` (${one.in})`),
        el('dd', {}, `${type(one.schema)}. ${one.description ?? ''}`)]),
      operation.requestBody ? [el('dt', {}, 'body'), el('dd', {}, schemaOf(operation.requestBody.content))] : [],
      good.flatMap(([status, answer]) => [
        el('dt', {}, status), el('dd', {}, schemaOf(answer.content) || answer.description)])));
}

function schema([name, value]) {
  const rows = Object.entries(value.properties ?? {}).flatMap(([field, of]) => [
    el('dt', {}, el('code', {}, field), value.required?.includes(field) ? '' : ' ?'),
    el('dd', {}, `${type(of)}. ${of.description ?? ''}`)]);
  const words = value.enum ? value.enum.join(', ') : '';
  return el('div', { class: 'endpoint' }, el('h3', {}, name), el('p', {}, `${value.description ?? ''} ${words}`), el('dl', { class: 'fields' }, rows));
}

const tags = new Map();
for (const [path, item] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const tag = operation.tags?.[0] ?? 'Other';
    tags.set(tag, [...(tags.get(tag) ?? []), endpoint(method, path, operation)]);
  }
}
byId('docs').replaceChildren(
  el('section', { class: 'card' }, el('h1', {}, description.info.title), ...description.info.description.split('\n\n').map((text) => el('p', {}, text))),
  ...[...tags].map(([tag, list]) => el('section', { class: 'card spaced' }, el('h1', {}, tag), list)),
  el('section', { class: 'card spaced' }, el('h1', {}, 'Types'), Object.entries(description.components.schemas).map(schema)));

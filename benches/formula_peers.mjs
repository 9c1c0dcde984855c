// What sformula and formulon (npm, both MIT) answer to formulas. Reads questions, as `freeseat formula
// --batch` reads them, each with the peer that is asked, one a line; writes one answer a line. The argument is the
// folder of node_modules.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const require = createRequire(join(process.argv[2], 'peers.js'));
const { parseSync } = require('sformula');
const { parse } = require('formulon');

const SFORMULA = {
  text: 'string', double: 'number', number: 'number', currency: 'currency', percent: 'percent', boolean: 'boolean',
  checkbox: 'boolean', dateonly: 'date', date: 'date', datetime: 'datetime', timeonly: 'time', picklist: 'picklist',
  multiselectpicklist: 'multipicklist',
};
const FORMULON = {
  text: 'text', double: 'number', number: 'number', currency: 'number', percent: 'number', boolean: 'checkbox',
  checkbox: 'checkbox', dateonly: 'date', date: 'date', datetime: 'datetime', timeonly: 'time', picklist: 'picklist',
  multiselectpicklist: 'multipicklist',
};

function nested(target, name, value) {
  const path = name.split('.');
  let place = target;
  for (const part of path.slice(0, -1)) place = place[part] ??= {};
  place[path.at(-1)] = value;
}

function typesOf(question) {
  const types = {};
  for (const [name, kind] of Object.entries(question.types)) {
    const leaf = { type: SFORMULA[kind.toLowerCase()] ?? 'any' };
    if (leaf.type === 'number' || leaf.type === 'currency' || leaf.type === 'percent') Object.assign(leaf, { precision: 18, scale: 6 });
    if (leaf.type === 'picklist' || leaf.type === 'multipicklist') leaf.picklistValues = [];
    const path = name.split('.');
    let place = types;
    for (const part of path.slice(0, -1)) place = (place[part] ??= { type: 'object', properties: {} }).properties ??= {};
    place[path.at(-1)] = leaf;
  }
  return types;
}

function sformula(question) {
  const record = {};
  for (const [name, value] of Object.entries(question.fields)) nested(record, name, value);
  try {
    const formula = parseSync(question.formula, { inputTypes: typesOf(question), blankAsZero: question.blanks !== 'blank' });
    return { value: formula.evaluate(record) ?? null };
  } catch (error) {
    return { error: String(error.message ?? error).slice(0, 120) };
  }
}

function literal(value, kind) {
  if (value === null) return { type: 'literal', dataType: 'null', value: null };
  const dataType = FORMULON[kind.toLowerCase()] ?? 'text';
  if (dataType === 'date' || dataType === 'datetime') return { type: 'literal', dataType, value: new Date(value), options: {} };
  const digits = String(value);
  const options = dataType === 'number'
    ? { length: digits.split('.')[0].length, scale: (digits.split('.')[1] ?? '').length }
    : { length: digits.length };
  return { type: 'literal', dataType, value, options };
}

function formulon(question) {
  const fields = {};
  for (const [name, value] of Object.entries(question.fields)) fields[name] = literal(value, question.types[name] ?? 'text');
  try {
    const found = parse(question.formula, fields);
    if (found.type === 'error') return { error: `${found.errorType}: ${found.message}`.slice(0, 120) };
    return { value: found.value ?? null };
  } catch (error) {
    return { error: String(error.message ?? error).slice(0, 120) };
  }
}

const ASK = { sformula, formulon };
for await (const line of createInterface({ input: process.stdin })) {
  const { peer, question } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(ASK[peer](question))}\n`);
}

'use strict';

const refreshEveryMs = 2000;
const latestMessages = 8;
const number = new Intl.NumberFormat('en');
const byId = (id) => document.getElementById(id);

const read = async (url) => {
  const answer = await fetch(url, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
};

const element = (tag, { className, text, ...attributes }) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

/** A cell with a quieter second line; a long text may break anywhere. */
const cell = (text, below) => {
  const td = element('td', { text, className: text.length > 30 ? 'long' : undefined });
  if (below) td.append(element('span', { className: 'soft below', text: below }));
  return td;
};

const numberCell = (value, unit = '') => {
  const text = typeof value === 'number' ? `${number.format(value)}${unit}` : '';
  return element('td', { className: 'number', text });
};

const linkCell = (href, text, label) => {
  const td = element('td', {});
  td.append(element('a', { href, text, 'aria-label': label }));
  return td;
};

const row = (cells) => {
  const tr = document.createElement('tr');
  tr.append(...cells);
  return tr;
};

/** `2020-01-01T23:00:00.000Z` to the second, with its zone. */
const utcText = (instant) => `${instant.slice(0, 19).replace('T', ' ')} UTC`;

const rejectedCell = ({ id, name, rejected }) => {
  if (!(rejected > 0)) return numberCell(rejected);
  const label = `${rejected} rejected lines of ${name}, with reasons`;
  const td = linkCell(`/api/import-files/${id}/rejects`, number.format(rejected), label);
  td.className = 'number';
  return td;
};

const fileRow = (file) =>
  row([
    cell(file.name, file.reason ?? (file.finishedAt && `finished ${utcText(file.finishedAt)}`)),
    cell(file.feed),
    cell(file.state),
    ...['lines', 'counted', 'late', 'waiting', 'duplicate'].map((column) =>
      numberCell(file[column]),
    ),
    rejectedCell(file),
  ]);

const messageRow = ({ value }) => {
  const { agreementId, year, month } = value;
  const period = `${year}-${String(month).padStart(2, '0')}`;
  const explain = `/api/data-records/${agreementId}/${year}/${month}/explain`;
  return row([
    cell(value.type, `record of ${value.latestRecordedAt}`),
    cell(agreementId),
    cell(period, value.billingPeriodTimeZone),
    numberCell(value.totalRecordedBytes, ' B'),
    numberCell(value.maxBytesInBillingPeriod, ' B'),
    linkCell(explain, 'why', `Why: every record of ${agreementId} in ${period}`),
  ]);
};

const showNextStep = (counts) => {
  const here = window.location.origin;
  const steps = [
    [
      counts.agreements === 0,
      'There is no agreement yet. Make a demo agreement:',
      `curl ${here}/api/agreements/generate`,
    ],
    [
      counts.files === 0 && counts.records === 0,
      'No record has been counted yet. Make a CDR file for the demo agreement:',
      `curl ${here}/api/incoming-data-records/generate`,
    ],
  ];
  const step = counts.canGenerate ? steps.find(([needed]) => needed) : undefined;
  byId('next-step').hidden = step === undefined;
  if (step === undefined) return;
  showText('next-text', step[1]);
  showText('next-command', step[2]);
};

const shown = {};

/** Nothing is touched that has not changed: a focused link stays focused, nothing is read twice. */
const showTable = (name, items, toRow) => {
  const now = JSON.stringify(items);
  if (shown[name] === now) return;
  shown[name] = now;
  byId(`${name}s-section`).hidden = items.length === 0;
  byId(`${name}-rows`).replaceChildren(...items.map(toRow));
};

const showText = (id, text) => {
  if (byId(id).textContent !== text) byId(id).textContent = text;
};

const warningItem = ({ message, next }) => {
  const item = element('li', { text: message });
  item.append(element('span', { className: 'soft below', text: next }));
  return item;
};

const showWarnings = (items) => {
  const now = JSON.stringify(items);
  if (shown.warnings === now) return;
  shown.warnings = now;
  byId('warnings').hidden = items.length === 0;
  byId('warning-items').replaceChildren(...items.map(warningItem));
};

const refresh = async () => {
  const counts = await read('/api/counts');
  for (const name of ['agreements', 'files', 'records', 'messages']) {
    showText(name, number.format(counts[name]));
  }
  showNextStep(counts);
  const [warnings, files, messages] = await Promise.all([
    read('/api/warnings'),
    read('/api/import-files?limit=8'),
    read(`/api/data-records-aggregates?latest=${latestMessages}`),
  ]);
  showWarnings(warnings.items);
  showTable('file', files.items, fileRow);
  showTable('message', messages.messages.reverse(), messageRow);
};

const loop = async () => {
  try {
    if (!document.hidden) await refresh();
    byId('fault').hidden = true;
  } catch (error) {
    showText('fault', `The program does not answer (${error.message}).`);
    byId('fault').hidden = false;
  }
  setTimeout(loop, refreshEveryMs);
};

void loop();

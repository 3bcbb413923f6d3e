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

const cell = (text, className) => {
  const td = document.createElement('td');
  if (className) td.className = className;
  td.textContent = text;
  return td;
};

const numberCell = (value) => cell(value === undefined ? '' : number.format(value), 'number');

const row = (cells) => {
  const tr = document.createElement('tr');
  tr.append(...cells);
  return tr;
};

const fileRow = (file) =>
  row([
    cell(file.name),
    cell(file.feed),
    cell(file.state),
    ...['lines', 'counted', 'late', 'waiting', 'duplicate', 'rejected'].map((column) =>
      numberCell(file[column]),
    ),
  ]);

const explainCell = ({ agreementId, year, month }) => {
  const td = document.createElement('td');
  const link = document.createElement('a');
  link.href = `/api/data-records/${agreementId}/${year}/${month}/explain`;
  link.textContent = 'why';
  td.append(link);
  return td;
};

const messageRow = ({ value }) =>
  row([
    cell(value.type),
    cell(value.agreementId),
    cell(`${value.year}-${String(value.month).padStart(2, '0')}`),
    numberCell(value.totalRecordedBytes),
    numberCell(value.maxBytesInBillingPeriod),
    explainCell(value),
  ]);

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
  const step = steps.find(([needed]) => needed);
  byId('next-step').hidden = step === undefined;
  if (step === undefined) return;
  byId('next-text').textContent = step[1];
  byId('next-command').textContent = step[2];
};

const showTable = (name, rows) => {
  byId(`${name}s-section`).hidden = rows.length === 0;
  byId(`${name}-rows`).replaceChildren(...rows);
};

const refresh = async () => {
  const counts = await read('/api/counts');
  for (const name of ['agreements', 'files', 'records', 'messages']) {
    byId(name).textContent = number.format(counts[name]);
  }
  showNextStep(counts);
  const after = Math.max(-1, counts.lastMessageOffset - latestMessages);
  const [files, messages] = await Promise.all([
    read('/api/import-files?limit=8'),
    read(`/api/data-records-aggregates?after=${after}&limit=${latestMessages}`),
  ]);
  showTable('file', files.items.map(fileRow));
  showTable('message', messages.messages.reverse().map(messageRow));
};

const loop = async () => {
  try {
    if (!document.hidden) await refresh();
    byId('fault').hidden = true;
  } catch (error) {
    byId('fault').textContent = `The program does not answer (${error.message}).`;
    byId('fault').hidden = false;
  }
  setTimeout(loop, refreshEveryMs);
};

void loop();

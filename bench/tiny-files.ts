import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workloadAgreements, zonedText } from '../src/generator/index.js';
import { postAgreements } from './inputs.js';
import { newDataDir, Program, removeDirectory } from './program.js';

const startMs = Date.UTC(2020, 0, 2);

/** A file is moved to done/ once it is counted. */
const doneOf = (program: Program): number => {
  const directory = join(program.incomingDir, 'done');
  return existsSync(directory) ? readdirSync(directory).length : 0;
};

/** Seconds from the first rename of so many files of one line each until all are done. */
export const measureTinyFiles = async (files: number): Promise<number> => {
  const dataDir = await newDataDir();
  const program = await Program.start(dataDir);
  try {
    await program.answers('/health/ready');
    const agreements = workloadAgreements({ subscribers: 1000 });
    await postAgreements(program, agreements);
    const waiting = join(dataDir, 'waiting');
    mkdirSync(waiting);
    for (let at = 0; at < files; at++) {
      const { msisdn } = agreements[at % agreements.length];
      const id = `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
      const line = `${id};${zonedText(startMs + at * 1000)};${msisdn};1\n`;
      writeFileSync(join(waiting, `${at}.csv`), line);
    }
    const sinceMs = performance.now();
    for (let at = 0; at < files; at++) {
      renameSync(join(waiting, `${at}.csv`), join(program.incomingDir, `${at}.csv`));
    }
    await program.until(() => Promise.resolve(doneOf(program) === files), { everyMs: 200 });
    return (performance.now() - sinceMs) / 1000;
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};

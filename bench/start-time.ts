import { newDataDir, Program, removeDirectory } from './program.js';

/** Milliseconds from the start of the process until it answers, on an empty data directory. */
export const measureStart = async (): Promise<number> => {
  const dataDir = await newDataDir();
  const startMs = performance.now();
  const program = await Program.start(dataDir);
  try {
    await program.answers('/health/live');
    return performance.now() - startMs;
  } finally {
    await program.stop();
    await removeDirectory(dataDir);
  }
};

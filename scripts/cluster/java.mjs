import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ClusterFault } from './cluster-fault.mjs';

/** Cassandra 5.0 runs on 11 and 17, Kafka 4.1 on 17 and later. */
const wanted = 17;

/**
 * Runs a program and resolves to {code, output}, both streams in one text; the code is undefined
 * when it could not be started. `heard` is called with the output so far.
 */
export const runToEnd = (program, args, heard = () => {}) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const hear = (chunk) => heard((output += chunk));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) => resolve({ code: undefined, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });

/** 17 of `openjdk version "17.0.15"`, 8 of `java version "1.8.0_402"`; undefined of other text. */
export const javaMajorOf = (text) => {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (first === undefined) return undefined;
  return Number(first === '1' ? second : first);
};

const howToGet = `Install one (Debian: openjdk-17-jre-headless, macOS: brew install openjdk@17)
or set JAVA_HOME to where it is.`;

/** The java to run; throws a ClusterFault when there is none or it is of another version. */
export const findJava = async (javaHome) => {
  const java = javaHome === undefined ? 'java' : join(javaHome, 'bin/java');
  const where = javaHome === undefined ? 'on PATH, JAVA_HOME is not set' : 'JAVA_HOME';
  const { code, output } = await runToEnd(java, ['-version']);
  if (code === undefined) {
    const missing = `Java ${wanted} is missing: there is no ${java} (${where}).`;
    throw new ClusterFault(`${missing}\n${howToGet}`);
  }
  const major = javaMajorOf(output);
  if (major === wanted) return java;
  const found = major === undefined ? 'cannot say its version' : `is Java ${major}`;
  throw new ClusterFault(`Java ${wanted} is needed, and ${java} (${where}) ${found}.\n${howToGet}`);
};

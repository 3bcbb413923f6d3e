import { SimProcess } from './network.js';
import { Worker, type WorkerOptions } from './worker.js';

const mostWorkers = 4;

/** All processes of the program: they are started, stopped, killed and paused here. */
export class Fleet {
  #workers: Worker[] = [];
  readonly #importers: SimProcess[] = [];
  #started = 0;
  #isCalm = false;

  constructor(private readonly options: WorkerOptions) {}

  /** Live workers with a running task, by partition. */
  get running(): Map<number, string[]> {
    const owners = new Map<number, string[]>();
    for (const worker of this.#alive()) {
      for (const partition of worker.running) {
        owners.set(partition, [...(owners.get(partition) ?? []), worker.name]);
      }
    }
    return owners;
  }

  startWorker(): void {
    if (this.#alive().length >= mostWorkers) return;
    const name = `worker-${++this.#started}`;
    this.#time.fire('worker started', name);
    this.#workers.push(new Worker(this.options, name));
  }

  killWorker(restartMs: number): void {
    const worker = this.#anyWorker();
    if (worker === undefined) return;
    this.#time.fire('worker killed', worker.name);
    worker.process.kill();
    this.#time.after(restartMs, () => this.startWorker());
  }

  pauseWorker(ms: number): void {
    this.#anyWorker()?.process.pause(ms);
  }

  stopWorker(): void {
    const worker = this.#anyWorker();
    if (worker === undefined) return;
    this.#time.fire('worker stopped', worker.name);
    worker.stop();
  }

  startImporter(): void {
    const { cluster, parts } = this.options;
    const process = new SimProcess(cluster.time, `importer-${++this.#started}`);
    this.#importers.push(process);
    parts
      .importing({ cluster, process })
      .run()
      .catch((error: unknown) => cluster.time.violate(`${process.name}: ${String(error)}`));
  }

  killImporter(restartMs: number): void {
    const importer = this.#anyImporter();
    if (importer === undefined) return;
    this.#time.fire('importer killed', importer.name);
    importer.kill();
    this.#time.after(restartMs, () => this.#atLeastOneImporter());
  }

  pauseImporter(ms: number): void {
    this.#anyImporter()?.pause(ms);
  }

  /** Another one on the same folder. */
  secondImporter(): void {
    if (this.#importers.filter((importer) => !importer.isDead).length > 1) return;
    this.#time.fire('second importer');
    this.startImporter();
  }

  /** The faults are over: all go on, and there is somebody to do the work. */
  calm(): void {
    this.#isCalm = true;
    for (const { process } of this.#workers) process.goOn();
    for (const importer of this.#importers) importer.goOn();
    if (this.#alive().every((worker) => worker.isStopping)) this.startWorker();
    this.#atLeastOneImporter();
  }

  #atLeastOneImporter(): void {
    if (this.#importers.every((importer) => importer.isDead)) this.startImporter();
  }

  get #time() {
    return this.options.cluster.time;
  }

  #alive(): Worker[] {
    this.#workers = this.#workers.filter(({ process }) => !process.isDead);
    return this.#workers;
  }

  #anyWorker(): Worker | undefined {
    const alive = this.#alive();
    return alive.length === 0 || this.#isCalm ? undefined : this.#time.pick(alive);
  }

  #anyImporter(): SimProcess | undefined {
    const alive = this.#importers.filter((importer) => !importer.isDead);
    return alive.length === 0 || this.#isCalm ? undefined : this.#time.pick(alive);
  }
}

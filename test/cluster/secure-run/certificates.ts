import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${error?.message ?? stderr}`);
};

/** Whether certificates can be made. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Paths of files in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Key and certificate in one file, as Kafka and Cassandra read them. */
  readonly both: string;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority that signs certificates; all files lie in the folder of the test. */
export class CertificateAuthority {
  readonly cert: string;
  readonly #key: string;
  readonly #config: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.cert = join(folder, `${name}.pem`);
    this.#key = join(folder, `${name}.key`);
    this.#config = join(folder, `${name}.cnf`);
    const usage = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
    const sections = `[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\n${usage}`;
    writeFileSync(this.#config, sections);
    const made = ['-subj', `/CN=${name}`, '-keyout', this.#key, '-out', this.cert];
    openssl('req', '-x509', '-config', this.#config, '-days', '2', ...newKey, ...made);
  }

  /** A certificate for a user, or with `names` (`IP:…`, `DNS:…`) for a server. */
  sign(user: string, names: readonly string[] = []): Certificate {
    const at = (ending: string): string => join(this.folder, `${this.name}-${user}.${ending}`);
    const [cert, key, request, extensions] = [at('pem'), at('key'), at('csr'), at('ext')];
    const subject = ['-subj', `/CN=${user}`, '-keyout', key, '-out', request];
    openssl('req', '-config', this.#config, ...newKey, ...subject);
    const alternative = names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '';
    writeFileSync(extensions, `basicConstraints=CA:FALSE\n${alternative}`);
    const signer = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial'];
    const made = ['-extfile', extensions, '-days', '2', '-out', cert];
    openssl('x509', '-req', '-in', request, ...signer, ...made);
    writeFileSync(at('both'), readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
    return { cert, key, both: at('both') };
  }
}

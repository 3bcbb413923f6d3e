import { hostname } from 'node:os';
import { OwnAddress } from './own-address.js';

const listening = (host: string, advertisedAddress?: string): OwnAddress => {
  const address = new OwnAddress({ host, advertisedAddress });
  address.listening(8081);
  return address;
};

describe('where other processes reach this one', () => {
  it.each([
    ['127.0.0.1', undefined, '127.0.0.1:8081', '127.0.0.1'],
    ['Usage-1.example', undefined, 'usage-1.example:8081', 'usage-1.example'],
    ['::1', undefined, '[::1]:8081', '::1'],
    ['0.0.0.0', '10.1.2.3:80', '10.1.2.3:80', '10.1.2.3'],
    ['0.0.0.0', '10.1.2.3', '10.1.2.3:8081', '10.1.2.3'],
    ['::', '[fd00::7]:8080', '[fd00::7]:8080', 'fd00::7'],
    ['::', '[fd00::7]', '[fd00::7]:8081', 'fd00::7'],
  ])('%s, advertised as %s: %s', (host, advertised, ...wanted) => {
    const { value, hostName } = listening(host, advertised);
    expect([value, hostName]).toEqual(wanted);
  });

  it.each(['0.0.0.0', '::'])('behind %s it is the name of the machine', (host) => {
    expect(listening(host).value).toBe(`${hostname().toLowerCase()}:8081`);
  });

  it('is not known before it listens, but where it is set', () => {
    expect(new OwnAddress({ host: '127.0.0.1', advertisedAddress: undefined }).value).toBe(
      undefined,
    );
    expect(new OwnAddress({ host: '0.0.0.0', advertisedAddress: 'a:1' }).value).toBe('a:1');
  });
});

import { generatorErrors } from '../errors.js';
import { readGenerateRequest } from './generate-request.js';

describe('readGenerateRequest', () => {
  it('takes 1 for what is missing', () => {
    expect(readGenerateRequest()).toEqual({ ok: true, request: { batchSize: 1, months: 1 } });
    expect(readGenerateRequest('50000', '3')).toEqual({
      ok: true,
      request: { batchSize: 50_000, months: 3 },
    });
  });

  it.each(['', '0', '-1', '1.5', '1e3', ' 1', '50001', '99999999', 'NaN', '١'])(
    'refuses the batch size %j with a code of its own',
    (text) => {
      const reading = readGenerateRequest(text, '1');
      expect(reading).toEqual({ ok: false, code: 'GENERATE_BATCH_SIZE_INVALID' });
    },
  );

  it('refuses more than a disk should be asked to hold', () => {
    expect(readGenerateRequest('1333', '120')).toMatchObject({ ok: true });
    expect(readGenerateRequest('1334', '120')).toEqual({ ok: false, code: 'GENERATE_TOO_MUCH' });
    expect(readGenerateRequest('50000', '4')).toEqual({ ok: false, code: 'GENERATE_TOO_MUCH' });
  });

  it('refuses too many months with a code that the context declares', () => {
    const reading = readGenerateRequest('1', '121');
    expect(reading).toEqual({ ok: false, code: 'GENERATE_MONTHS_INVALID' });
    expect(Object.keys(generatorErrors)).toContain('GENERATE_MONTHS_INVALID');
  });
});

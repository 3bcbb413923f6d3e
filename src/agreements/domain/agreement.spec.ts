import fc from 'fast-check';
import { agreementsErrors } from '../errors.js';
import {
  agreementText,
  agreementToJson,
  parseAgreement,
  sameAgreement,
  type Agreement,
} from './agreement.js';

const golden = {
  id: '0b12c601-9287-3f5c-a78c-df508fe0f889',
  msisdn: '48917846822',
  signedAt: '2019-12-10T00:00+01:00[Europe/Warsaw]',
  serviceStartAt: '2020-01-01T00:00+01:00[Europe/Warsaw]',
  billingPeriodTimeZone: 'Europe/Warsaw',
  maxBytesInBillingPeriod: 5_368_709_120,
};

const read = (json: unknown): Agreement => {
  const reading = parseAgreement(json);
  if (!reading.ok) throw new Error(`${reading.code}: ${reading.message}`);
  return reading.agreement;
};

const codeOf = (json: unknown) => {
  const reading = parseAgreement(json);
  return reading.ok ? 'read' : reading.code;
};

describe('parseAgreement', () => {
  it('reads the wire form of the first system', () => {
    expect(read(golden)).toEqual({
      id: '0b12c601-9287-3f5c-a78c-df508fe0f889',
      msisdn: 48_917_846_822,
      signedAtMs: Date.UTC(2019, 11, 9, 23),
      serviceStartAtMs: Date.UTC(2019, 11, 31, 23),
      billingPeriodTimeZone: 'Europe/Warsaw',
      maxBytesInBillingPeriod: 5_368_709_120,
    });
  });

  it('takes the MSISDN as a number, the id in upper case, and any ISO 8601 time', () => {
    const other = {
      ...golden,
      id: golden.id.toUpperCase(),
      msisdn: 48_917_846_822,
      signedAt: '20191209T230000Z',
      serviceStartAt: '2020-01-01T00:00:00.000+0100',
    };
    expect(read(other)).toEqual(read(golden));
  });

  it('lets the written offset decide when it contradicts the zone in brackets', () => {
    const json = { ...golden, serviceStartAt: '2020-01-01T00:00-05:00[Europe/Warsaw]' };
    expect(read(json).serviceStartAtMs).toBe(Date.UTC(2020, 0, 1, 5));
  });

  it('takes allowances of 0 and of 2^53 - 1', () => {
    for (const bytes of [0, -0, Number.MAX_SAFE_INTEGER]) {
      const agreement = read({ ...golden, maxBytesInBillingPeriod: bytes });
      expect(agreement.maxBytesInBillingPeriod).toBe(bytes + 0);
    }
  });

  it.each([
    ['AGREEMENT_NOT_OBJECT', [null, undefined, 1, 'x', [], [golden]]],
    ['AGREEMENT_FIELD_UNKNOWN', [{ ...golden, more: 1 }, JSON.parse('{"__proto__": 1}')]],
    ['AGREEMENT_FIELD_MISSING', [{}, { ...golden, id: null }, { ...golden, signedAt: undefined }]],
  ])('refuses the shape with %s', (code, jsons) => {
    for (const json of jsons) expect(codeOf(json)).toBe(code);
  });

  it.each(Object.keys(golden))('refuses an agreement without %s', (name) => {
    expect(codeOf(Object.fromEntries(Object.entries(golden).filter(([key]) => key !== name)))).toBe(
      'AGREEMENT_FIELD_MISSING',
    );
  });

  it.each([
    ['AGREEMENT_ID_INVALID', 'id', ['', 'x', 1, `${golden.id}0`, golden.id.replaceAll('-', '')]],
    ['AGREEMENT_ID_INVALID', 'id', ['00000000-0000-0000-0000-000000000000', `{${golden.id}}`]],
    ['AGREEMENT_MSISDN_INVALID', 'msisdn', ['', '048', '+48', '1234567890123456', '4 8', '٤٨', {}]],
    ['AGREEMENT_MSISDN_INVALID', 'msisdn', [0, -48, 4.5, 1e15, NaN, Infinity, true]],
    [
      'AGREEMENT_TIME_INVALID',
      'signedAt',
      ['', 'soon', '2020-01-01T00:00', 0, '0000-01-01T00:00Z'],
    ],
    ['AGREEMENT_TIME_INVALID', 'serviceStartAt', ['2020-02-30T00:00Z', '0001-01-01T00:00Z', []]],
    ['AGREEMENT_ZONE_UNKNOWN', 'billingPeriodTimeZone', ['Mars', 'europe/warsaw', '+01:00', '', 1]],
    ['AGREEMENT_ALLOWANCE_INVALID', 'maxBytesInBillingPeriod', [-1, 0.5, 2 ** 53, '5', NaN, true]],
  ])('refuses with %s a bad %s', (code, name, values) => {
    for (const value of values)
      expect([value, codeOf({ ...golden, [name]: value })]).toEqual([value, code]);
    expect(Object.keys(agreementsErrors)).toContain(code);
  });

  it('says what is wrong in a short message without the MSISDN', () => {
    const long = parseAgreement({ ...golden, billingPeriodTimeZone: 'x'.repeat(100_000) });
    expect(!long.ok && long.message.length).toBeLessThan(200);
    expect(parseAgreement({ ...golden, msisdn: '048917846822' })).toMatchObject({
      message: expect.not.stringContaining('48917'),
    });
  });

  it('never throws and refuses everything that is not an agreement', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => !parseAgreement(json).ok));
  });
});

describe('agreementToJson', () => {
  it('gives the wire fields in wire order, times as Java writes them', () => {
    expect(JSON.stringify(agreementToJson(read(golden)))).toBe(JSON.stringify(golden));
  });

  it('is read back as the same agreement', () => {
    const time = fc.integer({ min: Date.UTC(1, 12, 5) - 1, max: Date.UTC(9999, 11, 1) });
    const agreements = fc.record({
      id: fc.uuid(),
      msisdn: fc.integer({ min: 1, max: 999_999_999_999_999 }),
      signedAtMs: time,
      serviceStartAtMs: time,
      billingPeriodTimeZone: fc.constantFrom('UTC', 'Europe/Warsaw', 'America/St_Johns'),
      maxBytesInBillingPeriod: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(agreements, (agreement) => {
        const text = agreementText(agreement);
        expect(text).toBe(JSON.stringify(agreementToJson(agreement)));
        const again = read(JSON.parse(text));
        expect(again).toEqual(agreement);
        expect(sameAgreement(again, agreement)).toBe(true);
      }),
    );
  });
});

describe('sameAgreement', () => {
  it.each([
    { id: '0b12c601-9287-3f5c-a78c-df508fe0f88a' },
    { msisdn: 1 },
    { signedAtMs: 1 },
    { serviceStartAtMs: 1 },
    { billingPeriodTimeZone: 'UTC' },
    { maxBytesInBillingPeriod: 1 },
  ])('is false when one field differs: %j', (change) => {
    expect(sameAgreement(read(golden), { ...read(golden), ...change })).toBe(false);
  });
});

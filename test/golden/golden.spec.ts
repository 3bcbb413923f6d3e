import { AgreementsGenerator, CdrFileGenerator } from '../../src/generator/index.js';
import { agreementToJson } from '../../src/agreements/index.js';
import { ProgramInTest } from '../support/running-program.js';

/** The golden run: batch 1, 1 month, out-of-orderness 0. */
const agreementId = '0b12c601-9287-3f5c-a78c-df508fe0f889';
const timestamp = 1580511599999;

const exceeded =
  `{"agreementId":"${agreementId}","year":2020,"month":1,` +
  '"latestRecordedAt":"Fri Jan 10 23:00:00 UTC 2020",' +
  '"latestInternalRecordId":"523d8cc7-e611-3508-90bc-fab260b2973e",' +
  '"totalRecordedBytes":5697948758,"billingPeriodTimeZone":"Europe/Warsaw",' +
  '"maxBytesInBillingPeriod":5368709120,"type":"DATA_PLAN_EXCEEDED"}';

const closed =
  `{"agreementId":"${agreementId}","year":2020,"month":1,` +
  '"latestRecordedAt":"Thu Jan 30 23:00:00 UTC 2020",' +
  '"latestInternalRecordId":"b58a3008-23a9-384c-b4e6-2cc837d1ef07",' +
  '"totalRecordedBytes":13559994361,"billingPeriodTimeZone":"Europe/Warsaw",' +
  '"maxBytesInBillingPeriod":5368709120,"type":"BILLING_PERIOD_CLOSED"}';

test('the golden run gives the two messages of the first system, byte for byte', async () => {
  const program = await ProgramInTest.start({ FEED_MAX_OUT_OF_ORDERNESS: 'PT0S' });
  try {
    await program.postAgreements(new AgreementsGenerator().next().map(agreementToJson));
    const file = new CdrFileGenerator().nextFile();
    expect(file.name).toBe('idr_000_2020-01-02_1349856c-14bb-33a0-ae31-b3df49201961.csv');
    program.drop(file.name, Buffer.concat([...file.chunks()]));
    const [book] = await program.done(1);
    expect(book).toMatchObject({
      ...{ name: file.name, feed: 'default', state: 'done', lines: 31, counted: 31 },
      ...{ late: 0, waiting: 0, duplicate: 0, rejected: 0 },
    });
    const { messages } = await program.stopAndRead();
    expect(
      messages.map(({ offset, key, timestamp: ms, value }) => [offset, key, ms, value]),
    ).toEqual([
      [0, agreementId, timestamp, exceeded],
      [1, agreementId, timestamp, closed],
    ]);
  } finally {
    program.remove();
  }
});

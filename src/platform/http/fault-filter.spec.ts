import { NotFoundException } from '@nestjs/common';
import { Fault } from '../../streaming/index.js';
import { httpErrors } from './errors.js';
import { answerOf } from './fault-filter.js';
import { refusal } from './refusal.js';

const unexpected = { code: 'UNEXPECTED', next: httpErrors.UNEXPECTED.next };

describe('the answer to what was thrown', () => {
  it('is 503 with the code and what to do for a fault that passes', () => {
    const { status, body } = answerOf(new Fault('DISK_FULL', 'Retry', 'no room'));
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'DISK_FULL' } });
    expect(body.next).toMatch(/again.*docs\/errors\.md/);
  });

  it('is what a refusal says', () => {
    const { status, body } = answerOf(refusal(httpErrors, 'REQUEST_INVALID', { status: 400 }));
    expect(status).toBe(400);
    expect(body.next).toBe(httpErrors.REQUEST_INVALID.next);
  });

  it('is not a fault of the program when the caller went away while sending', () => {
    const gone = Object.assign(new Error('aborted'), { code: 'ECONNRESET', statusCode: 400 });
    expect(answerOf(gone)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
  });

  it('names the method too when there is nothing at an address', () => {
    const { body } = answerOf(new NotFoundException());
    expect(body).toMatchObject({ code: 'ROUTE_UNKNOWN', next: httpErrors.ROUTE_UNKNOWN.next });
  });

  it.each([
    ['a bug', new TypeError('x is not a function')],
    ['a lost connection of the program itself', Object.assign(new Error(), { code: 'ECONNRESET' })],
    ['no error at all', undefined],
  ])('keeps the text of %s to the log', (_what, thrown) => {
    const { status, body } = answerOf(thrown);
    expect(status).toBe(500);
    expect(body).toEqual({ ...unexpected, message: httpErrors.UNEXPECTED.meaning });
  });
});

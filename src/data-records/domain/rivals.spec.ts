import { whyRivalLost, type Candidate } from './rivals.js';

const period = { startMs: 100, endMs: 200, lastVersion: 50 };
const agreement = (fields: Partial<Candidate> = {}): Candidate => ({
  id: 'x',
  serviceStartAtMs: 50,
  signedAtMs: 40,
  version: 1,
  ...fields,
});

const why = (rival: Partial<Candidate>) =>
  whyRivalLost(agreement(), agreement({ id: 'rival', ...rival }), period).reason;

describe('an agreement that lost', () => {
  it('says that it starts earlier', () =>
    expect(why({ serviceStartAtMs: 49 })).toBe('starts-earlier'));
  it('says that it was signed earlier', () =>
    expect(why({ signedAtMs: 39 })).toBe('signed-earlier'));
  it('says that it starts after the period', () =>
    expect(why({ serviceStartAtMs: 200 })).toBe('starts-after-period'));
  it('says from when on it takes records of the period', () =>
    expect(why({ serviceStartAtMs: 150 })).toBe('starts-within-period'));
  it('says that it became known after the records were counted', () =>
    expect(why({ serviceStartAtMs: 60, version: 51 })).toBe('known-too-late'));
});

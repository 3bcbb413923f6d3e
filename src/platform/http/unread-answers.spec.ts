import { EventEmitter } from 'node:events';
import { UnreadAnswers, type SentAnswer } from './unread-answers.js';

class Answer extends EventEmitter implements SentAnswer {
  isCutOff = false;
  destroy(): void {
    this.isCutOff = true;
    this.emit('close');
  }
  taken(): void {
    this.emit('close');
  }
}

describe('answers that nobody has read yet', () => {
  let nowMs = 0;
  let unread: UnreadAnswers;
  beforeEach(() => {
    nowMs = 0;
    unread = new UnreadAnswers({ bytes: 1000, patienceMs: 5000 }, () => nowMs);
  });
  const sent = (bytes: number): Answer | undefined => {
    const answer = new Answer();
    return unread.admits(answer, bytes) ? answer : undefined;
  };

  it('are let in up to a bound, and again when one is taken', () => {
    const first = sent(600) as Answer;
    expect(sent(500)).toBeUndefined();
    expect(sent(400)).toBeDefined();
    first.taken();
    expect(sent(500)).toBeDefined();
    expect(sent(500)).toBeUndefined();
  });

  it('give way, the oldest first, when their callers were silent for long', () => {
    const [first, second] = [sent(500) as Answer, sent(500) as Answer];
    nowMs = 4999;
    expect(sent(300)).toBeUndefined();
    nowMs = 5000;
    expect(sent(300)).toBeDefined();
    expect([first.isCutOff, second.isCutOff]).toEqual([true, false]);
  });

  it('do not keep out a single one that is larger than the bound', () => {
    const large = sent(5000) as Answer;
    expect(sent(1)).toBeUndefined();
    large.taken();
    expect(sent(1)).toBeDefined();
  });

  it('count no more once they were cut off and closed as well', () => {
    const first = sent(900) as Answer;
    nowMs = 6000;
    expect(sent(900)).toBeDefined();
    first.taken();
    expect(sent(200)).toBeUndefined();
    expect(sent(100)).toBeDefined();
  });
});

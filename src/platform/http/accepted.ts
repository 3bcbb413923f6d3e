interface Offer {
  readonly type: string;
  readonly quality: number;
}

const offerOf = (part: string): Offer => {
  const [type, ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
  const quality = parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1';
  return { type, quality: /^(0(\.\d*)?|1(\.0*)?)$/.test(quality) ? Number(quality) : 0 };
};

/** How much a type is wanted, 0 to 1; what names it more exactly counts (RFC 9110, 12.5.1). */
const qualityOf = (offers: readonly Offer[], type: string): number => {
  const range = `${type.slice(0, type.indexOf('/'))}/*`;
  const found = [type, range, '*/*'].map((name) => offers.find((each) => each.type === name));
  return found.find((offer) => offer !== undefined)?.quality ?? 0;
};

/** Whether a caller wants JSON more than plain text, by the header Accept. */
export const prefersJson = (accept: string | undefined): boolean => {
  const offers = (accept ?? '*/*').split(',').map(offerOf);
  return qualityOf(offers, 'application/json') > qualityOf(offers, 'text/plain');
};

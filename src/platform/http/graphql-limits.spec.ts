import { parse, type OperationDefinitionNode } from 'graphql';
import { querySize } from './graphql-limits.js';

const sizeOf = (text: string) => {
  const document = parse(text);
  return querySize(document.definitions[0] as OperationDefinitionNode, document);
};

describe('the size of a query', () => {
  it('counts fields and levels', () => {
    expect(sizeOf('{ a { b c { d } } e }')).toEqual({ depth: 3, fields: 5 });
  });

  it('follows fragments, each time they are spread', () => {
    expect(sizeOf('{ a { ...f } b { ...f } } fragment f on T { x { y } }')).toEqual({
      depth: 3,
      fields: 6,
    });
  });

  it('leaves introspection out', () => {
    expect(sizeOf('{ __schema { types { name } } __typename }')).toEqual({ depth: 0, fields: 0 });
  });

  it('ends on fragments that spread each other', () => {
    const text = '{ ...f } fragment f on T { a ...g } fragment g on T { b ...f }';
    expect(sizeOf(text).fields).toBeGreaterThan(0);
  });

  it('is measured at once when fragments double at each level', () => {
    const levels = Array.from(
      { length: 60 },
      (_, at) => `fragment f${at} on T { a { ...f${at + 1} } b { ...f${at + 1} } }`,
    );
    const { depth, fields } = sizeOf(`{ ...f0 } ${levels.join(' ')} fragment f60 on T { x }`);
    expect(depth).toBe(61);
    expect(fields).toBeGreaterThan(2 ** 60);
  });
});

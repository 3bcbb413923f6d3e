import ts from 'typescript';

const isFunction = (node: ts.Statement): boolean =>
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  (ts.isVariableStatement(node) &&
    node.declarationList.declarations.some(
      ({ initializer }) => initializer !== undefined && ts.isArrowFunction(initializer),
    ));

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** A class of Nest says what it is by its decorator. */
const isDecorated = (node: ts.Statement): boolean =>
  ts.canHaveDecorators(node) && (ts.getDecorators(node) ?? []).length > 0;

const nameOf = (node: ts.Statement): string =>
  ts.isVariableStatement(node)
    ? node.declarationList.declarations[0].name.getText()
    : ((node as ts.FunctionDeclaration | ts.ClassDeclaration).name?.text ?? 'unnamed');

/** Exported functions and classes of a file that have no doc comment, by name. */
export const withoutDocComment = (path: string, text: string): string[] =>
  ts
    .createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
    .statements.filter((node) => isExported(node) && isFunction(node) && !isDecorated(node))
    .filter((node) => ts.getJSDocCommentsAndTags(node).length === 0)
    .map(nameOf);

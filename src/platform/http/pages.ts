import { join } from 'node:path';
import { packageFolder, type StaticFile } from './static-files.js';

/** No foreign request, no inline script; GraphiQL and Swagger UI set styles of their own. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const day = 86_400;

/** The pages and their files: `/`, `/graphiql` and `/api/docs`, all from the local disk. */
export const pageFiles = (root: string): StaticFile[] => {
  const web = join(root, 'web');
  const page = (url: string, file: string): StaticFile => ({
    url,
    path: join(web, file),
    contentSecurityPolicy: policy,
  });
  const asset = (url: string, packageName: string, file: string): StaticFile => ({
    url,
    path: join(packageFolder(packageName, root), file),
    maxAgeSeconds: day,
  });
  return [
    page('/', 'index.html'),
    page('/index.js', 'index.js'),
    page('/style.css', 'style.css'),
    page('/favicon.svg', 'favicon.svg'),
    page('/favicon.ico', 'favicon.svg'), // what browsers ask for when a page names none
    page('/graphiql', 'graphiql.html'),
    page('/graphiql/boot.js', 'graphiql-boot.js'),
    page('/graphiql/page.css', 'graphiql.css'),
    asset('/graphiql/react.js', 'react', 'umd/react.production.min.js'),
    asset('/graphiql/react-dom.js', 'react-dom', 'umd/react-dom.production.min.js'),
    asset('/graphiql/graphiql.js', 'graphiql', 'graphiql.min.js'),
    asset('/graphiql/graphiql.css', 'graphiql', 'graphiql.min.css'),
    page('/api/docs', 'api-docs.html'),
    page('/api/docs/boot.js', 'api-docs-boot.js'),
    asset('/api/docs/swagger-ui.js', 'swagger-ui-dist', 'swagger-ui-bundle.js'),
    asset('/api/docs/swagger-ui.css', 'swagger-ui-dist', 'swagger-ui.css'),
  ];
};

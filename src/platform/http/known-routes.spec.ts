import { KnownRoutes } from './known-routes.js';

const routes = new KnownRoutes();
routes.add({ url: '/api/feeds/:feed', method: 'PUT' });
routes.add({ url: '/api/feeds/:feed', method: ['GET', 'HEAD'] });
routes.add({ url: '/api/feeds/all', method: ['GET'] });
routes.add({ url: '/api/feeds/all', method: 'HEAD' });

describe('the addresses there are', () => {
  it.each([
    ['/api/feeds/night', ['GET', 'HEAD', 'PUT']],
    ['/api/feeds/night?a=/api/feeds/all', ['GET', 'HEAD', 'PUT']],
    ['/api/feeds/all', ['GET', 'HEAD']],
    ['/api/feeds/all?x=1', ['GET', 'HEAD']],
    ['/api/feeds', []],
    ['/api/feeds/a/b', []],
  ])('%s has %j', (address, methods) => {
    expect(routes.methodsOf(address)).toEqual(methods);
  });

  it.each([
    ['/api/feeds/all', '/api/feeds/:feed', true],
    ['/api/feeds/all?x=1', '/api/feeds/:feed', true],
    ['/api/feeds/all', '/api/feeds/all', false],
    ['/api/feeds/night', '/api/feeds/:feed', false],
  ])('%s by route %s: of another %j', (address, route, isOfAnother) => {
    expect(routes.isOfAnother(address, route)).toBe(isOfAnother);
  });
});

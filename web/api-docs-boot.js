'use strict';

// Swagger UI has dark colours but does not ask the browser for the wish.
const wishesDark = window.matchMedia('(prefers-color-scheme: dark)');
const followWish = () => document.documentElement.classList.toggle('dark-mode', wishesDark.matches);
wishesDark.addEventListener('change', followWish);
followWish();

window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null, // the default validator is on a foreign host
});

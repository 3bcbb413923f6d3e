# One image for both ways to run: STORE=embedded (default) and STORE=cluster.
#   docker build -t overage:0.1.0 .
#   docker run -p 127.0.0.1:8080:8080 -v overage-data:/data overage:0.1.0
#   docker run --rm overage:0.1.0 --help
# glibc, not musl: DuckDB's native code for musl is another package and is not tested here.
ARG NODE_IMAGE=node:24-bookworm-slim

# Builds dist/main.js: the program and most of its packages in one file.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY .swcrc ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && rm -rf dist/src dist/scripts dist/.built.json

# The packages of the lock, those of development left out.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Overage" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# Only what main.js does not hold itself: native code, and files of the pages.
COPY --from=packages /app/node_modules/@duckdb ./node_modules/@duckdb
COPY --from=packages /app/node_modules/graphiql ./node_modules/graphiql
COPY --from=packages /app/node_modules/react ./node_modules/react
COPY --from=packages /app/node_modules/react-dom ./node_modules/react-dom
COPY --from=packages /app/node_modules/swagger-ui-dist ./node_modules/swagger-ui-dist
COPY package.json LICENSE ./
COPY web ./web
COPY --from=build /app/dist ./dist

# Files of the program belong to root and cannot be changed by it; /data is all it writes to.
RUN mkdir -m 0750 /data && chown 1000:1000 /data
VOLUME /data
USER 1000:1000

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "--enable-source-maps", "dist/main.js"]
CMD ["start"]

# hpd serve with the default model: docker build -t hpd . && docker run --read-only -p 8080:8080 -e HPD_API_KEY=... hpd
# Another model: docker run --read-only -v ./my-model:/model:ro -p 8080:8080 -e HPD_API_KEY=... hpd name=/model
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm pack --ignore-scripts && sh tools/container/install.sh "$(pwd)/$(ls hpd-*.tgz)" /app

FROM node:24-slim
COPY --from=build /app /app
ENV NODE_ENV=production HF_HUB_OFFLINE=1 HOST=0.0.0.0 PORT=8080
# Memory that stays where it is under load: docs/guide/serve.md.
ENV MALLOC_MMAP_THRESHOLD_=1048576 NODE_OPTIONS=--max-semi-space-size=8
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=35s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/node_modules/hpd/dist/cli/main.js", "serve"]

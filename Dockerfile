ARG NODE=node:24-trixie-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm pack --silent
# The clients of engines are in it: a container cannot be asked to install one.
RUN mkdir /app && cd /app \
    && npm install --ignore-scripts --no-audit --no-fund /build/tallyboard-*.tgz \
      $(node -p "const p = require('/build/package.json'); Object.keys(p.peerDependencies).map((name) => name + '@' + p.devDependencies[name]).join(' ')")

FROM ${NODE}
ENV NODE_ENV=production TALLYBOARD_STORE=journal:/data TALLYBOARD_HOST=0.0.0.0
RUN install -d -o node -g node /data
COPY --from=build /app /app
USER node
WORKDIR /data
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TALLYBOARD_PORT || 5000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/node_modules/tallyboard/bin/tallyboard.js"]
CMD ["serve"]

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { Services } from '../../services.ts'
import type { App } from '../types.ts'

const OPEN = { access: { kind: 'open' } } as const
/** Everything the page loads is our own; images that are dropped on it are shown from memory. */
const CONTENT_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

/** The UI's files; every path that is no file is the page itself, which routes on its own. */
export async function webRoutes(app: App, _services: Services): Promise<void> {
  app.addHook('onSend', async (_request, reply) => {
    void reply
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'same-origin')
      .header('content-security-policy', CONTENT_POLICY)
  })
  app.get('/api/v1/openapi.json', { config: OPEN }, async () => app.swagger())
  app.get('/healthz', { config: OPEN }, async () => ({ status: 'ok' }))
  const root = webRoot()
  if (!root) {
    app.get('/*', { config: OPEN }, async (_request, reply) =>
      reply.status(503).type('text/plain').send('The web UI is not built here: run `npm run setup`.\n'),
    )
    return
  }
  await app.register(fastifyStatic, { root, serve: false })
  app.get('/assets/*', { config: OPEN }, (request, reply) =>
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .sendFile(request.url.slice(1).split('?')[0]!),
  )
  app.get('/*', { config: OPEN }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      // Each time: a page that was built anew names new files.
      .send(await readFile(`${root}/index.html`)),
  )
}

/** web/dist, beside dist/ when bundled, three folders up from the sources. */
function webRoot(): string | undefined {
  return ['../web/dist', '../../web/dist', '../../../../web/dist']
    .map(way => fileURLToPath(new URL(way, import.meta.url)))
    .find(folder => existsSync(`${folder}/index.html`))
}

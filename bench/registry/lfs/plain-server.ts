/**
 * What an LFS server comes to without checks: files of a folder by PUT and GET, and batches that name them. No
 * digest is compared, nothing is synced, nobody is asked who they are. `plain-server.ts FOLDER` prints its port.
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

interface Batch {
  readonly operation: string
  readonly objects: readonly { readonly oid: string; readonly size: number }[]
}

const folder = process.argv[2]!
const server = createServer(async (request, response) => {
  const path = request.url ?? ''
  const file = join(folder, path.replaceAll('/', '_'))
  if (request.method === 'PUT') {
    mkdirSync(dirname(file), { recursive: true })
    await pipeline(request, createWriteStream(file))
    response.end()
  } else if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    await pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), response)
  } else if (path.endsWith('/objects/batch')) {
    const { operation, objects } = (await json(request)) as Batch
    const base = `http://${request.headers.host}${path.replace(/batch$/, '')}`
    const answers = objects.map(({ oid, size }) => {
      const there = existsSync(join(folder, `${path.replace(/batch$/, '')}${oid}`.replaceAll('/', '_')))
      const actions = operation === 'upload' && there ? {} : { [operation]: { href: `${base}${oid}` } }
      return { oid, size, authenticated: true, actions }
    })
    response.writeHead(200, { 'content-type': 'application/vnd.git-lfs+json' })
    response.end(JSON.stringify({ transfer: 'basic', objects: answers }))
  } else response.writeHead(404).end()
})
server.requestTimeout = 0
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))

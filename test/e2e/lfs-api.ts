import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect } from 'vitest'
import { digestOf, hexOf } from '../../src/core/index.ts'
import { startWorld, type World } from '../server/world.ts'

const TYPE = 'application/vnd.git-lfs+json'
export const JSON_HEADERS = { accept: TYPE, 'content-type': TYPE }
export const TUS = { 'tus-resumable': '1.0.0' }
export const PATCH = { ...TUS, 'content-type': 'application/offset+octet-stream' }

let world: World
/** A developer of `digits`. */
export let ada: string

/** A server with the projects `digits` and `other`, for a whole file of tests. */
export function startsServer(): void {
  beforeAll(async () => {
    world = await startWorld()
    for (const name of ['digits', 'other']) await world.admin('POST', '/projects', { name })
    ada = await world.person('ada', 'developer', 'digits', ['read', 'push'])
  })
  afterAll(() => world.stop())
}

export const theWorld = (): World => world

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: the wire's JSON, looked into by expectations
  readonly json: any
}

export interface Ask {
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly json?: unknown
}

export async function ask(
  method: string,
  url: string,
  { token = ada, headers = {}, body, json }: Ask = {},
): Promise<Answer> {
  const authorization =
    token === null ? {} : { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }
  const { hostname, port, pathname } = new URL(url, world.url)
  const asked = request({
    host: hostname,
    port,
    path: url.startsWith('/') ? url : pathname,
    method,
    headers: { ...authorization, ...(json !== undefined && JSON_HEADERS), ...headers },
  })
  asked.end(json === undefined ? body : JSON.stringify(json))
  const [response] = await once(asked, 'response')
  const received: Buffer = await buffer(response)
  const isJson = String(response.headers['content-type']).startsWith(TYPE)
  return {
    status: response.statusCode,
    headers: response.headers,
    body: received,
    json: isJson && received.length > 0 ? JSON.parse(String(received)) : undefined,
  }
}

export const LFS = '/digits.git/info/lfs'
export const anObject = (bytes: Uint8Array | string) => ({
  oid: hexOf(digestOf(bytes)),
  size: Buffer.byteLength(bytes),
})
export const batch = (
  operation: string,
  objects: readonly unknown[],
  more: object = {},
  from: Ask & { lfs?: string } = {},
) => ask('POST', `${from.lfs ?? LFS}/objects/batch`, { ...from, json: { operation, objects, ...more } })

export interface Action {
  readonly href: string
  readonly header: Record<string, string>
  readonly expires_in: number
}
export const follow = (method: string, { href, header }: Action, more: Ask = {}) =>
  ask(method, href, { token: null, ...more, headers: { ...header, ...more.headers } })

export async function actions(
  operation: string,
  object: object,
  more: object = {},
): Promise<Record<string, Action>> {
  const { json } = await batch(operation, [object], more)
  return json.objects[0].actions
}

export async function upload(bytes: Uint8Array | string): Promise<{ oid: string; size: number }> {
  const object = anObject(bytes)
  const { upload, verify } = await actions('upload', object)
  expect((await follow('PUT', upload!, { body: bytes })).status).toBe(200)
  expect((await follow('POST', verify!, { json: object })).status).toBe(200)
  return object
}

export const partials = () => readdir(join(world.folder, 'data', 'lfs-uploads'))
export const leftovers = () => readdir(join(world.folder, 'data', 'blobs', 'tmp'))

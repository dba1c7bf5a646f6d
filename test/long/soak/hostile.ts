import { connect } from 'node:net'
import type { ServingWorld } from '../../fixtures/serving-world.ts'
import { INPUTS } from './good.ts'

/** A request that nobody sends who means well. `send` says what is wrong with how it was met. */
export interface Attack {
  readonly name: string
  send(world: ServingWorld): Promise<string | undefined>
}

const INFER = '/v2/models/soak/infer'
const tensor = (more: object) => ({
  name: 'x',
  shape: [1, INPUTS],
  datatype: 'FP32',
  data: Array(INPUTS).fill(0),
  ...more,
})
const ofInputs = (...inputs: object[]) => JSON.stringify({ inputs })

/** Must be refused as the client's mistake. */
function refused(
  name: string,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Attack {
  return {
    name,
    async send(world) {
      const answer = await world.call(path, body, headers).catch(() => undefined)
      // The connection may be cut where the rest of the body is nobody's.
      if (answer === undefined || (answer.status >= 400 && answer.status < 500)) return undefined
      return `${name}: ${answer.status} ${String(answer.body).slice(0, 200)}`
    },
  }
}

/** Bytes on a connection that ends by itself or is left; no answer may be a success or a server's error. */
function raw(name: string, bytes: string | Buffer, leaveAfterMs: number): Attack {
  return {
    name,
    send: ({ port }) =>
      new Promise(resolve => {
        const socket = connect({ port, host: '127.0.0.1' })
        let text = ''
        const end = setTimeout(() => socket.destroy(), leaveAfterMs)
        socket.on('error', () => {})
        socket.on('data', chunk => {
          text += chunk.toString('latin1')
        })
        socket.on('close', () => {
          clearTimeout(end)
          const bad = /^HTTP\/1\.1 (2|5)\d\d/.exec(text)
          resolve(bad === null ? undefined : `${name}: ${text.slice(0, 200)}`)
        })
        socket.write(bytes)
      }),
  }
}

const deep = `{"inputs":${'['.repeat(100_000)}`
const lying = `POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{"inputs":[`

export const ATTACKS: readonly Attack[] = [
  refused('a wrong shape', INFER, ofInputs(tensor({ shape: [1, INPUTS + 1] }))),
  refused('a rank that does not fit', INFER, ofInputs(tensor({ shape: [INPUTS] }))),
  refused('too few elements', INFER, ofInputs(tensor({ data: [1, 2] }))),
  refused('a giant dimension', INFER, ofInputs(tensor({ shape: [2 ** 31, 2 ** 31] }))),
  refused('a negative dimension', INFER, ofInputs(tensor({ shape: [-1, INPUTS] }))),
  refused('another type', INFER, ofInputs(tensor({ datatype: 'INT64' }))),
  refused('an unknown type', INFER, ofInputs(tensor({ datatype: 'COMPLEX' }))),
  refused('another name', INFER, ofInputs(tensor({ name: '__proto__' }))),
  refused('an input twice', INFER, ofInputs(tensor({}), tensor({}))),
  refused('NaN in JSON', INFER, `{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[NaN]}]}`),
  refused('no JSON', INFER, 'not json at all'),
  refused('nothing', INFER, ''),
  refused('a hundred thousand brackets', INFER, deep),
  refused('a header length beyond the body', INFER, '{}', { 'inference-header-content-length': '99999' }),
  refused('a broken gzip', INFER, Buffer.from('1f8b0800ffff', 'hex'), { 'content-encoding': 'gzip' }),
  refused('a broken JPEG', INFER, Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(4000, 7)])),
  refused('an unknown version', '/v2/models/soak/versions/999/infer', ofInputs(tensor({}))),
  refused('an unknown model', '/v2/models/nobody/infer', ofInputs(tensor({}))),
  refused('a path out of the API', '/v2/models/../../etc/passwd', '{}'),
  refused('ragged rows', '/v1/models/soak:predict', '{"instances":[[1,2],[1]]}'),
  raw('no HTTP', Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) % 256)), 500),
  raw('a body that never comes', lying, 300),
  raw('headers that never end', `POST ${INFER} HTTP/1.1\r\nhost: x\r\nx-a: `, 300),
  raw(
    'a chunk of a lying size',
    `POST ${INFER} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{`,
    300,
  ),
  raw(
    'two lengths',
    `POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    300,
  ),
  raw(
    'an HTTP/2 preface and then noise',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    300,
  ),
]

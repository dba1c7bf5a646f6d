import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, digestOfValue } from '../../core/index.ts'
import { openModel } from './open.ts'

const FIXTURES = new URL('../../../test/fixtures/', import.meta.url).pathname
const LOGISTIC = join(FIXTURES, 'pickle/sklearn/logistic.pkl')

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-open-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('digests', () => {
  test('of one file is that of its bytes as stored', async () => {
    const model = await openModel(LOGISTIC)
    expect(await model.digest()).toBe(digestOf(await readFile(LOGISTIC)))
    await model.close()
  })

  test('of several is that of the list of them', async () => {
    const folder = join(FIXTURES, 'safetensors/sharded')
    const model = await openModel(folder)
    const paths = model.file.files.map(({ path }) => path)
    expect(paths).toHaveLength(3)
    const each = await Promise.all(
      paths.map(async path => ({ path, digest: digestOf(await readFile(join(folder, path))) })),
    )
    expect(Object.fromEntries(await model.digests())).toEqual(
      Object.fromEntries(each.map(({ path, digest }) => [path, digest])),
    )
    expect(await model.digest()).toBe(digestOfValue(each))
    await model.close()
  })
})

describe('where a model lies', () => {
  test('in a folder below the one that was named, its files have their paths in that', async () => {
    await cp(join(FIXTURES, 'tensorflow/module'), join(root, 'a/b'), { recursive: true })
    const model = await openModel(join(root, 'a'))
    const paths = model.file.files.map(({ path }) => path)
    expect(paths).toContain('b/saved_model.pb')
    expect(paths.every(path => path.startsWith('b/'))).toBe(true)
    expect([...(await model.digests()).keys()]).toEqual(paths)
    await model.close()
  })

  test('behind a link that leads out it opens, as it was named; what lies beside it may not', async () => {
    await mkdir(join(root, 'links'))
    await symlink(LOGISTIC, join(root, 'links/model.pkl'))
    const model = await openModel(join(root, 'links/model.pkl'))
    expect(model.file.format).toBe('pickle')
    await model.close()
    const external = join(FIXTURES, 'onnx/external')
    await mkdir(join(root, 'external'))
    await cp(join(external, 'model.onnx'), join(root, 'external/model.onnx'))
    await symlink(join(external, 'weights.data'), join(root, 'external/weights.data'))
    await expect(openModel(join(root, 'external/model.onnx'))).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })

  test('nowhere', async () => {
    await expect(openModel(join(root, 'nothing'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await mkdir(join(root, 'empty'))
    await expect(openModel(join(root, 'empty'))).rejects.toMatchObject({
      code: 'FORMAT_UNKNOWN',
      message: `${join(root, 'empty')} holds no model file`,
    })
  })
})

describe('addresses', () => {
  let server: Server
  let base: string
  let sent = 0
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)
      const bytes = await readFile(join(FIXTURES, path)).catch(() => undefined)
      if (!bytes) return void response.writeHead(404).end()
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!
      const part = bytes.subarray(Number(from), Number(to) + 1)
      sent += part.length
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
      response.writeHead(206, { 'content-range': range }).end(part)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('a model of several files is read from where its index lies', async () => {
    const model = await openModel(`${base}/safetensors/sharded/model.safetensors.index.json`)
    expect(model.file).toMatchObject({ format: 'safetensors', files: expect.any(Array) })
    expect(model.file.files).toHaveLength(3)
    await model.close()
    const onDisk = await openModel(join(FIXTURES, 'safetensors/sharded'))
    expect(model.file.tensors).toEqual(onDisk.file.tensors)
    await onDisk.close()
    expect(sent).toBeGreaterThan(0)
  })

  test.each(['http://', 'https://?x', `http://127.0.0.1/%zz`, 'http://127.0.0.1/', 'http://127.0.0.1/a/'])(
    '%s names no file',
    async address => {
      await expect(openModel(address)).rejects.toMatchObject({
        code: 'FORMAT_UNKNOWN',
        message: 'The address names no file',
      })
    },
  )

  test('a name that climbs is refused', async () => {
    await expect(openModel(`${base}/a%2F..%2F..%2Fb.onnx`)).rejects.toMatchObject({ code: 'PATH_ESCAPES' })
  })

  test('a file that is not there', async () => {
    await expect(openModel(`${base}/none.onnx`)).rejects.toMatchObject({ code: 'URL_UNREADABLE' })
  })
})

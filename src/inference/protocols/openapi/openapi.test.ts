import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { servedModel, spec } from '../../../../test/fixtures/inference/served-model.ts'
import { buildOnnx, writeImageModel, writeMlp } from '../../../../test/fixtures/onnx-builder.ts'
import { FrameClient, headerBlock, type ResponseFrame } from '../../frames/index.ts'
import { runReplica } from '../../replica/replica.ts'
import { parseSpec } from '../../replica/spec.ts'
import { mergeOpenApi, type OpenApiDocument, openApiOf } from './document.ts'

let folder: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openapi-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

/**
 * The OpenAPI Initiative's own schema of 3.1 (https://spec.openapis.org/oas/3.1/schema). Schemas within a document are
 * told there by a dynamic reference, which ajv does not follow; it means the plain one.
 */
const OPENAPI = JSON.parse(
  readFileSync(
    new URL('../../../../test/fixtures/inference/openapi/openapi-3.1.json', import.meta.url),
    'utf8',
  ).replaceAll('"$dynamicRef": "#meta"', '"$ref": "#/$defs/schema"'),
)

interface Media {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}
interface Operation {
  readonly requestBody: { readonly content: Readonly<Record<string, Media>> }
}
/** One example of a document, and where its schemas stand. */
interface Example {
  readonly path: string
  readonly type: string
  readonly name: string
  readonly value: unknown
}

function examplesOf({ paths }: OpenApiDocument): readonly Example[] {
  return Object.entries(paths).flatMap(([path, item]) => {
    const { post } = item as { readonly post?: Operation }
    return Object.entries(post?.requestBody.content ?? {}).flatMap(([type, media]) =>
      Object.entries(media.examples ?? {}).map(([name, { value }]) => ({ path, type, name, value })),
    )
  })
}

const pointer = (...keys: readonly string[]) =>
  keys.map(key => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

async function aReplica(model: Uint8Array, config: object): Promise<FrameClient> {
  const modelPath = join(folder, 'model.onnx')
  await writeFile(modelPath, model)
  const socketPath = join(folder, 's')
  const replica = await runReplica(
    parseSpec({
      replica: 'rep_1',
      version: 'ver_1',
      versionNumber: 3,
      model: 'digits',
      socketPath,
      modelPath,
      config: { name: 'digits', task: 'generic', labels: [], preprocess: [], ...config },
    }),
  )
  closing.push(() => replica.drain())
  const client = await FrameClient.open({ kind: 'unix', path: socketPath })
  closing.push(() => client.close())
  return client
}

function infer(client: FrameClient, { path, type, value }: Example): Promise<ResponseFrame> {
  const protocol = path.startsWith('/v1') ? 'v1' : path.endsWith('/predict') ? 'plain' : 'oip'
  const body = Buffer.from(type === 'application/json' ? JSON.stringify(value) : String(value))
  const headers = headerBlock({ protocol, 'content-type': type })
  return new Promise((resolve, reject) => {
    client.ask(
      { operation: 'infer', timeoutMs: 20_000, headers, body: [body], bodyBytes: body.length },
      answer => (answer instanceof Error ? reject(answer) : resolve(answer)),
    )
  })
}

/** Two inputs of their own types: a row is their sum. */
function writeSum(): Uint8Array {
  return buildOnnx({
    inputs: [
      { name: 'a', shape: ['N', 2] },
      { name: 'b', element: 'int64', shape: ['N', 2] },
    ],
    outputs: [
      { name: 'sum', shape: ['N', 2] },
      { name: 'copy', element: 'int64', shape: ['N', 2] },
    ],
    nodes: [
      { op: 'Cast', inputs: ['b'], outputs: ['f'], attributes: { to: { i: 1 } } },
      { op: 'Add', inputs: ['a', 'f'], outputs: ['sum'] },
      { op: 'Identity', inputs: ['b'], outputs: ['copy'] },
    ],
  })
}

/** Texts as they are. */
function writeTexts(): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'text', element: 'string', shape: ['N', 1] }],
    outputs: [{ name: 'same', element: 'string', shape: ['N', 1] }],
    nodes: [{ op: 'Identity', inputs: ['text'], outputs: ['same'] }],
  })
}

const IMAGE = {
  task: 'image-classification',
  labels: ['no', 'yes', 'maybe'],
  preprocess: [
    { kind: 'decode', what: 'image' },
    { kind: 'grayscale' },
    { kind: 'resize', width: 8, height: 8, fit: 'fill' },
  ],
}
const COLUMNS = {
  task: 'classification',
  labels: ['cat', 'dog', 'owl'],
  columns: [
    { name: 'weight', type: 'float' },
    { name: 'legs', type: 'integer' },
    { name: 'city', type: 'category', values: ['Berlin', 'Rome'] },
    { name: 'tame', type: 'boolean' },
  ],
}

test.each<readonly [string, () => Uint8Array, object, readonly string[]]>([
  [
    'a classifier of vectors',
    () => writeMlp(4, 8, 3),
    { task: 'classification', labels: ['a', 'b', 'c'] },
    ['classes', 'row', 'rows'],
  ],
  ['a classifier of tables', () => writeMlp(4, 8, 3), COLUMNS, ['one', 'several', 'row']],
  ['a classifier of images', () => writeImageModel(8, 3, 1), IMAGE, ['image', 'one', 'several']],
  ['several inputs', writeSum, {}, ['row', 'rows', 'columns']],
  ['texts', writeTexts, {}, ['text', 'rows']],
  ['a regression', () => writeMlp(4, 8, 1), { task: 'regression' }, ['row', 'rows']],
])(
  'the document of %s is OpenAPI, and every example in it is answered as it says',
  async (_, model, config, names) => {
    const client = await aReplica(model(), config)
    const told = await client.request('openapi', 5000)
    const document: OpenApiDocument = JSON.parse(String(told.body))
    const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
    ajv.validate(OPENAPI, document)
    expect(ajv.errors).toBeNull()
    ajv.addSchema(document, 'doc')
    const examples = examplesOf(document)
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]))
    for (const example of examples) {
      const at = `doc#/paths${pointer(example.path, 'post')}`
      const title = `${example.path} ${example.type} ${example.name}`
      ajv.validate(`${at}/requestBody/content${pointer(example.type)}/schema`, example.value)
      expect(ajv.errors, title).toBeNull()
      const answer = await infer(client, example)
      expect(String(answer.body), title).not.toContain('"error"')
      expect(answer.status).toBe(200)
      ajv.validate(`${at}/responses/200/content/application~1json/schema`, JSON.parse(String(answer.body)))
      expect(ajv.errors, title).toBeNull()
    }
  },
)

test('what the model does not take is not what the schema takes', async () => {
  const document = openApiOf(servedModel([spec('x', 'uint8', 'N', 2)], [spec('y', 'float32', 'N')]))
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'doc')
  const fits = (path: string, body: unknown) =>
    ajv.validate(`doc#/paths${pointer(path, 'post')}/requestBody/content/application~1json/schema`, body)
  const input = { name: 'x', shape: [1, 2], datatype: 'UINT8', data: [[1, 2]] }
  expect(fits('/v2/models/digits/infer', { inputs: [input] })).toBe(true)
  for (const wrong of [
    { ...input, name: 'z' },
    { ...input, datatype: 'FP32' },
    { ...input, shape: [1, 3] },
    { ...input, shape: [1] },
    { ...input, data: ['a'] },
  ]) {
    expect(fits('/v2/models/digits/infer', { inputs: [wrong] })).toBe(false)
  }
  expect(fits('/v1/models/digits:predict', { instances: [[1, 255]] })).toBe(true)
  expect(fits('/v1/models/digits:predict', { instances: [[1, 256]] })).toBe(false)
  expect(fits('/v1/models/digits:predict', { instances: [[1]] })).toBe(false)
  expect(fits('/v1/models/digits:predict', { inputs: { x: [[1, 2]] } })).toBe(true)
})

test('an example that nobody could read is left out', () => {
  const document = openApiOf(
    servedModel([spec('x', 'float32', 'N', 3, 224, 224)], [spec('y', 'float32', 'N', 9)]),
  )
  expect(examplesOf(document)).toEqual([])
  expect(JSON.stringify(document).length).toBeLessThan(20_000)
})

test('the documents of several models become one', () => {
  const of = (name: string) => {
    const model = { ...servedModel([spec('x', 'float32', 'N', 2)], [spec('y', 'float32', 'N')]), name }
    return Buffer.from(JSON.stringify(openApiOf(model)))
  }
  const document = mergeOpenApi([of('one'), of('two')], '1.0.0')
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/v2/health/ready',
      '/v2/models/one/infer',
      '/v2/models/two/infer',
      '/v1/models/two:predict',
    ]),
  )
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.validate(OPENAPI, document)
  expect(ajv.errors).toBeNull()
})

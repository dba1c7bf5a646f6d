import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildOnnx, type Element } from '../../../../test/fixtures/onnx-builder.ts'
import { FrameClient, headerBlock, headerOf, type Operation, type ResponseFrame } from '../../frames/index.ts'
import { runReplica } from '../../replica/replica.ts'
import { parseSpec } from '../../replica/spec.ts'

let folder: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpc-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

const fixture = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../../../../test/fixtures/inference/grpc/${name}`, import.meta.url), 'utf8'),
  )
const REQUESTS: Readonly<Record<string, { readonly message: string }>> = fixture('requests.json')
const ANSWERS: Readonly<Record<string, string>> = fixture('answers.json')

/** A replica whose model gives `x` back as `y`. */
async function aReplica(element: Element, shape: readonly (string | number)[]): Promise<FrameClient> {
  const modelPath = join(folder, 'model.onnx')
  const model = buildOnnx({
    inputs: [{ name: 'x', element, shape }],
    outputs: [{ name: 'y', element, shape }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
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
      config: { name: 'digits', task: 'generic', labels: [], preprocess: [] },
    }),
  )
  closing.push(() => replica.drain())
  const client = await FrameClient.open({ kind: 'unix', path: socketPath })
  closing.push(() => client.close())
  return client
}

function ask(client: FrameClient, operation: Operation, message: Buffer): Promise<ResponseFrame> {
  const headers = headerBlock({ protocol: 'grpc' })
  return new Promise((resolve, reject) => {
    client.ask(
      { operation, timeoutMs: 20_000, headers, body: [message], bodyBytes: message.length },
      answer => (answer instanceof Error ? reject(answer) : resolve(answer)),
    )
  })
}

test.each<readonly [string, Element, readonly (string | number)[]]>([
  ['typed INT32', 'int32', ['N', 3]],
  ['typed FP32', 'float32', ['N', 3]],
  ['raw INT32', 'int32', ['N']],
  ['raw FP32', 'float32', ['N']],
  ['raw BYTES', 'string', ['N']],
])("a replica answers '%s' as the generated classes would write it", async (name, element, shape) => {
  const client = await aReplica(element, shape)
  const answer = await ask(client, 'infer', Buffer.from(REQUESTS[name]!.message, 'base64'))
  expect(answer.status).toBe(200)
  expect(answer.body.toString('base64')).toBe(ANSWERS[name])
})

test('what does not fit the model is refused with the status, and the message as the body', async () => {
  const client = await aReplica('float32', ['N', 4])
  const answer = await ask(client, 'infer', Buffer.from(REQUESTS['typed FP32']!.message, 'base64'))
  expect(headerOf(answer.headers, 'grpc-status')).toBe('3')
  expect(answer).toMatchObject({ status: 400 })
  expect(String(answer.body)).toBe('Expected x float32[N, 4], found x float32[1, 3]')
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadOnnx } from '../../../src/model/index.ts'
import { generator, writeMlp } from '../../fixtures/onnx-builder.ts'
import type { Answer, ServingWorld } from '../../fixtures/serving-world.ts'

export const INPUTS = 16
export const CLASSES = 5
/** Examples that are asked for again and again, each with its own answer. */
const POOL = 64
const TOLERANCE = 1e-5

export interface Example {
  readonly values: Float32Array
  /** By version number, from the runtime itself. */
  readonly expected: ReadonlyMap<number, readonly number[]>
}

/** A request that must succeed, and what its answer's numbers are. */
export interface Asking {
  readonly path: string
  readonly headers: Record<string, string>
  body(values: Float32Array): Buffer
  numbers(answer: Answer): readonly number[]
}

export function modelOf(version: number): Uint8Array {
  return writeMlp(INPUTS, 32, CLASSES, version)
}

/** Examples with the answers that each version gives when nothing stands between. */
export async function examplesOf(versions: readonly number[], folder: string): Promise<readonly Example[]> {
  const random = generator(99)
  const pool = Array.from({ length: POOL }, () => Float32Array.from({ length: INPUTS }, () => random() - 0.5))
  const expected = pool.map(() => new Map<number, readonly number[]>())
  for (const version of versions) {
    const path = join(folder, `reference-${version}.onnx`)
    await writeFile(path, modelOf(version))
    const session = await loadOnnx(path)
    for (const [i, data] of pool.entries()) {
      const { probabilities } = await session.run({ x: { dtype: 'float32', shape: [1, INPUTS], data } })
      expected[i]!.set(version, Array.from(probabilities!.data as Float32Array))
    }
    await session.close()
  }
  return pool.map((values, i) => ({ values, expected: expected[i]! }))
}

const json = (answer: Answer) => JSON.parse(String(answer.body))

const oipJson: Asking = {
  path: '/v2/models/soak/infer',
  headers: { 'content-type': 'application/json' },
  body: values =>
    Buffer.from(
      JSON.stringify({
        inputs: [{ name: 'x', shape: [1, INPUTS], datatype: 'FP32', data: Array.from(values) }],
      }),
    ),
  numbers: answer => json(answer).outputs[0].data,
}

const HEAD = JSON.stringify({
  inputs: [{ name: 'x', shape: [1, INPUTS], datatype: 'FP32', parameters: { binary_data_size: INPUTS * 4 } }],
  outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
})

const oipBinary: Asking = {
  path: '/v2/models/soak/infer',
  headers: {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(HEAD.length),
  },
  body: values => Buffer.concat([Buffer.from(HEAD), Buffer.from(values.slice().buffer)]),
  numbers: ({ headers, body }) => {
    const bytes = body.subarray(Number(headers['inference-header-content-length']))
    return Array.from({ length: CLASSES }, (_, i) => bytes.readFloatLE(4 * i))
  },
}

const v1: Asking = {
  path: '/v1/models/soak:predict',
  headers: { 'content-type': 'application/json' },
  body: values => Buffer.from(JSON.stringify({ instances: [Array.from(values)] })),
  numbers: answer => json(answer).predictions[0],
}

export const ASKINGS: readonly Asking[] = [oipJson, oipBinary, v1]

/** What is wrong with the answer to a good request; undefined where it is right. */
export async function ask(
  world: ServingWorld,
  asking: Asking,
  example: Example,
): Promise<string | undefined> {
  let answer: Answer
  try {
    answer = await world.call(asking.path, asking.body(example.values), asking.headers)
  } catch (error) {
    return `${asking.path}: no answer (${error instanceof Error ? error.message : error})`
  }
  if (answer.status !== 200) return `${asking.path}: ${answer.status} ${String(answer.body).slice(0, 200)}`
  const version = Number(answer.headers['ballast-model-version'])
  const expected = example.expected.get(version)
  const found = asking.numbers(answer)
  const right =
    expected?.length === found.length &&
    expected.every((value, i) => Math.abs(value - found[i]!) <= TOLERANCE)
  return right ? undefined : `${asking.path}: version ${version} answered [${found}] and not [${expected}]`
}

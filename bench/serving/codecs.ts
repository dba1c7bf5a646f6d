/**
 * What a request's protocol costs a replica: reading a request of one row of 784 floats and writing an answer of 10,
 * by each codec, beside JSON.parse of the same body. Rounds alternate, so that a busy machine is busy for all. Prints
 * CPU microseconds and ratios to the Open Inference Protocol with binary tensors.
 *
 *   node bench/serving/codecs.ts [rounds] [requests a round]
 */
import type { Tensors } from '../../src/core/index.ts'
import { headerBlock } from '../../src/inference/frames/index.ts'
import { FieldWriter } from '../../src/inference/protocols/grpc/writer.ts'
import { codecOf, type ServedModel } from '../../src/inference/protocols/index.ts'
import { servedModel, spec } from '../../test/fixtures/inference/served-model.ts'
import { median } from './world.ts'

const [rounds = 7, requests = 3000] = process.argv.slice(2).map(Number)
const FEATURES = 784

interface Case {
  readonly name: string
  readonly run: () => unknown
  readonly cpu: number[]
}

const model: ServedModel = servedModel([spec('x', 'float32', 'N', FEATURES)], [spec('y', 'float32', 'N', 10)])
const outputs: Tensors = {
  y: { dtype: 'float32', shape: [1, 10], data: Float32Array.from({ length: 10 }, (_, i) => i / 7) },
}
/** Four decimals, as pixels that were scaled have; then the 17 digits of any float. */
const short = Float32Array.from({ length: FEATURES }, (_, i) => ((i * 7919) % 10_000) / 10_000)
const texts = Array.from({ length: FEATURES }, (_, i) => ((i * 7919) % 10_000) / 10_000)
const raw = new Uint8Array(short.buffer)

const head = { name: 'x', shape: [1, FEATURES], datatype: 'FP32' }
const json = Buffer.from(JSON.stringify({ inputs: [{ ...head, data: texts }] }))
const long = Buffer.from(JSON.stringify({ inputs: [{ ...head, data: Array.from(short) }] }))
const start = JSON.stringify({
  inputs: [{ ...head, parameters: { binary_data_size: raw.length } }],
  parameters: { binary_data_output: true },
})
const binary = Buffer.concat([Buffer.from(start), raw])
const rows = Buffer.from(JSON.stringify({ instances: [texts] }))
const binaryHeaders = { 'inference-header-content-length': String(start.length) }

const cases: readonly Case[] = [
  codec('OIP, binary tensors', binary, binaryHeaders),
  codec('gRPC, raw contents', grpcRequest(true), { protocol: 'grpc' }),
  codec('gRPC, fp32_contents', grpcRequest(false), { protocol: 'grpc' }),
  codec('OIP, JSON of four decimals', json, {}),
  codec('OIP, JSON of all digits', long, {}),
  codec('V1, instances of four decimals', rows, { protocol: 'v1' }),
  {
    name: 'JSON.parse of four decimals, to Float32Array',
    run: () => Float32Array.from(JSON.parse(json.toString()).inputs[0].data),
    cpu: [],
  },
]

for (let round = 0; round <= rounds; round++) {
  for (const { run, cpu } of cases) {
    const before = process.cpuUsage()
    for (let i = 0; i < requests; i++) run()
    const { user, system } = process.cpuUsage(before)
    // The first round compiles.
    if (round > 0) cpu.push((user + system) / requests)
  }
}
const floor = median(cases[0]!.cpu)
for (const { name, cpu } of cases) {
  const cost = median(cpu)
  console.log(`${name.padEnd(46)} ${cost.toFixed(2).padStart(7)} CPU-µs   ${(cost / floor).toFixed(2)} ×`)
}

function codec(name: string, body: Buffer, headers: Readonly<Record<string, string>>): Case {
  const block = headerBlock(headers)
  const run = (): unknown => {
    const call = codecOf(body, block).read(body, block, model)
    if (call instanceof Promise) throw new Error('expected a call at once')
    return call.encode(outputs)
  }
  return { name, run, cpu: [] }
}

/** ModelInferRequest: model_name 1, inputs 5 (name 1, datatype 2, shape 3, contents 5: fp32_contents 6), raw 7. */
function grpcRequest(asRaw: boolean): Buffer {
  const writer = new FieldWriter()
  writer.text(1, 'digits')
  writer.message(5, () => {
    writer.text(1, 'x')
    writer.text(2, 'FP32')
    writer.packed(3, [1, FEATURES])
    if (!asRaw) writer.message(5, () => writer.raw(6, raw))
  })
  if (asRaw) writer.raw(7, raw)
  return Buffer.from(writer.slice())
}

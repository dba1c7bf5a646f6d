/**
 * onnxruntime in a loop and nothing else: CPU-microseconds and milliseconds of an item, as JSON.
 *
 *   node bare.ts MODEL SHAPE MS      shape: 1,3,224,224; whole numbers are given where the model wants them
 */
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [model = '', shapeText = '', ms = '1000'] = process.argv.slice(2)
const shape = shapeText.split(',').map(Number)
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
const input = session.inputMetadata[0]!
const length = shape.reduce((a, b) => a * b, 1)
const tensor =
  input.isTensor && input.type === 'int64'
    ? new Tensor(
        'int64',
        BigInt64Array.from({ length }, (_, i) => BigInt(i % 100)),
        shape,
      )
    : new Tensor(
        'float32',
        Float32Array.from({ length }, (_, i) => (i % 255) / 255),
        shape,
      )
for (let i = 0; i < 3; i++) await session.run({ [input.name]: tensor })
const [cpu, started] = [process.cpuUsage(), performance.now()]
let items = 0
for (; performance.now() - started < Number(ms); items += shape[0]!)
  await session.run({ [input.name]: tensor })
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ cpu: (user + system) / items, ms: (performance.now() - started) / items }))

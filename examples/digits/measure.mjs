// Accuracy and CPU time of digit classifiers, one intra-op thread.
//   node examples/digits/measure.mjs DIR model.onnx...
// DIR holds t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import ort from 'onnxruntime-node'

const PIXELS = 28 * 28
const SLICE = 4000 // test images 0 to 3999, the ones in data/test.npz
const [dir, ...files] = process.argv.slice(2)
if (!files.length) throw new Error('usage: measure.mjs DIR model.onnx...')

const pixels = Float32Array.from(readFileSync(join(dir, 't10k-images-idx3-ubyte')).subarray(16), p => p / 255)
const labels = readFileSync(join(dir, 't10k-labels-idx1-ubyte')).subarray(8)

const feed = (from, n) => ({
  image: new ort.Tensor('float32', pixels.subarray(from * PIXELS, (from + n) * PIXELS), [n, 1, 28, 28]),
})

async function hits(session, batch = 100) {
  const right = []
  for (let from = 0; from < labels.length; from += batch) {
    const { logits } = await session.run(feed(from, batch))
    for (let i = 0; i < batch; i++) {
      const row = logits.data.subarray(i * 10, i * 10 + 10)
      right.push(row.indexOf(Math.max(...row)) === labels[from + i])
    }
  }
  return right
}

/** Median wall-clock milliseconds of one run, after a warm-up. */
async function median(session, n, runs) {
  const times = []
  for (let i = -20; i < runs; i++) {
    const input = feed((Math.abs(i) * n) % (labels.length - n), n)
    const start = performance.now()
    await session.run(input)
    if (i >= 0) times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[runs >> 1]
}

const percent = right => ((100 * right.filter(Boolean).length) / right.length).toFixed(2)
const table = []
for (const file of files) {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const right = await hits(session)
  table.push({
    file,
    bytes: statSync(file).size,
    't10k %': percent(right),
    'slice %': percent(right.slice(0, SLICE)),
    '1 image, ms': (await median(session, 1, 200)).toFixed(2),
    '32 images, ms': (await median(session, 32, 200)).toFixed(2),
  })
}
console.table(table)

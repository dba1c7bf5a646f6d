/**
 * JPEGs to normalised tensors: Ballast's preprocessing beside Pillow and numpy, CPU time an image (all threads), turn by
 * turn in one run. `on the loop` is the part of it that the event loop's own thread does.
 *
 *   node bench/images.ts [images a round] [rounds]
 *
 * BALLAST_PYTHON names a Python that has Pillow and numpy (default python3).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'
import { compilePreprocess, type Preprocessor, type PreprocessStep } from '../src/model/index.ts'

const images = Number(process.argv[2] ?? 100)
const rounds = Number(process.argv[3] ?? 7)

interface Case {
  readonly what: string
  readonly width: number
  readonly height: number
  readonly target: number
  readonly fast: boolean
}

const CASES: readonly Case[] = [
  { what: '500 × 375 to 224 × 224', width: 500, height: 375, target: 224, fast: false },
  { what: '224 × 224 as it is', width: 224, height: 224, target: 224, fast: false },
  { what: '1920 × 1080 to 224 × 224', width: 1920, height: 1080, target: 224, fast: false },
  { what: '1920 × 1080 to 224 × 224, fast', width: 1920, height: 1080, target: 224, fast: true },
]

function stepsOf({ target, fast }: Case): readonly PreprocessStep[] {
  return [
    { kind: 'decode', what: 'image', ...(fast && { speed: 'fast' }) },
    { kind: 'resize', width: target, height: target, fit: 'fill' },
    { kind: 'scale', factor: 1 / 255 },
    { kind: 'normalize', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ]
}

/** Shapes, gradients and a little noise: about as many bytes as a photograph of quality 90. */
async function photograph(width: number, height: number): Promise<Buffer> {
  let state = 42
  const data = Buffer.alloc(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    const wave = Math.sin((x * (1 + (i % 3))) / 31) * Math.cos(y / 17) * 60
    data[i] = Math.max(0, Math.min(255, 110 + wave + ((x * y) % 97 > 48 ? 25 : 0) + (state >>> 28)))
  }
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** CPU seconds an image, with decoding in the pool's threads. */
async function ours(preprocessor: Preprocessor, jpeg: Buffer): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < images; i++) await preprocessor.fromImage(jpeg)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / images
}

/** CPU milliseconds an image of this thread alone: what the event loop can't do meanwhile. */
async function onTheLoop(preprocessor: Preprocessor, jpeg: Buffer): Promise<number> {
  const before = process.threadCpuUsage()
  for (let i = 0; i < images; i++) await preprocessor.fromImage(jpeg)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000 / images
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const ms = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`

const folder = mkdtempSync(join(tmpdir(), 'ballast-bench-images-'))
const python = spawn(
  process.env['BALLAST_PYTHON'] ?? 'python3',
  [join(import.meta.dirname, 'images/pillow.py')],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
)
const answers = createInterface({ input: python.stdout })
try {
  for (const each of CASES) {
    const jpeg = await photograph(each.width, each.height)
    const path = join(folder, `${each.width}.jpg`)
    writeFileSync(path, jpeg)
    const preprocessor = compilePreprocess(stepsOf(each))
    const theirs = async (): Promise<readonly [number, number]> => {
      python.stdin.write(`${path} ${each.target} ${each.target} ${images} ${each.fast ? 'fast' : 'exact'}\n`)
      const [line] = await once(answers, 'line')
      const [seconds = Number.NaN, sum = Number.NaN] = String(line).split(' ').map(Number)
      return [seconds, sum]
    }
    await ours(preprocessor, jpeg)
    const [, sum] = await theirs()
    const { data } = await preprocessor.fromImage(jpeg)
    const own = Array.from(data as Float32Array).reduce((a, b) => a + b, 0)
    const times: (readonly [number, number])[] = []
    for (let round = 0; round < rounds; round++)
      times.push([await ours(preprocessor, jpeg), (await theirs())[0]])
    const [a, b] = [median(times.map(([mine]) => mine)), median(times.map(([, other]) => other))]
    const loop = await onTheLoop(preprocessor, jpeg)
    console.log(
      `${each.what} (${(jpeg.length / 1024).toFixed(0)} KB): Ballast ${ms(a)}, Pillow ${ms(b)}: ${(b / a).toFixed(2)} ×;` +
        ` on the loop ${loop.toFixed(2)} ms; sums ${own.toFixed(3)} and ${sum.toFixed(3)}`,
    )
  }
} finally {
  python.stdin.end()
  answers.close()
  rmSync(folder, { recursive: true })
}

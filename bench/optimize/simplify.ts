/**
 * How many nodes are left of models: `ballast optimize --simplify` beside onnxruntime's `basic` and onnxslim, alone and
 * one after the other.
 *
 *   node bench/optimize/simplify.ts MODEL... --python PYTHON
 *
 * PYTHON has onnxruntime, onnx and onnxslim. Run `npm run build` before. Prints nodes (those of bodies too, Constant
 * nodes not), seconds with the start of each, and ours over the fewest of theirs.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BALLAST = new URL('../../dist/ballast.js', import.meta.url).pathname
const PEERS = new URL('simplify.py', import.meta.url).pathname

const at = process.argv.indexOf('--python')
const python = at < 0 ? undefined : process.argv[at + 1]
const models = process.argv.slice(2, at < 0 ? undefined : at)

interface Result {
  readonly name: string
  readonly nodes?: number
  readonly seconds?: number
  readonly error?: string
}

const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-simplify-'))
let [all, fewest] = [0, 0]
try {
  for (const model of models) {
    const own = await ballast(model)
    const others = python ? await peers(model) : []
    const counts = others.slice(1).flatMap(({ nodes }) => nodes ?? [])
    const best = Math.min(...counts)
    console.log(`${basename(model)}: ${[...others, own].map(shown).join('; ')}${ratio(own.nodes!, best)}`)
    if (counts.length === 0) continue
    all += own.nodes!
    fewest += best
  }
  if (fewest > 0) console.log(`all: ${all} nodes${ratio(all, fewest)}`)
} finally {
  await rm(folder, { recursive: true })
}

function shown({ name, nodes, seconds, error }: Result): string {
  return error ? `${name} failed (${error})` : `${name} ${nodes} (${seconds!.toFixed(1)} s)`
}

function ratio(own: number, best: number): string {
  return Number.isFinite(best) ? `; ${(own / best).toFixed(2)} × the fewest` : ''
}

async function ballast(model: string): Promise<Result> {
  const begun = performance.now()
  const out = join(folder, 'simplified.onnx')
  const options = ['--simplify', '--no-measure', '--force', '--json']
  const { stdout } = await run(process.execPath, [BALLAST, 'optimize', model, '-o', out, ...options])
  const { simplified } = JSON.parse(stdout) as { readonly simplified: { readonly nodes: { after: number } } }
  return { name: 'ballast', nodes: simplified.nodes.after, seconds: (performance.now() - begun) / 1000 }
}

async function peers(model: string): Promise<readonly Result[]> {
  const { stdout } = await run(python!, [PEERS, model])
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as readonly Result[]
}

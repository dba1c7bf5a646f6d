/**
 * Compiles src/kernels/assembly (AssemblyScript) into modules in TypeScript, which are committed so that the sources
 * run without a build. Run after every change there; a test compares.
 *
 *   node scripts/build-kernels.ts               writes the files
 *   node scripts/build-kernels.ts --print NAME  prints one: statistics, images, chunking, codec or weights
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'ballast-kernels-'))

/** `pages` of 64 KiB are the module's whole memory. */
interface Kernels {
  readonly entry: string
  readonly pages: number
  readonly constant: string
  readonly file: string
  readonly doc: string
  /** Features beside SIMD. */
  readonly features?: readonly string[]
}

const MODULES: Readonly<Record<string, Kernels>> = {
  statistics: {
    entry: 'index.ts',
    pages: 27,
    constant: 'KERNELS_WASM',
    file: 'wasm.generated.ts',
    doc: 'The kernels of ./assembly, compiled',
  },
  images: {
    entry: 'images.ts',
    pages: 176,
    constant: 'IMAGES_WASM',
    file: 'images/wasm.generated.ts',
    doc: 'The kernels of ../assembly/images, compiled',
  },
  chunking: {
    entry: 'chunking.ts',
    pages: 2,
    constant: 'CHUNKING_WASM',
    file: 'chunking/wasm.generated.ts',
    doc: 'The kernel of ../assembly/chunking.ts, compiled',
  },
  codec: {
    entry: 'codec.ts',
    pages: 86,
    constant: 'CODEC_WASM',
    file: 'codec/wasm.generated.ts',
    doc: 'The kernels of ../assembly/codec, compiled',
  },
  weights: {
    entry: 'weights.ts',
    pages: 164,
    constant: 'WEIGHTS_WASM',
    file: 'quantize/wasm.generated.ts',
    doc: 'The kernels of ../assembly/quantize, compiled',
    // Truncates what lies in range by one instruction instead of eight.
    features: ['relaxed-simd'],
  },
}

function compile({ entry, pages, constant, doc, features = [] }: Kernels): string {
  const wasm = join(folder, `${constant}.wasm`)
  const enabled = ['simd', ...features].map(name => `--enable ${name}`).join(' ')
  const options = `--runtime stub ${enabled} --optimizeLevel 3 --converge --noAssert --initialMemory ${pages}`
  const asc = [
    'node_modules/assemblyscript/bin/asc.js',
    `src/kernels/assembly/${entry}`,
    ...options.split(' '),
    '--outFile',
    wasm,
  ]
  execFileSync(process.execPath, asc, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const lines =
    readFileSync(wasm)
      .toString('base64')
      .match(/.{1,100}/g) ?? []
  return [
    `/** ${doc}: made by scripts/build-kernels.ts. */`,
    `export const ${constant}: string = \`\n${lines.join('\n')}\n\``,
    '',
  ].join('\n')
}

try {
  const printed = process.argv.indexOf('--print')
  const kernels = MODULES[process.argv[printed + 1] ?? '']
  if (printed > 0 && kernels) process.stdout.write(compile(kernels))
  else if (printed > 0) throw new Error(`--print takes one of ${Object.keys(MODULES).join(', ')}`)
  else {
    for (const each of Object.values(MODULES)) {
      writeFileSync(join(root, 'src/kernels', each.file), compile(each))
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}

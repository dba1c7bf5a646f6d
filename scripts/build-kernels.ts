/**
 * Compiles src/kernels/assembly (AssemblyScript) into src/kernels/wasm.generated.ts, which is committed so that
 * the sources run without a build. Run after every change there; a test compares.
 *
 *   node scripts/build-kernels.ts            writes the file
 *   node scripts/build-kernels.ts --print    prints it
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'ballast-kernels-'))
try {
  const wasm = join(folder, 'kernels.wasm')
  const options = '--runtime stub --enable simd --optimizeLevel 3 --converge --noAssert --initialMemory 27'
  const asc = [
    'node_modules/assemblyscript/bin/asc.js',
    'src/kernels/assembly/index.ts',
    ...options.split(' '),
    '--outFile',
    wasm,
  ]
  execFileSync(process.execPath, asc, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  const lines =
    readFileSync(wasm)
      .toString('base64')
      .match(/.{1,100}/g) ?? []
  const source = [
    '/** The kernels of ./assembly, compiled: made by scripts/build-kernels.ts. */',
    `export const KERNELS_WASM: string = \`\n${lines.join('\n')}\n\``,
    '',
  ].join('\n')
  if (process.argv.includes('--print')) process.stdout.write(source)
  else writeFileSync(join(root, 'src/kernels/wasm.generated.ts'), source)
} finally {
  rmSync(folder, { recursive: true })
}

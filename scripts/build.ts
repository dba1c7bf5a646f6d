/** Builds `dist/` (one bundle for the command and each process entry) and the web UI. */
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { build as buildWeb } from 'vite'

const entries = {
  ballast: 'src/cli/main.ts',
  // A thread of a replica's: it looks for this name beside the bundle.
  lane: 'src/inference/engine/lanes/worker.ts',
  // A thread that packs and restores.
  pieces: 'src/registry/pack/threads/worker.ts',
  // A thread that hashes what is uploaded.
  hashing: 'src/storage/disk/hashing/worker.ts',
}

await rm('dist', { recursive: true, force: true })
const bundle = await rolldown({
  input: entries,
  platform: 'node',
  // Native packages and everything else from node_modules stay outside: only our own source is bundled.
  external: id =>
    !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('node:') && !/^[A-Z]:/.test(id),
})
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  sourcemap: true,
})
await bundle.close()
await writeFile('dist/build.json', `${JSON.stringify({ commit: await commit() })}\n`)
await buildWeb({ root: 'web', configFile: 'web/vite.config.ts', logLevel: 'warn' })

/** What is built, `+` where it is more than was committed; nothing where there is no repository. */
async function commit(): Promise<string | undefined> {
  const words = ['describe', '--always', '--abbrev=40', '--exclude=*', '--dirty=+']
  return promisify(execFile)('git', words).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
}

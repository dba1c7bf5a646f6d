// Prepares a fresh clone: dependencies, the bundle of the long-running processes and the web UI.
// Plain JavaScript on purpose: the machine's own Node (20 or later) runs it before Node 24 is installed.
// Each step is skipped when a stamp of its inputs' digest is already there, and a stamp is written only
// after its step ended well, so Ctrl-C at any moment is repaired by the next run.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

/** Digest of files and folders, by relative name and content. */
function digestOf(paths) {
  const hash = createHash('sha256')
  const add = path => {
    if (!existsSync(path)) return
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort())
        if (name !== 'dist' && name !== 'node_modules') add(join(path, name))
    } else hash.update(`${path}\0`).update(readFileSync(path))
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

/** Runs `step` unless `stamp` already holds `digest`. */
function ensure({ what, stamp, digest, present, step }) {
  if (present && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  const started = Date.now()
  process.stderr.write(`ballast set-up: ${what} …\n`)
  step()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, digest)
  process.stderr.write(`ballast set-up: ${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
}

function run(command, args) {
  const result = spawnSync(command, args, {
    stdio: ['inherit', 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    shell: process.platform === 'win32',
  })
  if (result.error) {
    process.stderr.write(`ballast set-up: could not start ${command}: ${result.error.message}\n`)
    process.exit(1)
  }
  if (result.status !== 0) {
    process.stderr.write(
      `ballast set-up: '${command} ${args.join(' ')}' ended with ${result.status ?? result.signal}.\n`,
    )
    process.stderr.write('Mend what it says above and run the same command again; finished steps are kept.\n')
    process.exit(1)
  }
}

ensure({
  what: 'dependencies (npm ci)',
  stamp: 'node_modules/.ballast-lock',
  digest: digestOf(['package-lock.json', 'package.json', '.npmrc']),
  present: existsSync('node_modules'),
  step: () => run('npm', ['ci', '--loglevel=error']),
})

const node = join(root, 'node_modules', '.bin', 'node')
const node24 = existsSync(node) ? node : process.execPath

ensure({
  what: 'bundle and web UI',
  stamp: 'dist/.stamp',
  digest: digestOf(['src', 'web', 'scripts', 'package-lock.json']),
  present: existsSync('dist/ballast.js') && existsSync('web/dist/index.html'),
  step: () => run(node24, ['scripts/build.ts']),
})

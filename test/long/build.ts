import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** Before all long tests: the bundle that users run. */
export default async function buildBundle(): Promise<void> {
  if (process.env['BALLAST_ENTRY']) return
  const build = spawn(process.execPath, [join(ROOT, 'scripts', 'build.ts')], { cwd: ROOT, stdio: 'inherit' })
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error(`The build ended with ${code}`)
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Builds the web UI as it is shipped: a build inside of the tests would be React's development build. */
export async function buildWeb(): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', 'web', '--config', 'web/vite.config.ts'],
    { env: { ...process.env, NODE_ENV: 'production' } },
  )
}

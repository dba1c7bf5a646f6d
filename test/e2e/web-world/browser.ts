import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** A Chromium, or why none starts here: most often system libraries (libnss3, libnspr4) that are missing. */
export async function startBrowser(): Promise<Browser | { readonly missing: string }> {
  const executablePath = await extracted()
  try {
    return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  } catch (error) {
    return { missing: String(error).split('\n').slice(0, 3).join(' ') }
  }
}

/** The package unpacks into the temporary folder and takes what lies there for its own: one for each version. */
async function extracted(): Promise<string> {
  const require = createRequire(import.meta.url)
  const manifest = join(require.resolve('@sparticuz/chromium'), '../../package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = join(tmpdir(), `ballast-chromium-${version}`)
  mkdirSync(folder, { recursive: true })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    return await packed.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { detectSandbox } from '../../src/runner/index.ts'

/** The demo is the story; with --exit it ends with 0 only if all of it happened, each fact read from the server. */
test('push, gates, canary, promotion, a gate that stops, a canary that aborts, a rollback', async () => {
  const sandbox = await detectSandbox()
  const args = ['dist/ballast.js', 'demo', '--exit', ...(sandbox.best ? [] : ['--no-sandbox'])]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let said = ''
  child.stdout.on('data', chunk => (said += String(chunk)))
  child.stderr.on('data', chunk => (said += String(chunk)))
  const code = await new Promise(resolve => child.once('exit', resolve))
  expect(code, said).toBe(0)
  // What the demo itself claims; lines of git begin with `remote:`.
  expect(said.split('\n').filter(line => /^ {2}✗ /.test(line))).toEqual([])
  expect(said).toContain('✓ v2 was promoted')
  expect(said).toContain('✓ the gate failed')
  expect(said).toContain('✓ the canary aborted by itself')
  expect(said).toContain('✓ v1 answers the next request')
}, 400_000)

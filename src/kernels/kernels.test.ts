import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the committed WASM is what the AssemblyScript sources compile to', () => {
  const compiled = execFileSync(process.execPath, ['scripts/build-kernels.ts', '--print'], {
    encoding: 'utf8',
  })
  expect(compiled).toBe(readFileSync(new URL('./wasm.generated.ts', import.meta.url), 'utf8'))
})

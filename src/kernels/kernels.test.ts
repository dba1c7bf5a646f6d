import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test.each([
  ['statistics', './wasm.generated.ts'],
  ['images', './images/wasm.generated.ts'],
  ['chunking', './chunking/wasm.generated.ts'],
  ['weights', './quantize/wasm.generated.ts'],
  ['codec', './codec/wasm.generated.ts'],
])('the committed WASM of %s is what its AssemblyScript sources compile to', (name, file) => {
  const compiled = execFileSync(process.execPath, ['scripts/build-kernels.ts', '--print', name], {
    encoding: 'utf8',
  })
  expect(compiled).toBe(readFileSync(new URL(file, import.meta.url), 'utf8'))
})

import { expect, test } from 'vitest'
import { instructionsIn } from './machine.ts'

test.each([
  [
    'flags\t\t: fpu vme avx2 avx512f avx512_vnni rdrand\nbugs\t\t: spectre_v1\n',
    ['avx2', 'avx512f', 'avx512_vnni'],
  ],
  ['processor\t: 0\nFeatures\t: fp asimd evtstrm asimddp\n', ['asimd', 'asimddp']],
  ['flags\t: avx2\n\nflags\t: avx\n', ['avx2']],
  ['', []],
])('of %j', (text, instructions) => {
  expect(instructionsIn(text)).toEqual(instructions)
})

import { expect, test } from 'vitest'
import type { SecretVariable } from '../starting/given.ts'
import { withoutSecrets } from './shown.ts'

const variable = (value: string, masked = true): SecretVariable => ({
  name: 'A',
  value,
  file: false,
  literal: true,
  masked,
})
const SECRETS = [variable('horse'), variable('correct horse\n'), variable('plain', false), variable('no')]

test.each([
  ['a correct horse here', 'a [redacted] here'],
  ['horse plain no', '[redacted] plain no'],
  ['nothing', 'nothing'],
])('%j is shown as %j', (text, shown) => {
  expect(withoutSecrets(text, SECRETS)).toBe(shown)
})

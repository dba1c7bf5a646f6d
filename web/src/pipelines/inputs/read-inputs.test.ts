import { expect, test } from 'vitest'
import type { JobInputView } from '../../../../src/api/views.ts'
import { readInputs, writtenOf } from './read-inputs.ts'

const INPUTS: readonly JobInputView[] = [
  { name: 'target', type: 'string', value: 'staging', options: ['staging', 'production'] },
  { name: 'replicas', type: 'number', value: 2, options: null },
  { name: 'dry', type: 'boolean', value: true, options: null },
  { name: 'zones', type: 'array', value: ['a', 'b'], options: null },
]

test('fields begin with what the job would take, and nothing is sent then', () => {
  const written = writtenOf(INPUTS)
  expect(written).toEqual({ target: 'staging', replicas: '2', dry: 'true', zones: 'a\nb' })
  expect(readInputs(INPUTS, written)).toEqual({})
})

test('what was changed is sent in the type of its input', () => {
  const written = { target: 'production', replicas: ' 3 ', dry: 'false', zones: 'b\n\nc d\n' }
  expect(readInputs(INPUTS, written)).toEqual({
    target: 'production',
    replicas: 3,
    dry: false,
    zones: ['b', 'c d'],
  })
})

test('what is no number is left for the server to refuse', () => {
  const written = writtenOf(INPUTS)
  expect(readInputs(INPUTS, { ...written, replicas: 'many' })).toEqual({ replicas: 'many' })
  expect(readInputs(INPUTS, { ...written, replicas: '' })).toEqual({ replicas: '' })
})

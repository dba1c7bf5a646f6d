import { describe, expect, test } from 'vitest'
import { digestOf, type Json } from '../../../core/index.ts'
import type { RecordKind, VersionRecord } from '../../../registry/index.ts'
import { servedForm, variantsIn, variantViewsIn } from './variants.ts'

const aVariant = (name: string): Json => ({
  name,
  change: `${name} in words`,
  digest: digestOf(name),
  size: 4,
  files: [{ name: 'model.onnx', digest: digestOf(name), size: 4 }],
  repaired: [],
})

const measured = (latencyP50: number, steady: number) => {
  return { bytes: 4, load: 1, latencyP50, latencyP99: 9, runs: 5, memory: { steady, peak: 2 * steady } }
}

const anOptimization = (chosen: string | null): Json => ({
  prefer: 'latency',
  machine: { processor: 'x', architecture: 'x64', instructions: [], threads: 1 },
  original: { metrics: {}, intervals: {}, bytes: 8 },
  tried: [
    {
      name: 'int8',
      change: 'int8 in words',
      outcome: 'passed',
      measured: { original: measured(2, 40), variant: measured(1, 10) },
    },
  ],
  chosen,
})

type Stated = readonly [RecordKind, Json, origin?: 'elsewhere']

function records(...bodies: readonly Stated[]): VersionRecord[] {
  return bodies.map(([kind, body, origin], at) => ({
    id: `rec_${at}` as VersionRecord['id'],
    version: 'ver_1' as VersionRecord['version'],
    kind,
    body,
    createdAt: at as VersionRecord['createdAt'],
    ...(origin && { origin: { server: 'http://elsewhere', id: `rec_${at}` } }),
  }))
}

const both = [
  ['variant', aVariant('int4')],
  ['variant', aVariant('int8')],
  ['optimization', anOptimization('int8')],
] as const

test.each([
  { what: 'the chosen one', serving: {}, serves: 'int8' },
  { what: 'one by name', serving: { variants: { production: 'int4' } }, serves: 'int4' },
  { what: 'the original', serving: { variants: { production: 'original' } }, serves: 'original' },
  { what: 'what another environment asks for', serving: { variants: { staging: 'int4' } }, serves: 'int8' },
  { what: 'one that did not pass', serving: { variants: { production: 'fp16' } }, serves: 'original: fp16' },
])('production asks for $what and gets $serves', ({ serving, serves }) => {
  const form = servedForm(records(...both, ['serving', serving]), 'production')
  const [kind, why] = serves.split(': ')
  expect(form.kind === 'variant' ? form.variant.name : form.kind).toBe(kind)
  if (why !== undefined) expect(form).toMatchObject({ reason: expect.stringContaining(`'${why}'`) })
})

test('the first word of a search counts: what serves does not change under its name', () => {
  const later = records(['optimization', anOptimization(null)], ...both)
  expect(servedForm(later, 'production')).toEqual({ kind: 'original' })
})

test("another server's variants are not served here", () => {
  const imported = both.map(([kind, body]) => [kind, body, 'elsewhere'] as const)
  expect(servedForm(records(...imported), 'production')).toEqual({ kind: 'original' })
  expect(variantsIn(records(...imported))).toEqual([])
})

describe('a variant of an import', () => {
  const brought = (name: string, bytes = name): Json => ({
    variants: [{ name, files: [{ name: 'model.onnx', digest: digestOf(bytes), size: 4 }] }],
  })
  const here = (...bodies: readonly Stated[]) =>
    variantViewsIn(records(...bodies)).map(({ name, imported }) => [name, imported])

  test('is here where its bytes came along, and is told as imported', () => {
    const imported = ['variant', aVariant('int8'), 'elsewhere'] as const
    expect(here(imported, ['import', brought('int8')])).toEqual([['int8', true]])
    expect(servedForm(records(imported, ['import', brought('int8')]), 'production')).toEqual({
      kind: 'original',
    })
  })

  test.each<[string, readonly Stated[]]>([
    ['nothing came', []],
    ['other bytes came', [['import', brought('int8', 'other')]]],
    ['only another server says so', [['import', brought('int8'), 'elsewhere']]],
    ['the import is none', [['import', { variants: 5 }]]],
  ])('is not where %s: its record may name what the project may not read', (_, imports) => {
    expect(here(['variant', aVariant('int8'), 'elsewhere'], ...imports)).toEqual([])
  })

  test('gives way to one of the same name that was judged here', () => {
    const both = [
      ['variant', aVariant('int8')],
      ['variant', aVariant('int8'), 'elsewhere'],
    ] as const
    expect(here(...both, ['import', brought('int8')])).toEqual([['int8', false]])
  })
})

test('records that are none are left out', () => {
  const broken = records(['variant', { name: 'int8' }], ['optimization', 5], ['serving', { variants: [1] }])
  expect(servedForm(broken, 'production')).toEqual({ kind: 'original' })
})

test('views have the figures, the chosen one first', () => {
  expect(variantViewsIn(records(...both))).toMatchObject([
    { name: 'int8', speed: 0.5, memory: 0.25, chosen: true, size: 4, digest: digestOf('int8') },
    { name: 'int4', speed: null, memory: null, chosen: false },
  ])
})

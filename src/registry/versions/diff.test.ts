import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CommitId, digestOf, type Json } from '../../core/index.ts'
import type { VersionManifest } from '../types.ts'
import { describeVersionDiff } from './diff.ts'

/** Files as `name: bytes`. */
function aManifest(
  files: Readonly<Record<string, string>>,
  config: Json = {},
  commit = 'a',
): VersionManifest {
  return {
    model: 'digits',
    commit: commit.repeat(40) as CommitId,
    files: Object.entries(files).map(([name, bytes]) => ({
      name,
      digest: digestOf(bytes),
      size: bytes.length,
    })),
    config,
  }
}

test('files are told by their content: added, removed, changed, renamed', () => {
  const before = aManifest({
    'labels.txt': '0 1',
    'model.onnx': 'old!',
    'old.txt': 'moves',
    'gone.txt': 'gone',
  })
  const after = aManifest({
    'labels.txt': '0 1',
    'model.onnx': 'newer',
    'new.txt': 'moves',
    'more.txt': 'more',
  })
  const { files, unchanged, size } = describeVersionDiff(before, after)
  expect(files.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'removed gone.txt',
    'changed model.onnx',
    'added more.txt',
    'renamed new.txt',
  ])
  expect(files[3]).toMatchObject({ from: 'old.txt', digest: digestOf('moves') })
  expect(files[1]).toMatchObject({ before: { size: 4 }, after: { size: 5 } })
  expect(unchanged).toBe(1)
  expect(size).toEqual({ before: 16, after: 17, delta: 1 })
})

test('a removed file is the origin of one renamed file only', () => {
  const before = aManifest({ a: 'same' })
  const after = aManifest({ b: 'same', c: 'same' })
  expect(describeVersionDiff(before, after).files.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'renamed b',
    'added c',
  ])
})

test.each<{ before: Json; after: Json; changes: object[] }>([
  { before: { a: 1, b: 2 }, after: { b: 2, a: 1 }, changes: [] },
  {
    before: { task: 'generic' },
    after: { task: 'regression' },
    changes: [{ path: 'task', before: 'generic', after: 'regression' }],
  },
  { before: {}, after: { input: null }, changes: [{ path: 'input', after: null }] },
  { before: { output: 'x' }, after: {}, changes: [{ path: 'output', before: 'x' }] },
  {
    before: { preprocess: [{ kind: 'resize', width: 28 }, { kind: 'invert' }] },
    after: { preprocess: [{ kind: 'resize', width: 32 }] },
    changes: [
      { path: 'preprocess[0].width', before: 28, after: 32 },
      { path: 'preprocess[1]', before: { kind: 'invert' } },
    ],
  },
  { before: { labels: [] }, after: { labels: {} }, changes: [{ path: 'labels', before: [], after: {} }] },
  { before: 1, after: [1], changes: [{ path: '', before: 1, after: [1] }] },
])('configuration $before to $after', ({ before, after, changes }) => {
  expect(describeVersionDiff(aManifest({}, before), aManifest({}, after)).config).toStrictEqual(changes)
})

test('the commit is compared', () => {
  expect(describeVersionDiff(aManifest({}), aManifest({})).sameCommit).toBe(true)
  expect(describeVersionDiff(aManifest({}), aManifest({}, {}, 'b')).sameCommit).toBe(false)
})

test('there is no change exactly where two configurations are equal, and there and back mirrors', () => {
  const json = fc.jsonValue({ maxDepth: 3 }).map(value => JSON.parse(JSON.stringify(value)) as Json)
  fc.assert(
    fc.property(json, json, (a, b) => {
      const changes = (x: Json, y: Json) => describeVersionDiff(aManifest({}, x), aManifest({}, y)).config
      expect(changes(a, a)).toEqual([])
      expect(
        changes(a, b)
          .map(({ path }) => path)
          .sort(),
      ).toEqual(
        changes(b, a)
          .map(({ path }) => path)
          .sort(),
      )
    }),
  )
})

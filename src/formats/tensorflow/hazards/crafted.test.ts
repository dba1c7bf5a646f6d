import { describe, expect, test } from 'vitest'
import type { Attribute } from '../../types.ts'
import type { TensorflowFunction } from '../graphdef/graph.ts'
import type { TensorflowNode } from '../graphdef/node.ts'
import { type HazardInput, tensorflowHazards } from './find.ts'

interface NodeInit {
  readonly inputs?: readonly string[]
  readonly functions?: readonly string[]
  readonly texts?: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}
const node = (name: string, op: string, init: NodeInit = {}): TensorflowNode => ({
  name,
  op,
  inputs: init.inputs ?? [],
  device: '',
  attributes: new Map(Object.entries(init.attributes ?? {})),
  functions: init.functions ?? [],
  ...(init.texts && { texts: init.texts }),
})
const path = (name: string, ...texts: string[]) => node(name, 'Const', { texts })

function hazardsOf(
  nodes: TensorflowNode[],
  rest: Partial<HazardInput> & { functions?: TensorflowFunction[] } = {},
) {
  const { functions = [], ...given } = rest
  return tensorflowHazards({
    graph: { nodes, functions, producer: 1 },
    roots: ['y:0'],
    saver: { filename: '', save: '', restore: '' },
    assets: [],
    ...given,
  })
}

const SAVER = { filename: 'file:0', save: 'save:0', restore: 'restore' }
/** A saver as TensorFlow writes it, with another text or separator. */
const saver = (text: string, attributes: Record<string, Attribute> = {}) => [
  node('file', 'Placeholder'),
  path('part', text),
  node('joined', 'StringJoin', { inputs: ['file', 'part'], attributes }),
  node('sharded', 'ShardedFilename', { inputs: ['joined', 'zero', 'one'] }),
  node('save', 'SaveV2', { inputs: ['sharded', 'keys'] }),
  node('restore', 'RestoreV2', { inputs: ['file', 'keys'] }),
]

describe('savers', () => {
  test('an ordinary one', () => {
    expect(hazardsOf(saver('_temp/part'), { saver: SAVER })).toEqual([])
  })
  test.each(['/etc/cron.d/x', '../../x', '~/.ssh/x', 'gs://bucket/x', 'C:\\x', 'a/../../b'])(
    'one that goes to %s',
    text => {
      expect(hazardsOf(saver(text), { saver: SAVER })).toMatchObject([{ op: 'SaveV2', kind: 'file-write' }])
    },
  )
  test('one whose separator leads out', () => {
    expect(hazardsOf(saver('x', { separator: '/../' }), { saver: SAVER })).toMatchObject([{ op: 'SaveV2' }])
  })
  test('nodes of a saver that a signature runs as well', () => {
    expect(hazardsOf(saver('x'), { saver: SAVER, roots: ['save:0'] })).toMatchObject([
      {
        op: 'SaveV2',
        reachableFromSignature: true,
        detail: expect.stringMatching(/given to the model|checkpoint/),
      },
    ])
  })
  test('a saver that is none', () => {
    expect(hazardsOf(saver('x')).map(({ op }) => op)).toEqual(['SaveV2', 'RestoreV2'])
  })
  test('something else among its nodes', () => {
    const nodes = [...saver('x'), node('w', 'WriteFile', { inputs: ['file', 'x'] })]
    nodes[4] = node('save', 'SaveV2', { inputs: ['sharded', 'keys', '^w'] })
    expect(hazardsOf(nodes, { saver: SAVER })).toMatchObject([
      { op: 'WriteFile', reachableFromSignature: false },
    ])
  })
})

describe('tables', () => {
  const initializer: TensorflowFunction = {
    name: 'init',
    inputs: ['file', 'table'],
    nodes: [node('t', 'InitializeTableFromTextFileV2', { inputs: ['table', 'file'] })],
  }
  const table = (...nodes: TensorflowNode[]) => [
    ...nodes,
    node('y', 'StatefulPartitionedCall', { inputs: ['name', 'table'], functions: ['init'] }),
  ]
  const rest = { functions: [initializer], assets: ['name:0'] }

  test("from the model's own asset", () => {
    expect(hazardsOf(table(path('name', '/tmp/vocabulary.txt')), rest)).toEqual([])
  })
  test('from a file elsewhere', () => {
    expect(hazardsOf(table(path('name', '/etc/passwd')), { ...rest, assets: [] })).toMatchObject([
      {
        kind: 'file-read',
        function: 'init',
        reachableFromSignature: true,
        detail: expect.stringContaining('/etc/passwd'),
      },
    ])
  })
  test('from an asset that a checkpoint replaces', () => {
    const nodes = table(
      node('asset', 'Placeholder'),
      node('variable', 'VarHandleOp'),
      node('assign', 'AssignVariableOp', { inputs: ['variable', 'asset'] }),
      node('name', 'ReadVariableOp', { inputs: ['variable', '^assign'] }),
    )
    const own = { ...rest, assets: ['asset:0'], saver: { ...SAVER, restore: 'assign2' } }
    expect(hazardsOf(nodes, own)).toEqual([])
    const restored = [...nodes, node('assign2', 'StatefulPartitionedCall', { inputs: ['variable'] })]
    expect(hazardsOf(restored, own)).toMatchObject([{ kind: 'file-read' }])
  })
})

test.each<[string, NodeInit, string | undefined]>([
  ['SomethingCustom', {}, 'unknown-op'],
  ['PyFunc', {}, 'code'],
  ['EagerPyFunc', {}, 'code'],
  ['XlaCallModule', {}, 'code'],
  ['RpcCall', {}, 'network'],
  ['Abort', {}, 'process'],
  ['PrintV2', { attributes: { output_stream: 'stderr' } }, 'log'],
  ['PrintV2', {}, 'log'],
  ['PrintV2', { attributes: { output_stream: 'file:///etc/x' } }, 'file-write'],
  ['FixedUnigramCandidateSampler', { attributes: { vocab_file: '' } }, undefined],
  ['FixedUnigramCandidateSampler', { attributes: { vocab_file: '/etc/passwd' } }, 'file-read'],
  ['DecodeProtoV2', { attributes: { descriptor_source: 'local://' } }, undefined],
  ['DecodeProtoV2', { attributes: { descriptor_source: '/etc/passwd' } }, 'file-read'],
  ['TextLineDataset', { inputs: ['p'] }, 'file-read'],
  ['CacheDatasetV2', { inputs: ['d', 'nowhere'] }, undefined],
  ['CacheDatasetV2', { inputs: ['d', 'p'] }, 'file-write'],
  ['MatMul', {}, undefined],
  ['HashTableV2', {}, undefined],
  ['StatelessIf', {}, undefined],
])('%s with %o', (op, init, kind) => {
  const found = hazardsOf([path('p', '/data'), path('nowhere', ''), node('y', op, init)])
  expect(found.map(hazard => hazard.kind)).toEqual(kind === undefined ? [] : [kind])
})

test('a second node or function of the same name is seen', () => {
  const good: TensorflowFunction = { name: 'f', inputs: [], nodes: [node('n', 'NoOp')] }
  const bad: TensorflowFunction = { name: 'f', inputs: [], nodes: [node('n', 'PyFunc'), node('n', 'NoOp')] }
  expect(hazardsOf([node('y', 'PyFunc'), node('y', 'NoOp')])).toHaveLength(1)
  expect(hazardsOf([node('y', 'f')], { functions: [bad, good] })).toMatchObject([
    { op: 'PyFunc', function: 'f', reachableFromSignature: true },
  ])
})

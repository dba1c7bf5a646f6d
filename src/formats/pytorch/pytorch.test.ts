import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import {
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../test/fixtures/model-input.ts'
import type { OpenModel, Reader } from '../ports.ts'
import { openPt2, openPytorch, openPytorchLegacy, openTorchscript } from './index.ts'

const fixture = (name: string) => readFile(new URL(`../../../test/fixtures/pytorch/${name}`, import.meta.url))
const expected: Record<
  string,
  Record<string, { dtype: string; shape: number[]; sha256: string }>
> = JSON.parse((await fixture('expected.json')).toString())

function readerOf(path: string): Reader {
  if (path.endsWith('.pt2')) return openPt2
  if (/^(scripted|traced)/.test(path)) return openTorchscript
  return path.endsWith('-legacy.pt') ? openPytorchLegacy : openPytorch
}
const open = async (path: string): Promise<OpenModel> => readerOf(path)(await fixtureInput('pytorch', path))

describe('files that torch wrote', () => {
  test.each(Object.keys(expected))('%s', async path => {
    const model = await open(path)
    const tensors = expected[path]!
    const readable = model.file.tensors.filter(({ bytes }) => bytes !== undefined)
    expect(readable.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort())
    for (const info of readable) {
      const { sha256, ...rest } = tensors[info.name]!
      expect(info).toMatchObject(rest)
      expect([info.name, await digestOf(model, info.name)]).toEqual([
        info.name,
        { sha256, bytes: info.bytes },
      ])
    }
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    await model.close()
  })
})

describe('what is told', () => {
  test('a state dict', async () => {
    expect((await open('state-dict.pt')).file).toMatchObject({
      format: 'pytorch',
      formatVersion: '3',
      framework: 'PyTorch',
      what: 'state dict',
      parameters: 34,
      metadata: [],
      notes: ['a state dict has no graph'],
    })
  })

  test("a checkpoint: an optimiser's state is no parameter", async () => {
    const { file } = await open('checkpoint.pt')
    expect(file).toMatchObject({ what: 'checkpoint', parameters: 34 })
    expect(file.metadata).toEqual(
      expect.arrayContaining([
        { key: 'epoch', value: '3' },
        { key: 'name', value: 'tiny' },
        { key: 'optimizer.param_groups.0.lr', value: '0.01' },
      ]),
    )
    expect(file.tensors.filter(({ role }) => role === 'optimizer')).toHaveLength(15)
  })

  test.each(['module.pt', 'module-legacy.pt'])('%s, a whole module', async path => {
    const { file } = await open(path)
    expect(file).toMatchObject({ what: 'Sequential', notes: [expect.stringContaining('whole module')] })
    expect(file.tensors.map(({ name, role }) => `${name} ${role}`)).toContain('1.running_mean buffer')
    expect(file.tensors.map(({ name, role }) => `${name} ${role}`)).toContain('0.weight parameter')
  })

  test('tied weights count once, and are told', async () => {
    const { file } = await open('parameters.pt')
    expect(file.notes?.join()).toContain('b is a')
    const elements = file.tensors.filter(({ name }) => name !== 'b').map(tensor => tensor.elements)
    expect(file.parameters).toBe(elements.reduce((sum, count) => sum + count, 0))
  })

  test('quantized tensors with their scales', async () => {
    const { tensors } = (await open('quantized.pt')).file
    expect(tensors).toMatchObject([
      { dtype: 'uint8', quantization: { scheme: 'affine', scale: [0.1], zeroPoint: [5] } },
      { dtype: 'int8', quantization: { zeroPoint: [0, 1, -1], axis: 1 } },
      { dtype: 'int32', quantization: { scale: [0.001], zeroPoint: [0] } },
    ])
  })

  test('TorchScript: methods and the signature of forward', async () => {
    expect((await open('scripted.pt')).file).toMatchObject({
      format: 'torchscript',
      what: 'Scripted',
      graph: {
        kind: 'code',
        nodes: [
          {
            name: '__torch__.Scripted.forward',
            inputs: ['x: Tensor', 'mask: Optional[Tensor]', 'size: int'],
            outputs: ['Tuple[Tensor, List[Tensor]]'],
          },
          { name: '__torch__.torch.nn.modules.linear.Linear.forward' },
        ],
      },
      signature: {
        inputs: [
          { name: 'x', kind: 'tensor' },
          { name: 'mask', kind: 'optional' },
          { name: 'size', kind: 'unknown' },
        ],
        outputs: [{ kind: 'tensor' }, { kind: 'sequence' }],
      },
      metadata: [{ key: 'labels.txt', value: 'cat\ndog\n' }],
    })
    const { tensors } = (await open('scripted.pt')).file
    expect(tensors.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'scale buffer',
      'layer.weight parameter',
      'layer.bias parameter',
    ])
  })

  test.each(['exported.pt2', 'exported-2.7.pt2', 'exported-2.6.pt2'])(
    '%s: graph and signature',
    async path => {
      const { file } = await open(path)
      expect(file).toMatchObject({
        format: 'pt2',
        formatVersion: 'schema 8.20',
        producer: 'PyTorch 2.15.0+cu132',
        signature: {
          inputs: [{ name: 'x', dtype: 'float32', shape: ['s77', 4] }],
          outputs: [
            { name: 'add', dtype: 'float32', shape: ['s77', 3] },
            { name: 'to', dtype: 'bfloat16', shape: ['s77', 1] },
          ],
        },
        metadata: [
          { key: 'opset aten', value: '10' },
          { key: 'range s77', value: '0 to 64' },
        ],
      })
      expect(file.graph?.nodes[2]).toEqual({
        name: 'linear',
        op: 'linear.default',
        domain: 'aten',
        inputs: ['x', 'p_layer_weight', 'p_layer_bias'],
        outputs: ['linear'],
      })
      expect(file.graph?.subgraphs.map(({ name }) => name)).toEqual(['true_graph_0', 'false_graph_0'])
      expect(file.tensors.map(({ name, role }) => `${name} ${role}`)).toEqual([
        'layer.weight parameter',
        'layer.bias parameter',
        'offset buffer',
      ])
    },
  )
})

describe('mutations are read or refused with a typed error', () => {
  test.each([
    ['views.pt', 150],
    ['quantized.pt', 150],
    ['sparse.pt', 100],
    ['views-legacy.pt', 300],
    ['module-legacy.pt', 150],
    ['scripted.pt', 150],
    ['traced.pt', 60],
    ['exported.pt2', 60],
    ['exported-2.6.pt2', 40],
  ])('%s', async (path, count) => {
    for (const bytes of mutations(await fixture(path), count)) {
      try {
        await readAll(readerOf(path), memoryInput(bytes, path))
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(ZIP|DATA|FORMAT|RANGE)_/) })
      }
    }
  })

  test.each(['tensor.pt', 'views-legacy.pt'])('%s cut anywhere', async path => {
    const whole = await fixture(path)
    for (let length = 0; length < whole.length; length += 3) {
      const input = memoryInput(whole.subarray(0, length), path)
      await expect(readAll(readerOf(path), input)).rejects.toMatchObject({
        code: expect.stringMatching(/^(ZIP|FORMAT)_/),
      })
    }
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  BOOL,
  constant,
  FLOAT,
  float,
  graphBytes,
  INT32,
  identity,
  type Library,
  type Node,
  placeholder,
  savedBytes,
} from '../../../test/fixtures/convert/tensorflow/craft.ts'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { mutated, seeded } from '../../../test/fixtures/tensorflow/mutate.ts'
import { BallastError } from '../../core/index.ts'
import { memoryTree, openIn } from '../../formats/index.ts'
import { convertTensorflow } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/convert/tensorflow')

async function convertFiles(files: Readonly<Record<string, Uint8Array>>, main: string) {
  const model = await openIn(memoryTree(new Map(Object.entries(files))), main)
  try {
    return await convertTensorflow(model, {})
  } finally {
    await model.close()
  }
}

const convert = (nodes: readonly Node[], functions: readonly Library[] = []) =>
  convertFiles({ 'graph.pb': graphBytes(nodes, functions) }, 'graph.pb')

const x = placeholder('x', FLOAT, [2])
const flag = placeholder('flag', BOOL)
const twice = (name: string, called: string): Library => ({
  name,
  inputs: ['a'],
  results: { b: `second:output:0` },
  nodes: [
    { name: 'first', op: 'PartitionedCall', inputs: ['a'], attributes: { f: { function: called } } },
    {
      name: 'second',
      op: 'PartitionedCall',
      inputs: ['first:output:0'],
      attributes: { f: { function: called } },
    },
  ],
})
const same: Library = { name: 'same', inputs: ['a'], results: { b: 'a' }, nodes: [] }
const enter = (name: string, input: string): Node => ({
  name,
  op: 'Enter',
  inputs: [input],
  attributes: { ...float, frame_name: { text: 'loop' } },
})

describe('graphs that contradict themselves', () => {
  test.each<[string, readonly Node[], string, (readonly Library[])?]>([
    [
      'a cycle',
      [
        x,
        { name: 'a', op: 'AddV2', inputs: ['x', 'b'], attributes: float },
        identity('b', 'a'),
        identity('y', 'b'),
      ],
      "'b' (Identity): it needs its own value, through 'a', and there is no loop around it",
    ],
    [
      'a node that is not there',
      [x, identity('y', 'z')],
      "'y' (Identity): it takes a value that is not there: 'z:0'",
    ],
    [
      'an output that is not there',
      [x, identity('a', 'x'), identity('y', 'a:3')],
      "'a' (Identity): its output 3 is taken",
    ],
    [
      'two nodes of one name',
      [x, identity('y', 'x'), identity('y', 'x')],
      'there are two nodes of this name',
    ],
    [
      'an op without its input',
      [x, identity('a', 'x'), { name: 'y', op: 'Relu' }],
      'it has 0 inputs; 1 are expected',
    ],
    [
      'an op without an attribute',
      [x, { name: 'y', op: 'PartitionedCall', inputs: ['x'] }],
      "'f' names no function",
    ],
    [
      'a function that is not there',
      [x, { name: 'y', op: 'PartitionedCall', inputs: ['x'], attributes: { f: { function: 'f' } } }],
      "it calls the function 'f', which is not in the file",
    ],
    [
      'a call with too many values',
      [x, { name: 'y', op: 'PartitionedCall', inputs: ['x', 'x'], attributes: { f: { function: 'same' } } }],
      "it calls 'same' with 2 values, which takes 1",
      [same],
    ],
    [
      'a loop with other numbers of values',
      [
        x,
        {
          name: 'y',
          op: 'While',
          inputs: ['x', 'x'],
          attributes: { cond: { function: 'same' }, body: { function: 'same' } },
        },
      ],
      'it has 2 values, and its condition and body take and give other numbers of them',
      [same],
    ],
    [
      'a loop whose condition is a number',
      [
        x,
        {
          name: 'y',
          op: 'While',
          inputs: ['x'],
          attributes: { cond: { function: 'same' }, body: { function: 'same' } },
        },
      ],
      'its condition gives no truth value',
      [same],
    ],
    [
      'branches that give other numbers of values',
      [
        x,
        flag,
        {
          name: 'y',
          op: 'If',
          inputs: ['flag', 'x'],
          attributes: { then_branch: { function: 'same' }, else_branch: { function: 'nothing' } },
        },
      ],
      'its branches give 1 and 0 values',
      [same, { name: 'nothing', inputs: ['a'], results: {}, nodes: [] }],
    ],
    [
      'a loop of TensorFlow 1 that does not go round',
      [
        x,
        enter('e', 'x'),
        { name: 'm', op: 'Merge', inputs: ['e', 'x'], attributes: float },
        identity('y', 'm'),
      ],
      'the loop that begins here does not go round',
    ],
    [
      'a Merge of what is on one branch',
      [x, { name: 'm', op: 'Merge', inputs: ['x', 'x'], attributes: float }, identity('y', 'm')],
      'its inputs are not on two sides of one condition',
    ],
    [
      'a constant of another type than it says',
      [
        {
          ...constant('c', INT32, [1]),
          attributes: { dtype: { type: FLOAT }, value: { tensor: { dtype: INT32, shape: [], values: [1] } } },
        },
        identity('y', 'c'),
      ],
      'its type is float32, and that of its value int32',
    ],
  ])('%s', async (_, nodes, message, functions = []) => {
    const error = await convert(nodes, functions).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'CONVERT_INVALID', message: expect.stringContaining(message) })
  })

  test('a variable that is not in the checkpoint, and one of another shape', async () => {
    const variables = (file: string) => readFileSync(join(FIXTURES, 'v1/conditions/variables', file))
    const files = {
      'variables/variables.index': variables('variables.index'),
      'variables/variables.data-00000-of-00001': variables('variables.data-00000-of-00001'),
    }
    const saved = (name: string, shape: readonly number[]) =>
      savedBytes(
        [
          { name, op: 'VariableV2', attributes: { dtype: { type: FLOAT }, shape: { shape } } },
          identity('y', name),
        ],
        { inputs: {}, outputs: { y: 'y:0' } },
      )
    await expect(
      convertFiles({ 'saved_model.pb': saved('v', [3]), ...files }, 'saved_model.pb'),
    ).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringContaining("the variable 'v' is not in the checkpoint"),
    })
    await expect(
      convertFiles({ 'saved_model.pb': saved('w', [4]), ...files }, 'saved_model.pb'),
    ).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringContaining("the variable 'w' has the shape [4], and [3] in the checkpoint"),
    })
    await expect(
      convertFiles({ 'saved_model.pb': saved('w', [3]), ...files }, 'saved_model.pb'),
    ).resolves.toBeDefined()
    const { 'variables/variables.data-00000-of-00001': _, ...partial } = files
    await expect(
      convertFiles({ 'saved_model.pb': saved('w', [3]), ...partial }, 'saved_model.pb'),
    ).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('variables.data-00000-of-00001'),
    })
  })
})

describe('graphs that ask for too much', () => {
  test('a function that calls itself', async () => {
    const call: Node = {
      name: 'y',
      op: 'PartitionedCall',
      inputs: ['x'],
      attributes: { f: { function: 'f' } },
    }
    await expect(convert([x, call], [twice('f', 'f')])).rejects.toMatchObject({
      code: 'CONVERT_LIMIT',
      message: "the function 'f' is called in more than 100 calls, one in the other",
    })
  })

  test('functions that call each other twice, forty deep', async () => {
    const functions = Array.from({ length: 40 }, (_, i) => twice(`f${i}`, i === 39 ? 'same' : `f${i + 1}`))
    const call: Node = {
      name: 'y',
      op: 'PartitionedCall',
      inputs: ['x'],
      attributes: { f: { function: 'f0' } },
    }
    await expect(convert([x, call], [...functions, same])).rejects.toMatchObject({ code: 'CONVERT_LIMIT' })
  })

  test('a constant of a petabyte', async () => {
    const huge: Node = {
      name: 'c',
      op: 'Const',
      attributes: { dtype: { type: FLOAT }, value: { tensor: { dtype: FLOAT, shape: [2 ** 25, 2 ** 25] } } },
    }
    await expect(convert([huge, identity('y', 'c')])).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
  })

  test('a chain of 10,000 nodes is none', async () => {
    const chain = Array.from({ length: 10_000 }, (_, i) => identity(`n${i}`, i === 0 ? 'x' : `n${i - 1}`))
    const { model } = await convert([x, ...chain])
    expect(model.graph.nodes.length).toBeLessThan(2)
    const { n9999 } = await runOnnx(model, { x: floats([2], [1, 2]) })
    expect(n9999?.data).toEqual(Float32Array.of(1, 2))
  })
})

describe('ops without an ONNX form', () => {
  test('are told all at once, with those in functions and behind one another', async () => {
    const odd = (name: string, op: string, input: string): Node => ({ name, op, inputs: [input] })
    const branch = (name: string, op: string): Library => ({
      name,
      inputs: ['a'],
      results: { b: 'z:0' },
      nodes: [odd('z', op, 'a')],
    })
    const nodes: Node[] = [
      x,
      odd('a', 'Fancy', 'x'),
      odd('b', 'Fancy', 'a'),
      odd('c', '__proto__', 'b'),
      odd('d', 'constructor', 'c'),
      odd('e', 'PyFunc', 'd'),
      {
        name: 'y',
        op: 'If',
        inputs: ['e', 'x'],
        attributes: { then_branch: { function: 'f' }, else_branch: { function: 'g' } },
      },
    ]
    await expect(convert(nodes, [branch('f', 'Odd'), branch('g', 'Odder')])).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      hint: 'Write tf.py_function and tf.numpy_function with TensorFlow ops.',
      details: {
        unsupported: [
          { what: 'Fancy', where: ['a', 'b'] },
          { what: '__proto__', where: ['c'] },
          { what: 'constructor', where: ['d'] },
          { what: 'PyFunc', where: ['e'], why: expect.any(String), hint: expect.any(String) },
          { what: 'Odd', where: ['y/z'] },
          { what: 'Odder', where: ['y/z'] },
        ],
      },
    })
  })

  test('on a branch that is never taken are nobody’s concern', async () => {
    const no = constant('no', BOOL, [0])
    const nodes: Node[] = [
      x,
      no,
      { name: 's', op: 'Switch', inputs: ['x', 'no'], attributes: float },
      { name: 'odd', op: 'Fancy', inputs: ['s:1'] },
      { name: 'm', op: 'Merge', inputs: ['s', 'odd'], attributes: float },
      identity('y', 'm'),
    ]
    const { model } = await convert(nodes)
    const { y } = await runOnnx(model, { x: floats([2], [1, 2]) })
    expect(y?.data).toEqual(Float32Array.of(1, 2))
  })
})

describe('files with wrong bytes', () => {
  test.each([
    'frozen/nested.pb',
    'frozen/one-of.pb',
    'frozen/backwards.pb',
    'frozen/collatz.pb',
    'frozen/recurrence.pb',
  ])('%s converts, or says what is wrong', async path => {
    const random = seeded(path.length)
    const bytes = readFileSync(join(FIXTURES, path))
    for (let i = 0; i < 60; i++) {
      const error = await convertFiles({ 'graph.pb': mutated(bytes, random) }, 'graph.pb').catch(
        (cause: unknown) => cause,
      )
      if (error instanceof Error) expect(error, error.stack).toBeInstanceOf(BallastError)
    }
  })
})

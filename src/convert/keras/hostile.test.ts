import { expect, test } from 'vitest'
import { archiveWith, configIn, entriesOf } from '../../../test/fixtures/convert/keras/archive.ts'
import { BallastError, type Json } from '../../core/index.ts'
import { memoryTree, openIn } from '../../formats/index.ts'
import type { ConvertError } from '../errors.ts'
import { convertKeras } from './convert.ts'

type Path = readonly (string | number)[]

const WRONG: readonly Json[] = [
  null,
  -1,
  0,
  0.5,
  1e308,
  2 ** 31,
  'constructor',
  'NaN',
  true,
  [],
  [1, 2, 3],
  [[0, 0]],
  {},
  { class_name: 'function', config: '__proto__' },
  { class_name: '__proto__', config: {} },
]

async function convert(bytes: Uint8Array) {
  const opened = await openIn(memoryTree(new Map([['model.keras', bytes]])), 'model.keras')
  try {
    return await convertKeras(opened)
  } finally {
    await opened.close()
  }
}

function pathsIn(json: Json, at: Path = []): readonly Path[] {
  if (typeof json !== 'object' || json === null) return [at]
  return [at, ...Object.entries(json).flatMap(([key, value]) => pathsIn(value, [...at, key]))]
}

function changed(json: Json, [key, ...rest]: Path, value: Json): Json {
  if (key === undefined || typeof json !== 'object' || json === null) return value
  const inner = (json as { readonly [key: string]: Json })[key]!
  if (Array.isArray(json)) return (json as readonly Json[]).with(Number(key), changed(inner, rest, value))
  return { ...json, [key]: changed(inner, rest, value) }
}

test.each(['conv-2d', 'images', 'normalizations', 'operations', 'nested', 'scaling'])(
  'whatever the config of %s.keras says, it is converted or refused',
  async name => {
    const entries = await entriesOf(`${name}.keras`)
    const config = configIn(entries)
    const paths = pathsIn(config).filter(path => !/initializer|constraint|regularizer/.test(path.join()))
    let state = 3
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (let i = 0; i < 25; i++) {
      const [path, value] = [paths[random(paths.length)]!, WRONG[random(WRONG.length)]!]
      const done = await convert(archiveWith(entries, changed(config, path, value))).catch(
        (error: unknown) => error,
      )
      if (done instanceof Error) expect(done, path.join('.')).toBeInstanceOf(BallastError)
    }
  },
)

/** A functional model of one input, and layers that are called with what they name. */
function modelOf(
  layers: readonly {
    name: string
    className: string
    of: readonly string[]
    config?: object
    module?: string
  }[],
  outputs: readonly string[],
): Json {
  const tensor = (name: string): Json => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [name, 0, 0], shape: [null, 4], dtype: 'float32' },
  })
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { name: 'x', batch_shape: [null, 4] },
    inbound_nodes: [],
  }
  const others = layers.map(({ name, className, of, config = {}, module = 'keras.layers' }) => ({
    class_name: className,
    module,
    name,
    config: { name, ...config },
    inbound_nodes: [{ args: of.length === 1 ? [tensor(of[0]!)] : [of.map(tensor)], kwargs: {} }],
  }))
  const ends = outputs.map(name => [name, 0, 0])
  return {
    class_name: 'Functional',
    module: 'keras',
    config: { name: 'model', layers: [input, ...others], input_layers: [['x', 0, 0]], output_layers: ends },
  } as Json
}

async function refusal(config: Json): Promise<ConvertError> {
  const entries = await entriesOf('tabular.keras')
  return convert(archiveWith(entries, config)).then(
    () => expect.fail('it was converted'),
    (error: unknown) => error as ConvertError,
  )
}

const relu = (name: string, of: string) => ({ name, className: 'ReLU', of: [of] })

test.each([
  {
    what: 'a cycle',
    config: modelOf([relu('a', 'b'), relu('b', 'a')], ['a']),
    says: "Layers of 'model' wait for each other: a, b",
  },
  {
    what: 'a layer that is not there',
    config: modelOf([relu('a', 'nowhere')], ['a']),
    says: "'model' takes a tensor of the layer 'nowhere'",
  },
  {
    what: 'an output that no layer gives',
    config: modelOf([relu('a', 'x')], ['b']),
    says: "the layer 'b', which it does not have",
  },
  {
    what: 'two layers of one name',
    config: modelOf([relu('a', 'x'), relu('a', 'x')], ['a']),
    says: "Two layers of 'model' are called 'a'",
  },
  {
    what: 'a variable that is missing',
    config: modelOf([{ name: 'head', className: 'Dense', of: ['x'], config: { units: 3 } }], ['head']),
    says: "The variable 'kernel' of the layer 'head' is not in the file",
  },
  {
    what: 'an entry of another kind',
    config: modelOf([{ name: 'a', className: 'ELU', of: ['x'], config: { alpha: [1] } }], ['a']),
    says: "'alpha' of ELU 'a' is [1]; it takes a number",
  },
])('$what is an error that names the layer', async ({ config, says }) => {
  const error = await refusal(config)
  expect([error.code, error.message.includes(says) ? says : error.message]).toEqual(['CONVERT_INVALID', says])
})

test('a weight of another shape than its layer takes is an error that names the layer', async () => {
  const entries = await entriesOf('tabular.keras')
  const config = changed(configIn(entries), ['config', 'layers', 0, 'config', 'batch_shape'], [null, 10])
  await expect(convert(archiveWith(entries, config))).rejects.toMatchObject({
    code: 'CONVERT_INVALID',
    message: expect.stringContaining("'group'"),
  })
})

test('all that can’t be converted is told at once, also behind what is missing', async () => {
  const error = await refusal(
    modelOf(
      [
        { name: 'lambda', className: 'Lambda', of: ['x'] },
        { name: 'mine', className: 'Attend', of: ['lambda'], module: 'my_package.layers' },
        { name: 'again', className: 'Attend', of: ['mine'], module: 'my_package.layers' },
        { name: 'act', className: 'Activation', of: ['x'], config: { activation: 'my_function' } },
      ],
      ['again', 'act'],
    ),
  )
  expect(error.code).toBe('CONVERT_UNSUPPORTED')
  expect(error.message).toBe(
    "model.keras can't be converted: Attend ×2 (mine, again): a class of your own, whose code is not in the file; " +
      "Lambda (lambda): its function is Python code; Activation (act): the activation 'my_function'",
  )
  expect(error.hint).toContain('model.export("folder")')
})

test('a model in Python code is refused with what to do', async () => {
  const error = await refusal({ class_name: 'MyModel', module: 'my_package', config: {} })
  expect(error.message).toContain('is a subclassed model (MyModel)')
  expect(error.hint).toContain('SavedModel')
})

test('models that are called again and again within each other end at a limit', async () => {
  const plain = modelOf([{ name: 'a', className: 'Identity', of: ['x'] }], ['a']) as {
    readonly [key: string]: Json
  }
  const keras = (name: string, node: number): Json => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [name, node, 0] },
  })
  let model = plain
  for (let depth = 0; depth < 12; depth++) {
    const calls = [keras('x', 0), keras('m', 0), keras('m', 1), keras('m', 2)]
    const inner = {
      ...model,
      name: 'm',
      inbound_nodes: calls.map(tensor => ({ args: [tensor], kwargs: {} })),
    }
    const around = modelOf([], []) as { readonly [key: string]: Json }
    const config = around['config'] as { readonly [key: string]: Json }
    const layers = [...(config['layers'] as readonly Json[]), inner]
    model = { ...around, config: { ...config, layers, output_layers: [['m', 3, 0]] } }
  }
  // Four calls at each of twelve depths: 16 million, of a config of a few kilobytes.
  expect(await refusal(model)).toMatchObject({ code: 'CONVERT_LIMIT' })
})

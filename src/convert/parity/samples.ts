import { type ByteSource, type Digest, nearestName, type Tensor } from '../../core/index.ts'
import { openNpz } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import type { ConvertedSession, SessionPort } from '../ports.ts'
import type { Samples } from './types.ts'

/** Samples check a conversion; a test set belongs to `evaluate`. Both sides are held in memory. */
const MAX_SAMPLE_BYTES = 1024 ** 3
/** Names for the array of a model that has one input, or one output. */
const INPUT_NAMES: ReadonlySet<string> = new Set(['x', 'X', 'input', 'inputs'])
const OUTPUT_NAMES: ReadonlySet<string> = new Set(['y', 'Y', 'output', 'outputs', 'expected'])

const unfit = failing(
  'CONVERT_SAMPLES',
  "Save them with numpy.savez: an array for each input and output, by the model's own names.",
)

/**
 * Reads samples from a .npz file, called `file` in messages: arrays by the names of inputs and outputs; `x` and `y` where there is one of them.
 * Throws CONVERT_SAMPLES where a name is nobody's, an input is missing or no output is there; and what `openNpz` throws.
 */
export async function readSamples(
  source: ByteSource,
  file: string,
  digest: Digest,
  session: Pick<ConvertedSession, 'inputs' | 'outputs'>,
): Promise<Samples> {
  if (source.size > MAX_SAMPLE_BYTES)
    throw unfit(`${file} has ${source.size} bytes; samples have at most ${MAX_SAMPLE_BYTES}`)
  const npz = await openNpz(source)
  const inputs = new Map<string, Tensor>()
  const outputs = new Map<string, Tensor>()
  for (const name of npz.names) {
    const input = portOf(name, session.inputs, INPUT_NAMES)
    const output = portOf(name, session.outputs, OUTPUT_NAMES)
    const [port, side] = input ? [input, inputs] : output ? [output, outputs] : unknown(file, name, session)
    if (side.has(port.name)) throw unfit(`${file} has '${port.name}' twice, under '${name}' as well`)
    side.set(port.name, shaped(port, await (await npz.array(name)).read()))
  }
  const missing = session.inputs.filter(({ name }) => !inputs.has(name))
  if (missing.length > 0)
    throw unfit(`${file} has no array for ${missing.map(({ name }) => `'${name}'`).join(', ')}`)
  if (outputs.size === 0)
    throw unfit(`${file} has inputs, and no answer: ${session.outputs.map(({ name }) => name).join(', ')}`)
  return {
    name: file,
    digest,
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
  }
}

function portOf(
  name: string,
  ports: readonly SessionPort[],
  only: ReadonlySet<string>,
): SessionPort | undefined {
  const found = ports.find(port => port.name === name)
  if (found) return found
  return ports.length === 1 && only.has(name) ? ports[0] : undefined
}

function unknown(
  file: string,
  name: string,
  { inputs, outputs }: Pick<ConvertedSession, 'inputs' | 'outputs'>,
): never {
  const names = [...inputs, ...outputs].map(port => port.name)
  const nearest = nearestName(name, names)
  throw unfit(`${file}: '${name.slice(0, 80)}' is no input or output of the model`, {
    hint: nearest ? `Did you mean '${nearest}'?` : `It has ${names.slice(0, 20).join(', ')}.`,
  })
}

/** A column that numpy saved flat, or the other way round. */
function shaped({ shape: wanted }: SessionPort, tensor: Tensor): Tensor {
  const { shape } = tensor
  if (wanted.length === 2 && wanted[1] === 1 && shape.length === 1)
    return { ...tensor, shape: [shape[0]!, 1] }
  if (wanted.length === 1 && shape.length === 2 && shape[1] === 1) return { ...tensor, shape: [shape[0]!] }
  return tensor
}

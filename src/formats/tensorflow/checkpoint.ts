import type { ModelInput, OpenModel } from '../ports.ts'
import { parametersOf } from '../tensors.ts'
import { readBundleIndex } from './bundle/bundle.ts'
import { openShards } from './bundle/shards.ts'
import { type TensorflowFailures, tensorflowFailures } from './failures.ts'
import { readersOf } from './tensors.ts'
import { variablesOf } from './variables.ts'

const FORMAT = 'TensorFlow checkpoint'
const INDEX = /\.index$/

const fail: TensorflowFailures = tensorflowFailures(FORMAT, 'Save the checkpoint again with TensorFlow.')

/**
 * A checkpoint alone: the main file is its `.index`, the `.data-…` files lie beside it. Tensors have their
 * variables' names where the checkpoint has an object graph, and its key otherwise.
 */
export async function openCheckpoint(input: ModelInput): Promise<OpenModel> {
  if (!INDEX.test(input.path))
    throw fail.unsupported({ name: input.source.name }, 'the main file of a checkpoint ends with .index', {
      hint: 'Name the .index file.',
    })
  const index = await readBundleIndex(input.source, fail)
  const shards = await openShards(input.tree, input.path.replace(INDEX, ''), index.header.shards)
  try {
    const reading = { index, shards, fail, name: input.source.name }
    const { tensors, copies } = await variablesOf(reading)
    const infos = tensors.map(({ info }) => info)
    const size = shards.files.reduce((sum, file) => sum + file.size, input.storedSize)
    return {
      file: {
        format: 'tensorflow-checkpoint',
        framework: 'TensorFlow',
        name: input.path,
        size,
        files: [{ path: input.path, size: input.storedSize }, ...shards.files],
        ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
        tensors: infos,
        parameters: parametersOf(infos.filter(({ name }) => !copies.has(name))),
        metadata: [],
        notes: ['a checkpoint has no graph'],
      },
      ...readersOf(input.source.name, FORMAT, tensors),
      close: () => shards.close(),
    }
  } catch (cause) {
    await shards.close()
    throw cause
  }
}

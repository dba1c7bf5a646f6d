import { fitInput, stackBatch } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import type { Examples, ReadExamples } from './examples.ts'

export const readImage: ReadExamples = async ({ bytes }, model) => ({
  ...(await examplesOfImages([bytes], model)),
  listed: false,
})

/** Decoded one after another: each has the machine to itself, and none waits in memory. */
export async function examplesOfImages(
  files: readonly Buffer[],
  { preprocessor, ports }: ServedModel,
): Promise<Omit<Examples, 'listed'>> {
  const { input } = ports()
  const tensors = []
  for (const file of files) tensors.push(fitInput(input, await preprocessor.fromImage(file)))
  return { inputs: { [input.name]: stackBatch(tensors) }, count: files.length }
}

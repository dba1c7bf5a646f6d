import { type ByteSource, elementCount } from '../../core/index.ts'
import { failing } from '../errors.ts'
import { arrayOf, runPickle, textOf } from '../pickle/index.ts'
import { plainOf } from '../pickle/model/plain.ts'
import type { NpyHeader } from './header.ts'

const invalid = failing('NPY_INVALID', 'Write the file again with numpy.save, or fetch it again.')

/**
 * The elements of an array of objects, in C order: texts as they are, anything else as the JSON of what its part of
 * the pickle would build. Nothing of it is built or called. Throws what the machine met, or NPY_INVALID where the
 * pickle is not the array that the header says.
 */
export async function* readObjects(source: ByteSource, header: NpyHeader): AsyncGenerator<string, void> {
  const { root, fault } = await runPickle(source, { start: header.dataOffset })
  if (fault) throw fault
  const objects = root && arrayOf(root)?.objects
  const elements = elementCount(header.shape)
  if (objects?.length !== elements) {
    const found = objects ? `an array of ${objects.length}` : 'no array of objects'
    throw invalid(`${source.name} says it has ${elements} objects, and its pickle is ${found}`)
  }
  for (const node of objects) yield textOf(node) ?? JSON.stringify(await plainOf(node))
}

import type { ErrorInit } from '../../core/index.ts'
import type { ProgramNode } from '../../formats/tensorflow/index.ts'
import { ConvertError, failing } from '../errors.ts'

const invalid = failing(
  'CONVERT_INVALID',
  'The graph contradicts itself: save the model again with TensorFlow.',
)

/** What is wrong at a node, with the file and the byte where it stands. */
export function invalidNode(
  { name, op, place }: Pick<ProgramNode, 'name' | 'op' | 'place'>,
  message: string,
  init?: Partial<ErrorInit>,
): ConvertError {
  const byte = place.offset === undefined ? '' : `, byte ${place.offset}`
  return invalid(`${place.name}${byte}: '${name}' (${op}): ${message}`, {
    ...init,
    details: {
      ...init?.details,
      node: name,
      op,
      file: place.name,
      ...(place.offset !== undefined && { offset: place.offset }),
    },
  })
}

/** An error of the graph builder, which knows no node, told with the node. Others stay as they are. */
export function toldAt(node: ProgramNode, cause: unknown): unknown {
  if (
    !(cause instanceof ConvertError) ||
    cause.code !== 'CONVERT_INVALID' ||
    cause.details?.['node'] !== undefined
  )
    return cause
  return invalidNode(node, cause.message, { cause })
}

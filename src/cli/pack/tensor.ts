import { BallastError } from '../../core/index.ts'
import type { PackedFile, PlacedTensor } from '../../registry/index.ts'

/** How many names a hint shows. */
const SHOWN = 5

export function findTensor({ recipe }: PackedFile, name: string): PlacedTensor {
  const found = recipe.tensors.find(tensor => tensor.name === name)
  if (found) return found
  const names = recipe.tensors.slice(0, SHOWN).map(tensor => tensor.name.slice(0, 100))
  const more = recipe.tensors.length > SHOWN ? ', …' : ''
  throw new BallastError('ARGUMENT_INVALID', {
    message: `There is no tensor '${name.slice(0, 200)}' in it that could be written by itself`,
    hint:
      names.length > 0
        ? `There are ${names.join(', ')}${more}`
        : 'It has none that are known; unpack it whole.',
  })
}

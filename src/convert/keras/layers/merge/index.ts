import { full, type LayerTable } from '../../layer.ts'
import { concatenate } from './concatenate.ts'
import { dot } from './dot.ts'
import { add, maximum, mean, minimum, product, subtraction } from './elementwise.ts'

export const mergeLayers: LayerTable = {
  Add: full(add, 'own'),
  Subtract: full(subtraction, 'own'),
  Multiply: full(product, 'own'),
  Average: full(mean, 'own'),
  Maximum: full(maximum, 'own'),
  Minimum: full(minimum, 'own'),
  Concatenate: full(concatenate, 'own'),
  Dot: full(dot, 'stops'),
}

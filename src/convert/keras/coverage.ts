import type { Coverage, CoveredItem } from '../types.ts'
import type { LayerTable } from './layer.ts'
import { LAYERS } from './layers/index.ts'
import { OPERATIONS } from './operations/index.ts'

/** What the frame itself does: models within models, and their inputs. */
const MODELS: readonly CoveredItem[] = [
  { name: 'Functional', support: 'full' },
  { name: 'InputLayer', support: 'limits', note: 'dense tensors' },
  { name: 'Sequential', support: 'full' },
]

/** All layers of Keras, and operations of `keras.ops`, by the tables that the converter itself uses. */
export const kerasCoverage: Coverage = {
  title: 'Keras layers',
  formats: ['keras', 'keras-h5', 'tfjs-layers'],
  items: [...MODELS, ...itemsOf(LAYERS, ''), ...itemsOf(OPERATIONS, 'ops.')],
}

function itemsOf(table: LayerTable, prefix: string): readonly CoveredItem[] {
  return Object.entries(table)
    .map(([name, entry]) => ({
      name: `${prefix}${name}`,
      support: entry.support,
      ...(entry.note !== undefined && { note: entry.note }),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

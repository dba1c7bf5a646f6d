import type { Coverage, CoveredItem } from '../types.ts'
import { FLOW_NAMES } from './flow.ts'
import { OPERATORS } from './ops/index.ts'

export const tfliteCoverage: Coverage = {
  title: 'TensorFlow Lite operators',
  formats: ['tflite'],
  items: [
    ...Object.entries(OPERATORS).map(
      ([name, { limits }]): CoveredItem =>
        limits === undefined ? { name, support: 'full' } : { name, support: 'limits', note: limits },
    ),
    ...FLOW_NAMES.map((name): CoveredItem => ({ name, support: 'full' })),
  ],
}

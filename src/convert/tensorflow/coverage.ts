import type { Coverage, CoveredItem } from '../types.ts'
import { FLOW } from './flow/index.ts'
import { OPS } from './ops/index.ts'
import { REFUSED_OPS } from './refused-ops.ts'

const known = { ...FLOW, ...OPS }

/** All ops of TensorFlow that are converted, and those that never are. */
export const tensorflowCoverage: Coverage = {
  title: 'TensorFlow ops',
  formats: ['tensorflow-savedmodel', 'tensorflow-graphdef', 'tfjs-graph'],
  items: [
    ...Object.entries(known).map(
      ([name, { limits }]): CoveredItem =>
        limits === undefined ? { name, support: 'full' } : { name, support: 'limits', note: limits },
    ),
    ...Object.entries(REFUSED_OPS)
      .filter(([name]) => !Object.hasOwn(known, name))
      .map(([name, { why }]): CoveredItem => ({ name, support: 'refused', note: why })),
  ].toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))),
}

import type { Coverage } from '../types.ts'
import { OPS } from './ops/index.ts'

/** Every operator of exported programs that is known here. */
export const torchCoverage: Coverage = {
  title: 'PyTorch operators',
  formats: ['pt2'],
  items: Object.entries(OPS).map(([name, { limits }]) =>
    limits === undefined ? { name, support: 'full' } : { name, support: 'limits', note: limits },
  ),
}

import type { TensorInfo } from '../../types.ts'

/** What a dataset is for, by its path: optimisers' and metrics' states, and those of random generators, are no parameters. */
export function roleOf(path: string): TensorInfo['role'] {
  if (/^optimizer(_weights)?\//.test(path)) return 'optimizer'
  if (/^(metrics|loss_tracker|_metrics)\//.test(path)) return 'data'
  if (/(^|\/)seed_generator(_\d+)?\//.test(path) || /(^|\/)seed_generator_state(:\d+)?$/.test(path))
    return 'data'
  return undefined
}

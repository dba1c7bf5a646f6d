import type { Milliseconds } from '../../../core/index.ts'
import { refuse, shown } from '../refuse.ts'

/** Parameters of a request, an input or an output. Those that nobody knows are left alone, as the protocol says. */
export type Parameters = ReadonlyMap<string, unknown>

/** More on one request can only be a mistake. */
export const MAX_PARAMETERS = 256
/** Triton's priorities go to some; 0 is the model's default. */
const MAX_PRIORITY = 2 ** 32 - 1

/** What the parameters of a request ask for. */
export interface RequestOptions {
  /** How outputs come that do not say it themselves; undefined where nothing was said. */
  readonly binary: boolean | undefined
  readonly timeoutMs: Milliseconds | undefined
  readonly priority: number | undefined
}

/** Throws REQUEST_INVALID for what is asked and not offered: sequences. */
export function requestOptions(parameters: Parameters): RequestOptions {
  for (const name of ['sequence_id', 'sequence_start', 'sequence_end']) {
    const value = parameters.get(name)
    if (value === undefined || value === false || value === 0 || value === '') continue
    throw refuse(
      `The request has the parameter ${name}, and models here keep no state between requests`,
      'Leave sequence_id, sequence_start and sequence_end out.',
    )
  }
  const timeout = wholeIn(parameters, 'timeout', Number.MAX_SAFE_INTEGER, 'microseconds')
  const priority = wholeIn(parameters, 'priority', MAX_PRIORITY, 'a level')
  return {
    binary: flagIn(parameters, 'binary_data_output'),
    timeoutMs: timeout === undefined || timeout === 0 ? undefined : timeout / 1000,
    priority,
  }
}

/** Of an input: the bytes it has behind the JSON. Throws REQUEST_INVALID. */
export function binarySizeIn(parameters: Parameters): number | undefined {
  refuseSharedMemory(parameters)
  return wholeIn(parameters, 'binary_data_size', Number.MAX_SAFE_INTEGER, 'a number of bytes')
}

export interface OutputOptions {
  readonly binary: boolean | undefined
  /** How many of the best classes are to be told instead of the tensor. */
  readonly classes: number | undefined
}

/** Throws REQUEST_INVALID. */
export function outputOptions(parameters: Parameters): OutputOptions {
  refuseSharedMemory(parameters)
  const classes = wholeIn(parameters, 'classification', MAX_PRIORITY, 'a number of classes')
  return {
    binary: flagIn(parameters, 'binary_data'),
    classes: classes === 0 ? undefined : classes,
  }
}

export function refuseSharedMemory(parameters: Parameters): void {
  if (!parameters.has('shared_memory_region')) return
  throw refuse(
    'Tensors in shared memory are not offered: a client names memory of the server there',
    'Send the tensor in the request, in binary.',
  )
}

function flagIn(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters.get(name)
  if (value === undefined || typeof value === 'boolean') return value
  throw refuse(`Expected the parameter ${name} to be true or false, found ${shown(value)}`)
}

function wholeIn(parameters: Parameters, name: string, most: number, what: string): number | undefined {
  const value = parameters.get(name)
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value
  throw refuse(
    `Expected the parameter ${name} to be ${what}, a whole number of at most ${most}, found ${shown(value)}`,
  )
}

import { nearestName } from '../core/index.ts'
import { ModelError } from './errors.ts'
import type { ModelConfig, ModelSignature, TensorSpec } from './types.ts'

export interface Ports {
  readonly input: TensorSpec
  readonly output: TensorSpec
}

/**
 * The input that takes the preprocessed tensor and the output that holds the answer: those the configuration
 * names, else the only input and the first output. Throws PORT_UNKNOWN.
 */
export function describeInput(
  signature: ModelSignature,
  config: Pick<ModelConfig, 'input' | 'output'>,
): Ports {
  return {
    input: pick('input', signature.inputs, config.input),
    output: outputOf(signature, config),
  }
}

/** The output that holds the answer. Throws PORT_UNKNOWN. */
export function outputOf(signature: ModelSignature, config: Pick<ModelConfig, 'output'>): TensorSpec {
  return pick('output', signature.outputs, config.output)
}

function pick(
  what: 'input' | 'output',
  ports: readonly TensorSpec[],
  wanted: string | undefined,
): TensorSpec {
  const names = ports.map(port => port.name)
  const first = ports[0]
  if (wanted === undefined && first && (what === 'output' || ports.length === 1)) return first
  const found = ports.find(port => port.name === wanted)
  if (found) return found
  const nearest = wanted === undefined ? undefined : nearestName(wanted, names)
  throw new ModelError('PORT_UNKNOWN', {
    message:
      wanted === undefined
        ? `The model has ${ports.length} ${what}s of plain tensors (${names.join(', ') || 'none'}), so its ${what} can't be guessed`
        : `The model has no ${what} '${wanted}'; it has ${names.join(', ') || 'none'}`,
    hint: nearest
      ? `Did you mean '${nearest}'? Set model.${what} in ballast.yaml.`
      : `Name one of them as model.${what} in ballast.yaml.`,
    details: { wanted, names },
  })
}

/** Whether an input takes several examples at once. */
export type BatchAxis =
  /** Axis 0 takes any number of examples. */
  | { readonly kind: 'free' }
  /** Axis 0 has this size: exactly so many examples a run, usually one. */
  | { readonly kind: 'fixed'; readonly size: number }
  /** There is no axis for it: one example a run, without a leading axis. */
  | { readonly kind: 'none' }

/**
 * How many examples `spec` takes in a run. `exampleRank` is the rank of one example without a batch axis, where
 * known: an input of that very rank has no batch axis.
 */
export function resolveBatchAxis(spec: TensorSpec, exampleRank?: number): BatchAxis {
  if (spec.shape.length === 0 || spec.shape.length === exampleRank) return { kind: 'none' }
  const size = spec.shape[0]
  return typeof size === 'number' ? { kind: 'fixed', size } : { kind: 'free' }
}

/** `image float32[N, 1, 28, 28]`, for messages. */
export function formatSpec({ name, dtype, shape }: TensorSpec): string {
  return `${name} ${dtype}[${shape.map(size => size ?? '?').join(', ')}]`
}

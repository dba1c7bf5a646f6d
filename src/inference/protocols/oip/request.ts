import type { Tensor, Tensors } from '../../../core/index.ts'
import { outputOf } from '../../../model/index.ts'
import type { Reply } from '../../frames/index.ts'
import type { InferenceCall, ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import { classified } from './classification.ts'
import type { RequestOptions } from './parameters.ts'

/** A parsed request of the Open Inference Protocol, by REST or gRPC. Nothing of it is held against the model yet. */
export interface InferRequest {
  readonly id: string | undefined
  readonly inputs: Tensors
  /** Undefined: all the model has. */
  readonly outputs: readonly WantedOutput[] | undefined
  readonly options: RequestOptions
}

export interface WantedOutput {
  readonly name: string
  /** As bytes rather than as numbers of the protocol. */
  readonly binary: boolean
  /** So many of the best classes instead of the tensor. */
  readonly classes: number | undefined
}

/** One output of an answer. */
export interface Output {
  readonly name: string
  readonly tensor: Tensor
  readonly binary: boolean
}

/** What a request asks of the model; `encode` gets the outputs in the order they were asked for. Throws REQUEST_INVALID. */
export function callOf(
  request: InferRequest,
  model: ServedModel,
  encode: (outputs: readonly Output[]) => Reply,
): InferenceCall {
  const { options } = request
  const wanted =
    request.outputs ??
    model.signature.outputs.map(({ name }) => ({ name, binary: options.binary ?? false, classes: undefined }))
  const names = request.outputs && namesOf(request.outputs, model)
  return {
    inputs: request.inputs,
    outputs: names,
    timeoutMs: options.timeoutMs,
    priority: options.priority,
    encode: tensors =>
      encode(
        wanted.map(({ name, binary, classes }) => {
          const tensor = tensors[name]!
          if (classes === undefined) return { name, binary, tensor }
          return { name, binary, tensor: classified(tensor, classes, labelsOf(model, name)) }
        }),
      ),
  }
}

/** Throws REQUEST_INVALID for an output that the model does not have, or that is asked for twice. */
function namesOf(outputs: readonly WantedOutput[], { signature }: ServedModel): readonly string[] {
  const names = new Set<string>()
  for (const { name, classes } of outputs) {
    const spec = signature.outputs.find(output => output.name === name)
    if (spec === undefined) {
      const known = signature.outputs.map(output => output.name).join(', ')
      throw refuse(`The model has no output '${name}'; it has ${known}`)
    }
    if (classes !== undefined && spec.dtype === 'string') {
      throw refuse(
        `The output '${name}' holds texts, and classification takes scores`,
        'Ask for the output itself.',
      )
    }
    if (names.has(name)) throw refuse(`The output '${name}' is asked for twice`)
    names.add(name)
  }
  return [...names]
}

/** Labels are those of the output that answers. */
function labelsOf(model: ServedModel, name: string): readonly string[] {
  const { labels } = model.config
  return labels.length > 0 && outputOf(model.signature, model.config).name === name ? labels : []
}

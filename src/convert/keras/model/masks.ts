import type { Emitter, Value } from '../../graph/types.ts'
import { cast } from '../emit.ts'
import type { Argument, Carried, Generation } from '../layer.ts'
import type { Arguments } from './call.ts'

/**
 * Tensors with the mask that the call names: Keras 3 writes down which one a layer heeded, and that stands over what
 * the tensors carry; null leaves it to them. A list of masks is for a list of tensors.
 */
export function maskedAsNamed(b: Emitter, given: Arguments, generation: Generation): Arguments {
  const mask = given.named.get('mask')
  const [first, ...others] = given.positional
  if (generation < 3 || !mask || mask.kind === 'plain' || !first) return given
  return { ...given, positional: [withMask(b, first, mask), ...others] }
}

function withMask(b: Emitter, argument: Argument, mask: Argument): Argument {
  if (argument.kind === 'tensor')
    return {
      kind: 'tensor',
      value: carrying(argument.value, mask.kind === 'tensor' ? cast(b, mask.value, 'bool') : undefined),
    }
  if (argument.kind !== 'list') return argument
  const none: Argument = { kind: 'plain', json: null }
  const masks = mask.kind === 'list' ? mask.items : []
  return { kind: 'list', items: argument.items.map((item, i) => withMask(b, item, masks[i] ?? none)) }
}

function carrying({ mask: _, ...value }: Carried, mask: Value | undefined): Carried {
  return mask ? { ...value, mask } : value
}

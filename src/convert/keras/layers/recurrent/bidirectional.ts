import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid, isObject, type JsonObject } from '../../config.ts'
import type { Carried, Layer, LayerCall } from '../../layer.ts'
import { recurrentArguments } from './arguments.ts'
import { isRecurrent, runLayer, settingsOf } from './rnn.ts'
import type { Sequence, SequenceResult } from './sequence.ts'

/** How outputs of both directions become one; null gives both. */
const MERGES = ['concat', 'sum', 'mul', 'ave'] as const

/**
 * A recurrent layer over the sequence and one from its end. Whole sequences of both stand in the order of the input, with zeros
 * at masked steps.
 */
export async function bidirectional(call: LayerCall): Promise<readonly Carried[]> {
  const { forward, backward } = layersOf(call)
  const { returnSequences, returnState } = settingsOf(forward)
  const { x, mask, initial, outputMask } = recurrentArguments(call)
  const half = initial && initial.length / 2
  const run = (layer: Layer, states: readonly Value[] | undefined): Promise<SequenceResult> => {
    const sequence: Sequence = { x, mask, initial: states }
    return runLayer(call, layer, sequence, returnSequences)
  }
  const there = await run(forward, initial?.slice(0, half))
  const back = await run(backward, initial?.slice(half))
  const carry = returnSequences && outputMask ? { mask: outputMask } : {}
  const outputs = merged(call, there.output, back.output).map(output => ({ ...output, ...carry }))
  return [...outputs, ...(returnState ? [...there.states, ...back.states] : [])]
}

/** Files without a `backward_layer` have the forward one's config for both. */
function layersOf(call: LayerCall): { readonly forward: Layer; readonly backward: Layer } {
  const { config, generation } = call
  const layer = config.object('layer')
  const back = config.object('backward_layer') ?? mirrored(layer)
  const own = generation === 3
  const forward = call.layerIn(own ? layer : renamed(layer, 'forward_'), 'forward_layer')
  const backward = call.layerIn(own ? back : renamed(back, 'backward_'), 'backward_layer')
  for (const inner of [forward, backward])
    if (!isRecurrent(inner))
      throw new Refusal(
        `Bidirectional of ${inner.className.slice(0, 60)}`,
        "Keras' own recurrent layers are converted within it.",
      )
  const [one, other] = [settingsOf(forward), settingsOf(backward)]
  if (one.backwards === other.backwards || one.returnSequences !== other.returnSequences)
    throw invalid(`The layers of Bidirectional '${call.name}' don't fit each other`)
  return { forward, backward }
}

/** A forward layer's config, run backwards. */
function mirrored(layer: JsonObject | undefined): JsonObject {
  const config = layer?.['config']
  if (!layer || !isObject(config)) return {}
  return { ...layer, config: { ...config, go_backwards: config['go_backwards'] !== true } }
}

/** Keras 2 names both layers after the one that it was given; their variables are found by these names. */
function renamed(layer: JsonObject | undefined, prefix: string): JsonObject | undefined {
  const config = layer?.['config']
  if (!layer || !isObject(config)) return layer
  const name = typeof config['name'] === 'string' ? config['name'] : ''
  return name.startsWith(prefix) ? layer : { ...layer, config: { ...config, name: `${prefix}${name}` } }
}

function merged({ b, config }: LayerCall, y: Value, back: Value): readonly Value[] {
  if (config.json['merge_mode'] === null) return [y, back]
  const mode = config.choice('merge_mode', MERGES, 'concat')
  if (mode === 'concat') return [b.op('Concat', [y, back], { attributes: { axis: { int: -1 } } })]
  if (mode === 'mul') return [b.op('Mul', [y, back])]
  const sum = b.op('Add', [y, back])
  return [mode === 'sum' ? sum : b.op('Div', [sum, b.scalar(sum.dtype, 2)])]
}

import { type HazardKind, hazardOfOp } from '../tensorflow/hazards/op.ts'
import type { Subgraph } from './subgraph.ts'

/** An operator that TensorFlow Lite does not bring itself. */
export interface TfliteHazard {
  readonly op: string
  /** Its first output. */
  readonly node: string
  readonly subgraph: string
  /** `custom-op`: the program that runs the model must bring it. */
  readonly kind: HazardKind | 'custom-op'
  readonly detail: string
}

/** Custom operators whose sources are in TensorFlow Lite itself or in MediaPipe; they only compute. */
const KNOWN_CUSTOM = new Set(
  (
    'TFLite_Detection_PostProcess Mfcc AudioSpectrogram NumericVerify Convolution2DTransposeBias ' +
    'MaxPoolingWithArgmax2D MaxUnpooling2D MaxUnpool2D Resampler TransformTensorBilinear TransformLandmarks ' +
    'Landmarks2TransformMatrix RaggedTensorToTensor TFSentencepieceTokenizeOp ngrams whitespace_tokenize'
  ).split(' '),
)
/** Operators of TensorFlow itself are called so. */
const FLEX = 'Flex'
const MAX_HAZARDS = 10_000

/** Operators that nobody vouches for: custom ones, and TensorFlow's own that touch more than tensors. */
export function tfliteHazards(subgraphs: readonly Subgraph[]): TfliteHazard[] {
  const hazards: TfliteHazard[] = []
  for (const { name: subgraph, nodes } of subgraphs)
    for (const { name: node, op, domain } of nodes) {
      const found = judge(op, domain === 'custom')
      if (!found) continue
      if (hazards.length >= MAX_HAZARDS) return hazards
      hazards.push({ op, node, subgraph, ...found })
    }
  return hazards
}

function judge(op: string, custom: boolean): Pick<TfliteHazard, 'kind' | 'detail'> | undefined {
  if (op === 'STABLEHLO_CUSTOM_CALL') return { kind: 'code', detail: 'calls native code by name' }
  if (!custom || KNOWN_CUSTOM.has(op)) return undefined
  if (op.startsWith(FLEX)) return hazardOfOp(op.slice(FLEX.length))
  return { kind: 'custom-op', detail: 'the program that runs the model must bring its code' }
}

import type { OnnxModel } from '../../formats/index.ts'
import { OptimizeError } from '../errors.ts'
import { nameOf } from '../graph/weights.ts'

/** Operators that a model has once its numbers are integers, those of onnxruntime among them. */
const QUANTIZED =
  /^(?:(?:Dynamic)?QuantizeLinear|DequantizeLinear|(?:MatMul|Conv)Integer\w*|QLinear\w+|DynamicQuantize\w+|QAttention|QEmbedLayerNormalization|QGemm)$/

/** Throws OPTIMIZE_UNSUPPORTED for a model that is quantized already. */
export function checkPlain({ graph }: OnnxModel): void {
  const done = graph.nodes.find(({ op }) => QUANTIZED.test(op))
  if (done)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `The model is quantized already: '${nameOf(done)}' is a ${done.op}`,
      hint: 'Start from the model before that.',
    })
}

import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { above, ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'

const ACTIVATIONS: Readonly<Record<string, (m: Arithmetic, x: Value) => Value>> = {
  identity: (_, x) => x,
  logistic: (m, x) => m.of('Sigmoid', x),
  tanh: (m, x) => m.of('Tanh', x),
  relu: (m, x) => m.of('Relu', x),
  softmax,
  exp: (m, x) => m.of('Exp', x),
}

const HIDDEN = ['identity', 'logistic', 'tanh', 'relu'] as const
const OUT = ['identity', 'logistic', 'softmax', 'exp'] as const

/** The layers' outputs, float64 [N, outputs]. */
async function forward({ estimator, emitter, input }: EstimatorCall, m: Arithmetic): Promise<Value> {
  const kernels = estimator.arrays('coefs_')
  const biases = estimator.arrays('intercepts_')
  if (kernels.length !== biases.length || kernels.length === 0)
    throw estimator.invalid('coefs_', `has ${kernels.length} layers, and 'intercepts_' ${biases.length}`)
  const hidden = ACTIVATIONS[estimator.choice('activation', HIDDEN, 'relu')]!
  const out = ACTIVATIONS[estimator.choice('out_activation_', OUT)]!
  let x = input.matrix(emitter, 'float64')
  let width = input.width
  for (const [i, kernel] of kernels.entries()) {
    estimator.checkShape('coefs_', kernel, [width, null])
    const next = kernel.shape[1]!
    estimator.checkShape('intercepts_', biases[i]!, [next])
    const weight = emitter.weight(
      { dtype: 'float64', shape: [width, next], data: kernel.stream('float64') },
      `${emitter.source.name}/coefs_[${i}]`,
    )
    const layer = m.affine(x, weight, m.numbers(await biases[i]!.floats()))
    x = (i === kernels.length - 1 ? out : hidden)(m, layer)
    width = next
  }
  return x
}

export async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  return { kind: 'regressor', value: await forward(call, new Arithmetic(call.emitter)) }
}

/** What its binarizer learnt says what the outputs are: one for two classes, one a class, or one a label. */
export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const binarizer = estimator.object('_label_binarizer')
  const type = binarizer.choice('y_type_', ['binary', 'multiclass', 'multilabel-indicator'])
  const outputs = await forward(call, m)
  if (type === 'multilabel-indicator')
    return { kind: 'multilabel', label: above(m, outputs, 0.5), probabilities: outputs }
  const classes = await classesOf(binarizer)
  const width = outputs.shape?.[1]
  if (width !== (type === 'binary' ? 1 : classes.labels.length))
    throw estimator.invalid('coefs_', `gives ${width} outputs for ${classes.labels.length} classes`)
  if (type === 'multiclass')
    return { kind: 'classifier', classes, index: m.argmax(outputs), probabilities: outputs }
  const yes = m.squeeze(outputs, 1)
  return { kind: 'classifier', classes, index: above(m, yes, 0.5), probabilities: ofTwo(m, yes) }
}

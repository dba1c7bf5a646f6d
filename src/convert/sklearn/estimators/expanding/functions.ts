import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { isKind, told } from '../../fitted/fitted.ts'
import { inputOf } from '../../names.ts'
import { expm1, log1p, times } from '../arithmetic.ts'

type Elementwise = (emitter: Emitter, x: Value) => Value

const op =
  (name: string): Elementwise =>
  (emitter, x) =>
    emitter.op(name, [x])

/** numpy's functions of each element. */
const FUNCTIONS: Readonly<Record<string, Elementwise>> = {
  absolute: op('Abs'),
  abs: op('Abs'),
  fabs: op('Abs'),
  negative: op('Neg'),
  sign: op('Sign'),
  sqrt: op('Sqrt'),
  square: (emitter, x) => emitter.op('Mul', [x, x]),
  reciprocal: op('Reciprocal'),
  exp: op('Exp'),
  exp2: (emitter, x) => emitter.op('Exp', [times(emitter, x, Math.LN2)]),
  expm1,
  log: op('Log'),
  log1p,
  log2: (emitter, x) => times(emitter, emitter.op('Log', [x]), Math.LOG2E),
  log10: (emitter, x) => times(emitter, emitter.op('Log', [x]), Math.LOG10E),
  sin: op('Sin'),
  cos: op('Cos'),
  tanh: op('Tanh'),
  floor: op('Floor'),
  ceil: op('Ceil'),
  rint: op('Round'),
}

const NUMPY: ReadonlySet<string> = new Set([
  'numpy',
  'numpy.core.umath',
  'numpy.core._multiarray_umath',
  'numpy._core.umath',
  'numpy._core._multiarray_umath',
])

/** No function at all, or one of numpy's; a function of the user's is a program. */
export const functionTransformer: EstimatorConverter = {
  limits: `func=None or numpy's ${Object.keys(FUNCTIONS).join(', ')}`,
  async convert({ estimator, input, emitter }) {
    const made = functionOf(estimator)
    if (!made) return { kind: 'features', columns: input }
    return features(made(emitter, input.matrix(emitter, 'float64')))
  },
  // Without a function any columns will do, and what follows tells more of them.
  input: async estimator => (estimator.isNone('func') ? undefined : inputOf(estimator)),
}

function functionOf(estimator: Fitted): Elementwise | undefined {
  if (estimator.isNone('func')) return undefined
  const value = estimator.value('func')
  const name = isKind(value, 'name') ? value : ufuncOf(value)
  if (name?.module.startsWith('sklearn.') && name.name === '_identity') return undefined
  const known =
    name && NUMPY.has(name.module) && Object.hasOwn(FUNCTIONS, name.name) ? FUNCTIONS[name.name] : undefined
  if (known && (estimator.isNone('kw_args') || estimator.map('kw_args').length === 0)) return known
  throw new Refusal(
    `func=${name ? `${name.module}.${name.name}`.slice(0, 200) : told(value)}${known ? ' with kw_args' : ''}: a function is a program, and programs are not converted`,
    `Do its work before the model, or with one of numpy's ${Object.keys(FUNCTIONS).join(', ')}.`,
  )
}

/** numpy before 1.22 wrote a ufunc as a call: _ufunc_reconstruct('numpy.core._multiarray_umath', 'log1p'). */
function ufuncOf(
  value: ReturnType<Fitted['value']>,
): { readonly module: string; readonly name: string } | undefined {
  if (!isKind(value, 'object') || value.className !== '_ufunc_reconstruct') return undefined
  const [module, name] = value.args
  return typeof module === 'string' && typeof name === 'string' ? { module, name } : undefined
}

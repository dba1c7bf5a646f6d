import type { EstimatorValue } from '../../../../formats/index.ts'
import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { EstimatorCall, EstimatorConverter, EstimatorResult, Fitted } from '../../estimator.ts'
import { isKind, isList, told } from '../../fitted/fitted.ts'
import { inputOfInner } from './inner.ts'

/** numpy's functions, by name. */
const FUNCTIONS: Readonly<Record<string, (m: Arithmetic, x: Value) => Value>> = {
  exp: (m, x) => m.of('Exp', x),
  exp2: (m, x) => m.pow(2, x),
  expm1: (m, x) => m.sub(m.of('Exp', x), 1),
  log: (m, x) => m.of('Log', x),
  log2: (m, x) => m.div(m.of('Log', x), Math.LN2),
  log10: (m, x) => m.div(m.of('Log', x), Math.LN10),
  log1p: (m, x) => m.of('Log', m.add(x, 1)),
  sqrt: (m, x) => m.of('Sqrt', x),
  square: (m, x) => m.square(x),
  cbrt: (m, x) => m.mul(m.of('Sign', x), m.pow(m.of('Abs', x), 1 / 3)),
  reciprocal: (m, x) => m.of('Reciprocal', x),
  negative: (m, x) => m.of('Neg', x),
  abs: (m, x) => m.of('Abs', x),
  absolute: (m, x) => m.of('Abs', x),
  tanh: (m, x) => m.of('Tanh', x),
}

type Inverse = (m: Arithmetic, y: Value, transformer: Fitted) => Promise<Value>

async function row(m: Arithmetic, transformer: Fitted, name: string): Promise<Value> {
  return m.numbers(await transformer.floats(name))
}

/** y · scale + centre, of those that are not None. */
const linear =
  (scale: string, centre?: string): Inverse =>
  async (m, y, transformer) => {
    const scaled = transformer.isNone(scale) ? y : m.mul(y, await row(m, transformer, scale))
    return !centre || transformer.isNone(centre) ? scaled : m.add(scaled, await row(m, transformer, centre))
  }

const minMax: Inverse = async (m, y, transformer) =>
  m.div(m.sub(y, await row(m, transformer, 'min_')), await row(m, transformer, 'scale_'))

const functional: Inverse = async (m, y, transformer) => {
  const name = transformer.value('inverse_func') ?? null
  if (name === null) return y
  const found = functionOf(name)
  if (!found)
    throw new Refusal(
      `inverse_func=${told(name)}`,
      `Functions of numpy can be converted: ${Object.keys(FUNCTIONS).join(', ')}.`,
    )
  return found(m, y)
}

function functionOf(value: EstimatorValue) {
  if (!isKind(value, 'name') || !/^numpy(\.|$)/.test(value.module)) return undefined
  return Object.hasOwn(FUNCTIONS, value.name) ? FUNCTIONS[value.name] : undefined
}

/** Each target by its λ (Yeo and Johnson 2000; Box and Cox 1964), after the scaler is undone. */
const power: Inverse = async (m, y, transformer) => {
  const scaler = transformer.isNone('_scaler') ? undefined : transformer.object('_scaler')
  const from = scaler ? await linear('scale_', 'mean_')(m, y, scaler) : y
  const lambdas = Array.from(await transformer.floats('lambdas_'))
  if (lambdas.length !== y.shape?.[1])
    throw transformer.invalid('lambdas_', `has ${lambdas.length} elements for ${y.shape?.[1]} targets`)
  const yeo = transformer.choice('method', ['yeo-johnson', 'box-cox'], 'yeo-johnson') === 'yeo-johnson'
  const columns = lambdas.map((lambda, i) => {
    const x = m.column(from, i)
    if (!yeo) return lambda === 0 ? m.of('Exp', x) : m.pow(m.add(m.mul(x, lambda), 1), 1 / lambda)
    const positive =
      lambda === 0 ? FUNCTIONS['expm1']!(m, x) : m.sub(m.pow(m.add(m.mul(x, lambda), 1), 1 / lambda), 1)
    const rest = 2 - lambda
    const negative =
      rest === 0
        ? m.sub(1, m.of('Exp', m.of('Neg', x)))
        : m.sub(1, m.pow(m.add(m.mul(x, -rest), 1), 1 / rest))
    return m.where(m.less(x, 0), negative, positive)
  })
  return m.columns(columns)
}

const steps: Inverse = async (m, y, transformer) => {
  let value = y
  for (const item of transformer.list('steps').toReversed()) {
    const part = isList(item) ? item[1] : undefined
    if (part === 'passthrough' || part === null) continue
    value = await inverted(m, value, transformer.innerOf(part, 'steps'))
  }
  return value
}

const INVERSES: Readonly<Record<string, Inverse>> = {
  FunctionTransformer: functional,
  StandardScaler: linear('scale_', 'mean_'),
  MaxAbsScaler: linear('scale_'),
  RobustScaler: linear('scale_', 'center_'),
  MinMaxScaler: minMax,
  PowerTransformer: power,
  Pipeline: steps,
}

async function inverted(m: Arithmetic, y: Value, transformer: Fitted): Promise<Value> {
  const inverse = Object.hasOwn(INVERSES, transformer.className) ? INVERSES[transformer.className] : undefined
  if (!inverse) throw new Refusal(`transformer=${transformer.className.slice(0, 100)} is not inverted here`)
  return inverse(m, y, transformer)
}

async function convert(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const { value } = await call.regress('regressor_', estimator.estimator('regressor_'), call.input)
  return {
    kind: 'regressor',
    value: await inverted(new Arithmetic(emitter), value, estimator.object('transformer_')),
  }
}

export const transformedTarget: EstimatorConverter = { convert, input: inputOfInner('regressor_') }

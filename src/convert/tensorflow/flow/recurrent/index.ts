import type { Reference } from '../../../../formats/tensorflow/index.ts'
import type { Value } from '../../../graph/types.ts'
import { type Edge, tensor } from '../../edges.ts'
import { hasLength } from '../../lists/list.ts'
import { cast } from '../../ops/emit.ts'
import { type LoopScopes, originOf } from '../../scope.ts'
import { constantNumbers } from '../../static.ts'
import type { Spot, Step } from '../../step.ts'
import { isCounter, type Role, writeOf } from '../plan.ts'
import { type FoundCell, gruOf, lstmOf, rnnOf } from './cells.ts'
import { type CellValues, type Ran, runFound } from './run.ts'
import { type Term, Terms } from './terms.ts'

/** A loop that may be the recurrence of an LSTM, GRU or simple RNN. */
export interface Candidate {
  readonly step: Step
  readonly scopes: LoopScopes
  readonly roles: readonly Role[]
  readonly spot: Spot
  /** How often it goes round: int64 scalar. */
  readonly times: Value
}

/** What was found, before anything is made of it. */
interface Found {
  readonly cell: FoundCell
  readonly units: number
  /** The number of the list with the mask. */
  readonly mask?: number
  /** Values that hold what the last step gave, and lists that only have that. */
  readonly outputs: readonly number[]
  readonly lasts: readonly number[]
  readonly counters: readonly number[]
}

/**
 * The loop as one operator of ONNX, which is some ten times faster than its steps. Undefined for a loop that is
 * something else, which stays a loop.
 */
export async function recurrentLoop(candidate: Candidate): Promise<readonly Edge[] | undefined> {
  const found = await find(candidate)
  const values = found && (await valuesOf(candidate, found.cell, found.units))
  const { inputs, emitter: b } = candidate.step
  const x = found && stackedAt(inputs, found.cell.list)
  const mask = found?.mask === undefined ? undefined : stackedAt(inputs, found.mask)
  const initial = found?.cell.states
    .map(i => inputs[i])
    .flatMap(edge => (edge?.kind === 'tensor' ? [edge.value] : []))
  if (!found || !values || !initial || !isSequence(x, 'float32', values.kernel.shape?.[0])) return undefined
  if (found.mask !== undefined && !isSequence(mask, 'bool', 1)) return undefined
  const ran = runFound(b, values, upTo(candidate, x!), initial, mask && upTo(candidate, mask))
  return edgesOf(candidate, found, ran)
}

async function find({ step, scopes: { body }, roles }: Candidate): Promise<Found | undefined> {
  const { inputs } = step
  const counters: number[] = []
  const states: number[] = []
  const lasts: { readonly index: number; readonly item: Reference }[] = []
  for (const [i, edge] of inputs.entries()) {
    if (roles[i]?.kind !== 'carried') continue
    const item = edge.kind === 'list' && hasLength(edge.list, 1) ? writeOf(body, i)?.item : undefined
    if (item) lasts.push({ index: i, item })
    else if (edge.kind !== 'tensor') return undefined
    else if (await isCounter(body, i)) counters.push(i)
    else states.push(i)
  }
  if (states.length === 0 || states.length > 3) return undefined
  const fromZero = counters.filter(i => knownNumber(inputs[i]) === 0)
  const terms = new Terms(body, roles, new Set(fromZero))
  const results = new Map<number, Term>()
  for (const i of states) results.set(i, await terms.at(body.results[i]!))
  const written: Term[] = []
  for (const { item } of lasts) written.push(await terms.at(item))
  for (const role of roles) if (role.kind === 'gathered') written.push(await terms.at(role.item))
  const found = cellOf(inputs, results)
  if (!found) return undefined
  const { cell, mask, outputs } = found
  // What is written must be what the operator gives: with a mask, what the last step that counts gave.
  const given = mask === undefined ? results.get(cell.states[0]!) : results.get(outputs[0] ?? -1)
  if (written.some(term => term !== given)) return undefined
  for (const i of outputs) if (!(await beginsWithZeros(step, i))) return undefined
  return { ...found, counters, lasts: lasts.map(({ index }) => index) }
}

function cellOf(
  inputs: readonly Edge[],
  results: ReadonlyMap<number, Term>,
): Pick<Found, 'cell' | 'units' | 'mask' | 'outputs'> | undefined {
  const masks = new Set<number | undefined>()
  const inner = new Map<number, Term>()
  for (const [i, term] of results) {
    const masked = term.kind === 'choice' && term.no.kind === 'before' && term.no.index === i
    masks.add(masked && term.condition.kind === 'step' ? term.condition.list : undefined)
    inner.set(i, masked ? term.yes : term)
  }
  if (masks.size !== 1) return undefined
  const [mask] = masks
  const numbers = [...results.keys()]
  for (const h of numbers) {
    const edge = inputs[h]
    const units = edge?.kind === 'tensor' ? edge.value.shape?.[1] : undefined
    if (typeof units !== 'number' || units === 0) continue
    for (const c of numbers) {
      const states = c === h ? [h] : [h, c]
      const given = states.map(i => inner.get(i)!)
      const cell =
        c === h ? (gruOf(given, states, units) ?? rnnOf(given, states)) : lstmOf(given, states, units)
      const outputs = numbers.filter(i => !states.includes(i))
      if (!cell || outputs.some(i => mask === undefined || inner.get(i) !== inner.get(h))) continue
      return { cell, units, outputs, ...(mask !== undefined && { mask }) }
    }
  }
  return undefined
}

/** Whether a value of the loop is zeros at first: TensorFlow makes them of the shape of what a cell gives. */
async function beginsWithZeros({ scope, node }: Step, index: number): Promise<boolean> {
  const origin = originOf(scope, node.inputs[index]!)
  if (origin.kind === 'argument') return false
  if (origin.node.op === 'ZerosLike') return true
  const value = origin.node.op === 'Fill' ? origin.node.inputs[1] : undefined
  return value !== undefined && (await constantNumbers(scope, value))?.[0] === 0
}

/** Weights as values outside of the loop. */
async function valuesOf(
  { step, scopes: { body }, spot }: Candidate,
  cell: FoundCell,
  units: number,
): Promise<CellValues | undefined> {
  const columns = cell.gates.length * units
  const wanted = [cell.kernel, cell.recurrentKernel, cell.bias, cell.recurrentBias]
  const given = wanted.filter(one => one !== undefined)
  const edges = await step.walk.evaluate(body, step.inputs, spot, given)
  const values = wanted.map(one => {
    const edge = one && edges[given.indexOf(one)]
    return edge?.kind === 'tensor' && edge.value.dtype === 'float32' ? edge.value : undefined
  })
  const [kernel, recurrentKernel, bias, recurrentBias] = values
  if (values.filter(value => value).length < given.length || !kernel || !recurrentKernel) return undefined
  if (kernel.shape?.length !== 2 || kernel.shape[1] !== columns) return undefined
  if (String(recurrentKernel.shape) !== `${units},${columns}`) return undefined
  if ([bias, recurrentBias].some(value => value && String(value.shape) !== `${columns}`)) return undefined
  return {
    cell,
    units,
    kernel,
    recurrentKernel,
    ...(bias && { bias }),
    ...(recurrentBias && { recurrentBias }),
  }
}

function stackedAt(inputs: readonly Edge[], list: number): Value | undefined {
  const edge = inputs[list]
  return edge?.kind === 'list' ? edge.list.stacked : undefined
}

/** Whether a list is [steps, batch, features]. */
function isSequence(value: Value | undefined, dtype: Value['dtype'], features: unknown): boolean {
  return value?.dtype === dtype && value.shape?.length === 3 && value.shape[2] === features
}

/** As many steps as the loop takes, which are all of them. */
function upTo({ step: { emitter: b }, times }: Candidate, x: Value): Value {
  const [known] = times.known ?? []
  if (known !== undefined && known !== null && known === x.shape?.[0]) return x
  const end = b.op('Reshape', [times, b.ints([1])])
  const { dtype, shape } = x
  return b.op('Slice', [x, b.ints([0]), end, b.ints([0])], {
    types: [{ dtype, ...(shape && { shape: [null, ...shape.slice(1)] }) }],
  })
}

function edgesOf(
  { step, roles, times }: Candidate,
  found: Found,
  { sequence, states }: Ran,
): readonly Edge[] {
  const { inputs, emitter: b } = step
  const last = () => b.op('Gather', [sequence, b.scalar('int64', -1)], { attributes: { axis: { int: 0 } } })
  return inputs.map((edge, i): Edge => {
    const state = found.cell.states.indexOf(i)
    if (state >= 0) return tensor(states[state]!)
    if (found.outputs.includes(i)) return tensor(last())
    if (edge.kind === 'list' && roles[i]?.kind === 'gathered')
      return { kind: 'list', list: { element: edge.list.element, stacked: sequence } }
    if (edge.kind === 'list' && found.lasts.includes(i)) {
      const output = found.mask === undefined ? states[0]! : last()
      return {
        kind: 'list',
        list: { element: edge.list.element, stacked: b.op('Unsqueeze', [output, b.ints([0])]) },
      }
    }
    if (edge.kind === 'tensor' && found.counters.includes(i))
      return tensor(b.op('Add', [edge.value, cast(b, times, edge.value.dtype)]))
    return edge
  })
}

function knownNumber(edge: Edge | undefined): number | undefined {
  const known = edge?.kind === 'tensor' ? edge.value.known?.[0] : undefined
  return typeof known === 'number' ? known : undefined
}

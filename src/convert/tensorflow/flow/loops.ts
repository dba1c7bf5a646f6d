import type { OnnxGraph } from '../../../formats/index.ts'
import type { Emitter, Size, Value, ValueType } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { type Edge, REFUSED, tensor } from '../edges.ts'
import { asStacked, type List, lengthOf, looseStacked, refined, zeros } from '../lists/list.ts'
import { callPath } from '../names.ts'
import { int64 } from '../ops/emit.ts'
import type { LoopScopes } from '../scope.ts'
import type { FlowConvert, FlowTable, Spot, Step } from '../step.ts'
import { functionName } from './calls.ts'
import { type Limit, limitsOf, type Role, rolesOf } from './plan.ts'
import { recurrentLoop } from './recurrent/index.ts'
import { scanScopes } from './scan.ts'
import { commonType, isSameType, typeOf } from './types.ts'

/** Types of what goes round become freer with each try: sizes, then ranks. */
const MAX_TRIES = 8

const loop: FlowConvert = async step => {
  const { node, inputs, invalid, walk, scope, spot, source } = step
  const old = scope.loops?.get(node.name)
  const scopes = old ?? {
    condition: await walk.functionOf(functionName(node, 'cond', invalid), node),
    body: await walk.functionOf(functionName(node, 'body', invalid), node),
  }
  const { condition, body } = scopes
  const counts = [body.results.length, ...(old ? [] : [condition.arguments.size, body.arguments.size])]
  if (counts.some(count => count !== inputs.length) || condition.results.length !== 1)
    throw invalid(
      `it has ${inputs.length} values, and its condition and body take and give other numbers of them`,
    )
  if (inputs.some(({ kind }) => kind === 'refused')) {
    await scanScopes(step, [condition, body])
    return inputs.map(() => REFUSED)
  }
  const inside = old ? spot : { ...spot, prefix: callPath(source.name) }
  return new Loop(step, scopes, await rolesOf(scopes, inputs), { ...inside, depth: spot.depth + 1 }).convert()
}

export const loops: FlowTable = {
  While: { convert: loop, open: true },
  StatelessWhile: { convert: loop, open: true },
}

/** A limit with its values, as they are before the loop. */
interface Bound extends Limit {
  readonly start: Value
  readonly end: Value
}

/** What the body of the ONNX loop gave. */
interface Turn {
  readonly body: OnnxGraph
  readonly carried: readonly ValueType[]
  /** What goes round, as one turn gives it. */
  readonly ends: readonly ValueType[]
  readonly gathered: readonly ValueType[]
}

/** One loop on its way to ONNX: values that are the same in all turns are taken from outside, and don't go round. */
class Loop {
  readonly #step: Step
  readonly #scopes: LoopScopes
  readonly #roles: readonly Role[]
  readonly #spot: Spot
  /** Numbers of the values that go round, and of those that are gathered. */
  readonly #carried: readonly number[]
  readonly #gathered: readonly number[]
  #inputs: readonly Edge[]

  constructor(step: Step, scopes: LoopScopes, roles: readonly Role[], spot: Spot) {
    this.#step = step
    this.#scopes = scopes
    this.#roles = roles
    this.#spot = spot
    this.#inputs = step.inputs
    const of = (kind: Role['kind']) => roles.flatMap((role, i) => (role.kind === kind ? [i] : []))
    this.#carried = of('carried')
    this.#gathered = of('gathered')
  }

  async convert(): Promise<readonly Edge[]> {
    const { emitter } = this.#step
    const bounds = await this.#bounds()
    const times = bounds && this.#times(bounds)
    const found =
      times && bounds.every(({ inclusive }) => !inclusive) ? await this.#recurrent(times) : undefined
    if (found) return found
    await this.#probe()
    const inputs = this.#inputs
    const initial = this.#carried.map(i => this.#initial(inputs[i]!))
    const condition = times ? undefined : await this.#condition(inputs, this.#step.spot)
    const turn = await this.#turn(initial, times !== undefined)
    if (!turn || (!times && !condition)) return inputs.map(() => REFUSED)
    const rows: Size = (typeof times?.known?.[0] !== 'object' && times?.known?.[0]) || null
    const outputs = emitter.ops(
      'Loop',
      [times, condition, ...initial],
      turn.carried.length + turn.gathered.length,
      {
        attributes: { body: { graph: turn.body } },
        types: [
          ...turn.carried,
          ...turn.gathered.map(({ dtype, shape }) => ({ dtype, ...(shape && { shape: [rows, ...shape] }) })),
        ],
      },
    )
    return inputs.map((edge, i): Edge => {
      const [carried, gathered] = [this.#carried.indexOf(i), this.#gathered.indexOf(i)]
      if (carried >= 0) {
        const value = outputs[carried]!
        // What was written says more than what a list began with.
        const kept = edge.kind === 'list' ? refined(value, turn.ends[carried]?.shape) : value
        return this.#edge(edge, kept, false)
      }
      if (gathered < 0 || edge.kind !== 'list') return edge
      const stacked = outputs[turn.carried.length + gathered]!
      return { kind: 'list', list: this.#whole(edge.list, stacked, bounds) }
    })
  }

  /** Undefined where the loop does not go by counters alone. */
  async #bounds(): Promise<readonly Bound[] | undefined> {
    const { inputs, walk } = this.#step
    const limits = await limitsOf(this.#scopes, this.#roles)
    if (!limits) return undefined
    const bounds: Bound[] = []
    for (const limit of limits) {
      const [end] = await walk.evaluate(this.#scopes.condition, inputs, this.#spot, [limit.bound])
      const start = inputs[limit.counter]
      if (end?.kind !== 'tensor' || start?.kind !== 'tensor' || !/^int/.test(end.value.dtype))
        return undefined
      bounds.push({ ...limit, start: start.value, end: end.value })
    }
    return bounds
  }

  /** How often the loop goes round: int64 scalar. */
  #times(bounds: readonly Bound[]): Value {
    const b = this.#step.emitter
    const seen = new Set<string>()
    const times = bounds.flatMap(({ start, end, inclusive }) => {
      const key = `${nameOf(start)} ${nameOf(end)} ${inclusive}`
      if (seen.has(key)) return []
      seen.add(key)
      const last = inclusive ? b.op('Add', [int64(b, end), b.scalar('int64', 1)]) : int64(b, end)
      const count = start.known?.[0] === 0 ? last : b.op('Sub', [last, int64(b, start)])
      return [b.op('Reshape', [count, b.ints([])])]
    })
    return times.length === 1 ? times[0]! : b.op('Min', times)
  }

  async #recurrent(times: Value): Promise<readonly Edge[] | undefined> {
    const spot = { ...this.#spot, emitter: this.#step.spot.emitter }
    return recurrentLoop({ step: this.#step, scopes: this.#scopes, roles: this.#roles, spot, times })
  }

  #initial(edge: Edge): Value {
    if (edge.kind === 'tensor') return edge.value
    if (edge.kind !== 'list') throw new Refusal('a variable or table is another one in each turn')
    return edge.list.stacked ?? looseStacked(edge.list, this.#step.emitter)
  }

  /** The value as what stood there before the loop, or before the turn. */
  #edge(before: Edge, stacked: Value, loose: boolean): Edge {
    if (before.kind !== 'list') return tensor(stacked)
    const { element, stacked: first } = before.list
    return { kind: 'list', list: { element, stacked, ...(loose && !first && { loose }) } }
  }

  /** Learns from a turn what lists have for elements that don't say it, and into which nothing was written. */
  async #probe(): Promise<void> {
    const unknown = this.#carried.filter(i => {
      const edge = this.#inputs[i]
      return edge?.kind === 'list' && !edge.list.stacked && !edge.list.element.shape
    })
    if (unknown.length === 0) return
    const { walk, emitter, source } = this.#step
    await emitter.body(`${source.name}/probe`, [], async inner => {
      const roots = unknown.map(i => this.#scopes.body.results[i]!)
      const made = await walk.evaluate(
        this.#scopes.body,
        this.#inputs,
        { ...this.#spot, emitter: inner },
        roots,
      )
      this.#inputs = this.#inputs.map((edge, i) => {
        const after = made[unknown.indexOf(i)]
        if (edge.kind !== 'list' || after?.kind !== 'list' || !after.list.stacked?.shape) return edge
        const element = { ...edge.list.element, shape: after.list.stacked.shape.slice(1) }
        return { kind: 'list', list: { ...edge.list, element } }
      })
      return []
    })
  }

  async #condition(edges: readonly Edge[], spot: Spot): Promise<Value | undefined> {
    const { walk, invalid } = this.#step
    const [edge] = await walk.evaluate(this.#scopes.condition, edges, {
      ...this.#spot,
      emitter: spot.emitter,
    })
    if (edge?.kind === 'refused') return undefined
    if (edge?.kind !== 'tensor' || edge.value.dtype !== 'bool')
      throw invalid('its condition gives no truth value')
    return edge.value
  }

  /** The body, with types that hold in all turns. Undefined where something in it was refused. */
  async #turn(initial: readonly Value[], counted: boolean): Promise<Turn | undefined> {
    let types: readonly ValueType[] = initial.map(typeOf)
    for (let left = MAX_TRIES; left > 0; left--) {
      const turn = await this.#body(types, counted)
      if (!turn) return undefined
      const next = types.map((type, i) => commonType(type, turn.carried[i]!))
      if (next.every((type, i) => isSameType(type, types[i]!)))
        return { ...turn, carried: types, ends: turn.carried }
      types = left <= 2 ? next.map(({ dtype }) => ({ dtype })) : next
    }
    throw this.#step.invalid('the shapes of what goes round do not come to rest')
  }

  async #body(types: readonly ValueType[], counted: boolean): Promise<Omit<Turn, 'ends'> | undefined> {
    const { emitter, source } = this.#step
    const ends: { carried: ValueType[]; gathered: ValueType[] } = { carried: [], gathered: [] }
    let refused = false
    const given: readonly ValueType[] = [
      { dtype: 'int64', shape: [] },
      { dtype: 'bool', shape: [] },
      ...types,
    ]
    const body = await emitter.body(`${source.name}/body`, given, async (inner, [, going, ...values]) => {
      const made = await this.#made(inner, values)
      if (made.some(value => !value)) {
        refused = true
        return []
      }
      const all = made as readonly Value[]
      const carried = all.slice(0, values.length)
      ends.carried = carried.map(typeOf)
      ends.gathered = all.slice(values.length).map(typeOf)
      for (const [i, { dtype }] of carried.entries())
        if (dtype !== types[i]!.dtype)
          throw this.#step.invalid(`a value of ${types[i]!.dtype} is ${dtype} after a turn`)
      const again = counted
        ? going!
        : await this.#condition(this.#after(carried), { ...this.#spot, emitter: inner })
      if (!again) refused = true
      return again ? [again, ...all] : []
    })
    return refused ? undefined : { body, ...ends }
  }

  /** What a turn gives for the values that go round, and behind them what it adds to lists. */
  async #made(inner: Emitter, values: readonly Value[]): Promise<readonly (Value | undefined)[]> {
    const { walk } = this.#step
    const { body } = this.#scopes
    const edges = this.#after(values)
    const roots = [...this.#carried, ...this.#gathered].map(i => {
      const role = this.#roles[i]!
      return role.kind === 'gathered' ? role.item : body.results[i]!
    })
    const made = await walk.evaluate(body, edges, { ...this.#spot, emitter: inner }, roots)
    return made.map(edge => this.#endOf(edge, inner))
  }

  #endOf(edge: Edge, inner: Emitter): Value | undefined {
    if (edge.kind === 'tensor') return edge.value
    if (edge.kind === 'list') return asStacked(edge.list, inner)
    if (edge.kind === 'refused') return undefined
    throw this.#step.invalid('a value is a variable or table after a turn, and was none before')
  }

  #after(carried: readonly Value[]): readonly Edge[] {
    return this.#inputs.map((edge, i) => {
      const at = this.#carried.indexOf(i)
      return at < 0 ? edge : this.#edge(edge, carried[at]!, true)
    })
  }

  /** A list with what all turns wrote; zeros behind it where it is known to be longer, or may be. */
  #whole(list: List, stacked: Value, bounds: readonly Bound[] | undefined): List {
    const b = this.#step.emitter
    const { element, asked } = list
    const exact = bounds?.every(
      ({ start, end, inclusive }) =>
        !inclusive && start.known?.[0] === 0 && asked && nameOf(asked) === nameOf(end),
    )
    if (exact || list.length?.known?.[0] === 0) return { element, stacked }
    const left = b.op('Sub', [lengthOf(list, b), lengthOf({ element, stacked }, b)])
    const inner = b.op('Shape', [stacked], { attributes: { start: { int: 1 } } })
    const behind = zeros(b, { element, length: left }, inner)
    return { element, stacked: b.op('Concat', [stacked, behind], { attributes: { axis: { int: 0 } } }) }
  }
}

/** Equal for values that are known to be equal. */
function nameOf({ known, name }: Value): string {
  const [element] = known ?? []
  return known?.length === 1 && element !== null ? JSON.stringify(element) : name
}

import type { PickleCall, PickleGlobal, PickleNode, PickleRun } from '../../pickle/types.ts'
import type { Rule } from '../rules.ts'
import type { Level, ScanContext, ScanSink } from '../types.ts'
import { callFault, effective, isBoundMethod, isModuleSource, partialStateIsPure } from './calls.ts'
import { codeAmong } from './code-text.ts'
import { argumentsOf, describe } from './describe.ts'
import { type Standing, standingOf, titleOf } from './globals.ts'
import { nameOf } from './shapes.ts'
import { type SpecialKey, specialKeys } from './states.ts'
import { keptFunctions } from './values.ts'

/** Of one level and one pickle: more say nothing new, and each costs memory. */
const MAX_REPORTED = 1000

/** What judging needs of a sink. */
export type JudgeSink = Pick<ScanSink, 'add' | 'context' | 'beside'>

/**
 * Judges one run of the symbolic machine: what is imported, what is called with what, what is changed. Everything
 * counts, whether its result is used or dropped: a loader executes it.
 */
export function judge(run: PickleRun, sink: JudgeSink): void {
  const judgement = new Judgement(run, sink)
  judgement.globals()
  for (const call of run.calls) judgement.call(call)
  judgement.mutations()
  judgement.others()
}

class Judgement {
  readonly #run: PickleRun
  readonly #sink: JudgeSink
  readonly #context: ScanContext
  readonly #reported = new Set<string>()
  readonly #standings = new Map<PickleGlobal, Standing>()
  /** Called to do more than to bind a method: one import of `getattr` serves many calls. */
  readonly #misused = new Set<PickleGlobal>()
  readonly #keys = new Map<PickleNode, SpecialKey[]>()
  readonly #counts = { unsafe: 0, unknown: 0, note: 0 }

  constructor(run: PickleRun, sink: JudgeSink) {
    this.#run = run
    this.#sink = sink
    this.#context = sink.context
  }

  /** What is imported. What is called as well is told with the call. */
  globals(): void {
    const called = new Map<PickleGlobal, PickleCall>()
    for (const call of this.#run.calls) {
      const { callee } = effective(call)
      if (callee.kind !== 'global') continue
      if (!called.has(callee)) called.set(callee, call)
      if (!isBoundMethod(effective(call), this.#context)) this.#misused.add(callee)
    }
    for (const global of this.#run.globals) this.#global(global, called.get(global))
  }

  #standing(global: PickleGlobal): Standing {
    let standing = this.#standings.get(global)
    if (!standing) {
      standing = standingOf(global, this.#context)
      this.#standings.set(global, standing)
    }
    return standing
  }

  #global(global: PickleGlobal, call: PickleCall | undefined): void {
    const standing = this.#standing(global)
    if (standing.kind === 'allowed') return
    const name = titleOf(global)
    const { offset } = global
    if (standing.kind === 'computed') {
      const { module, name: attribute } = global.computed!
      const what = `a name made while loading is imported: ${describe(module)}, ${describe(attribute)}`
      this.#add('pickle/computed-name', 'unsafe', what, offset)
    } else if (call) {
      this.#calledGlobal(global, standing, call, name)
    } else if (standing.kind === 'dangerous') {
      this.#add('pickle/dangerous-global', 'unsafe', `${name} is imported, which ${standing.does}`, offset)
    } else {
      const kind = standing.kind === 'standard' ? 'of the standard library ' : ''
      this.#add(
        'pickle/unknown-global',
        'unknown',
        `${name} ${kind}is imported; no rule vouches for it`,
        offset,
      )
    }
  }

  #calledGlobal(global: PickleGlobal, standing: Standing, call: PickleCall, name: string): void {
    const made = effective(call)
    const { offset } = call
    const how = `${name} is called with ${argumentsOf(made.args)}`
    if (standing.kind === 'dangerous') {
      if (this.#misused.has(global))
        this.#add('pickle/dangerous-call', 'unsafe', `${how}, which ${standing.does}`, offset)
    } else if (standing.kind === 'standard') {
      this.#add('pickle/standard-call', 'unsafe', `${how}; models have no use for it`, offset)
    } else if (codeAmong(made.args) !== undefined) {
      const what = `${how}, which reads as code, a command or an address`
      this.#add('pickle/code-argument', 'unsafe', what, offset)
    } else this.#add('pickle/unknown-global', 'unknown', `${how}; no rule vouches for it`, offset)
  }

  call(call: PickleCall): void {
    const made = effective(call)
    this.#states(call, made.callee)
    if (made.callee.kind !== 'global') {
      this.#otherCallee(call, made.callee)
      return
    }
    const standing = this.#standing(made.callee)
    if (standing.kind !== 'allowed') return
    const name = titleOf(made.callee)
    const fault = callFault(made, standing.entry, this.#context)
    if (fault) {
      const code = codeAmong(made.args) !== undefined
      const what = `${name} is called with ${argumentsOf(made.args)}, which is not how it is written by its library`
      this.#add(
        code ? 'pickle/code-argument' : 'pickle/unexpected-call',
        code ? 'unsafe' : 'unknown',
        what,
        call.offset,
      )
    }
    const grows = call.items.length > 0 || call.entries.length > 0
    if (grows && !(standing.entry.kind === 'class' && standing.entry.container))
      this.#add(
        'pickle/unexpected-call',
        'unknown',
        `elements are added to ${name}, which is no container`,
        call.offset,
      )
    if (!partialStateIsPure(call, this.#context))
      this.#add(
        'pickle/unexpected-call',
        'unknown',
        `${name} gets a function that no rule vouches for`,
        call.offset,
      )
    if (standing.entry.kind === 'class' && standing.entry.state && !call.states.every(standing.entry.state))
      this.#add(
        'pickle/executed-state',
        'unsafe',
        `${name} gets a state that it does not write itself`,
        call.offset,
      )
  }

  #otherCallee(call: PickleCall, callee: PickleNode): void {
    const called = callee.kind === 'call' || callee.kind === 'persistent' || callee.kind === 'extension'
    const what = `${describe(callee)} is itself called, with ${argumentsOf(call.args)}`
    if (called || callee.kind === 'buffer') this.#add('pickle/computed-callee', 'unsafe', what, call.offset)
    else this.#add('pickle/malformed', 'unknown', `${what}: that is nothing to call`, call.offset)
  }

  #states(call: PickleCall, callee: PickleNode): void {
    for (const state of [...call.states, ...tensorState(call)]) {
      for (const { key, redirects } of specialKeys(state, this.#keys)) {
        const what = `BUILD sets ${key} of ${describe(callee)}`
        this.#add('pickle/special-attribute', redirects ? 'unsafe' : 'unknown', what, call.offset)
      }
    }
    const file = call.states.map(fileOfArray).find(name => name !== undefined)
    if (file !== undefined) this.#sink.beside(file)
    if (file !== undefined && /^[\w.-]*$/.test(file) === false)
      this.#add('pickle/external-file', 'unsafe', `an array is read from '${file.slice(0, 80)}'`, call.offset)
  }

  mutations(): void {
    for (const { target, via, values, offset } of this.#run.mutations) {
      const what = `${via} changes ${describe(target)} with ${values
        .slice(0, 2)
        .map(value => describe(value))
        .join(', ')}`
      if (target.kind === 'global' || target.kind === 'extension')
        this.#add('pickle/changes-global', 'unsafe', what, offset)
      else this.#add('pickle/unexpected-call', 'unknown', what, offset)
    }
  }

  others(): void {
    for (const { code, offset } of this.#run.extensions)
      this.#add('pickle/extension', 'unknown', `extension ${code} is imported`, offset)
    for (const { id, offset } of this.#run.persistent) {
      if (!isStorage(id) && !isModuleSource(id))
        this.#add('pickle/persistent-id', 'unknown', `the object ${describe(id)} is the loader's`, offset)
    }
    const [crossing] = this.#run.ambiguous
    if (crossing !== undefined)
      this.#add('pickle/ambiguous', 'unknown', 'an opcode reaches over the end of its frame', crossing)
    for (const global of keptFunctions(this.#run, global => this.#standing(global)))
      this.#add('pickle/function-as-value', 'unknown', `${titleOf(global)} is kept as a value`, global.offset)
  }

  #add(rule: Rule, level: Level, what: string, offset: number): void {
    const key = `${rule} ${what}`
    if (this.#reported.has(key) || ++this.#counts[level] > MAX_REPORTED) return
    this.#reported.add(key)
    this.#sink.add({ rule, level, what, at: { offset, trace: this.#run.traceBefore(offset) } })
  }
}

/** `_rebuild_parameter_with_state` and `_rebuild_from_type_v2` set attributes from their last argument. */
function tensorState(call: PickleCall): readonly PickleNode[] {
  const name = nameOf(call.callee)
  if (!name || !/:_rebuild_(parameter_with_state|from_type_v2)$/.test(name) || call.args.kind !== 'tuple')
    return []
  return call.args.items.slice(3, 4)
}

/** The wrapper has three or four attributes. */
const MAX_WRAPPER_STATE = 20

/** joblib before 0.10: `NDArrayWrapper.filename`. */
function fileOfArray(state: PickleNode): string | undefined {
  if (state.kind !== 'dict' || state.entries.length > MAX_WRAPPER_STATE) return undefined
  const keys = state.entries.map(([key]) => (key.kind === 'text' ? key.value : ''))
  const wrapper = keys.includes('subclass') || keys.includes('init_args')
  if (!keys.includes('filename') || !wrapper) return undefined
  const entry = state.entries[keys.indexOf('filename')]
  return entry?.[1].kind === 'text' ? entry[1].value : '?'
}

/** PyTorch's ids: ('storage', torch.FloatStorage, '0', 'cpu', 16), and in the legacy form a view behind it. */
function isStorage(id: PickleNode): boolean {
  if (id.kind !== 'tuple' || id.items.length < 5 || id.items.length > 6) return false
  const [tag, type, key, location] = id.items
  return (
    tag?.kind === 'text' &&
    tag.value === 'storage' &&
    type?.kind === 'global' &&
    key?.kind === 'text' &&
    location?.kind === 'text'
  )
}

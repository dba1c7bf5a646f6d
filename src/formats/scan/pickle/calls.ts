import type { PickleCall, PickleGlobal, PickleNode } from '../../pickle/types.ts'
import type { ScanContext } from '../types.ts'
import type { Entry } from './allow/entry.ts'
import { standingOf } from './globals.ts'
import { isGlobal, MAX_ARGUMENTS, named, nameOf, noArguments } from './shapes.ts'

/** A call as it happens: copyreg's and torch's helpers call what their arguments name. */
export interface Call {
  readonly callee: PickleNode
  readonly args: PickleNode
  readonly kwargs?: PickleNode
}

/** What is wrong with a call of something allowed: how it is used otherwise than libraries do. */
export type CallFault =
  | { readonly kind: 'arguments' }
  | { readonly kind: 'not-callable' }
  | { readonly kind: 'computed' }
  | { readonly kind: 'uncallable-node' }

const RECONSTRUCTOR = new Set(['copyreg:_reconstructor'])
const NEW_OBJECT = new Set(['copyreg:__newobj__'])
const NEW_OBJECT_EX = new Set(['copyreg:__newobj_ex__'])
const FROM_TYPE = new Set(['torch._tensor:_rebuild_from_type_v2', 'torch.tensor:_rebuild_from_type_v2'])
const GETATTR = new Set(['builtins:getattr'])
const PARTIAL = new Set(['functools:partial'])
/** What may be the base of a class in `copyreg._reconstructor(cls, base, state)`. */
const BASES = named(
  ...'object dict list tuple set frozenset int float str bytes complex'
    .split(' ')
    .map(name => `builtins:${name}`),
)
/** Helpers call helpers: no library nests them deeper. */
const MAX_INDIRECTION = 4

/** Follows helpers to what is called in the end. */
export function effective(made: Call, depth = 0): Call {
  const call = withClass(made)
  if (depth >= MAX_INDIRECTION || call.args.kind !== 'tuple') return call
  if (call.args.items.length > MAX_ARGUMENTS) return call
  const { items } = call.args
  if (isGlobal(call.callee, NEW_OBJECT) && items.length > 0)
    return effective({ callee: items[0]!, args: tupleOf(items.slice(1)) }, depth + 1)
  if (isGlobal(call.callee, NEW_OBJECT_EX) && items.length === 3)
    return effective({ callee: items[0]!, args: items[1]!, kwargs: items[2]! }, depth + 1)
  if (isGlobal(call.callee, RECONSTRUCTOR) && items.length === 3 && BASES(items[1]!))
    return effective({ callee: items[0]!, args: EMPTY }, depth + 1)
  if (isGlobal(call.callee, FROM_TYPE) && items.length === 4)
    return effective({ callee: items[0]!, args: items[2]! }, depth + 1)
  return call
}

/** PyTorch's legacy form names classes by ('module', cls, file, source): the source text is only compared. */
function withClass(call: Call): Call {
  const { callee } = call
  const zone = unpickledZone(call)
  if (zone) return { ...call, callee: zone }
  if (callee.kind !== 'persistent' || !isModuleSource(callee.id)) return call
  return { ...call, callee: callee.id.items[1]! }
}

export function isModuleSource(id: PickleNode): id is Extract<PickleNode, { kind: 'tuple' }> {
  if (id.kind !== 'tuple' || id.items.length !== 4) return false
  const [tag, type] = id.items
  return tag?.kind === 'text' && tag.value === 'module' && type?.kind === 'global'
}

const EMPTY: PickleNode = { kind: 'tuple', items: [] }

function tupleOf(items: readonly PickleNode[]): PickleNode {
  return { kind: 'tuple', items }
}

/** How Python writes bound methods and class methods: `getattr(object, 'name')`. Which of which modules do no harm. */
const METHODS: readonly (readonly [of: RegExp, name: RegExp])[] = [
  [
    /^scipy\.stats\.(?:_continuous_distns|_discrete_distns):/,
    /^(?:_entropy|_pdf|_logpdf|_cdf|_logcdf|_sf|_logsf|_ppf|_isf|_stats|_munp|_pmf|_logpmf|_rvs|_argcheck|_mom1_sc|_mom0_sc|_ppfvec|_cdf_single|_ppf_single|generic_moment)$/,
  ],
  [/^scipy\.interpolate\._?(?:interpolate|rbf):/, /^_(?:call|h|evaluate)_\w+$/],
  [/^torch\.nn\.modules\.\w+:_?Lazy/, /^_(?:infer_parameters|lazy_\w+_hook)$/],
  [/^torch\.optim\.lr_scheduler:CyclicLR$/, /^_(?:triangular2?|exp_range)_scale_fn$/],
  [/^builtins:str$/, /^(?:split|lower|upper|strip|casefold|title|splitlines)$/],
  [/^zoneinfo:ZoneInfo$/, /^_unpickle$/],
]

/** Whether `getattr` only makes a method of something vouched for. */
export function isBoundMethod(call: Call, context: ScanContext): boolean {
  if (!isGlobal(call.callee, GETATTR) || call.args.kind !== 'tuple' || call.args.items.length !== 2)
    return false
  const [object, name] = call.args.items
  const of = object?.kind === 'call' ? effective(object).callee : object
  if (of?.kind !== 'global' || name?.kind !== 'text' || name.whole) return false
  if (standingOf(of, context).kind !== 'allowed') return false
  const title = nameOf(of) ?? ''
  return METHODS.some(([path, method]) => path.test(title) && method.test(name.value))
}

/** `getattr(zoneinfo.ZoneInfo, '_unpickle')` as the function that it gives: time zones are written so. */
function unpickledZone({ callee }: Call): PickleGlobal | undefined {
  if (callee.kind !== 'call' || !isGlobal(callee.callee, GETATTR) || callee.args.kind !== 'tuple')
    return undefined
  const [type, name] = callee.args.items
  if (type?.kind !== 'global' || nameOf(type) !== 'zoneinfo:ZoneInfo') return undefined
  if (name?.kind !== 'text' || name.value !== '_unpickle') return undefined
  return { kind: 'global', module: 'zoneinfo', name: 'ZoneInfo._unpickle', offset: type.offset, protocol: 4 }
}

/** Judges a call whose callee is allowed. */
export function callFault(call: Call, entry: Entry, context: ScanContext): CallFault | undefined {
  if (call.kwargs && !isEmpty(call.kwargs)) return { kind: 'arguments' }
  if (entry.kind === 'value') return { kind: 'not-callable' }
  const fits = entry.kind === 'function' ? entry.args : (entry.args ?? noArguments)
  if (!fits(call.args)) return { kind: 'arguments' }
  if (isGlobal(call.callee, PARTIAL) && !isPurePartial(call.args, context)) return { kind: 'arguments' }
  return undefined
}

function isEmpty(node: PickleNode): boolean {
  return (node.kind === 'dict' && node.entries.length === 0) || node.kind === 'none'
}

/** `functools.partial` of a pure function, or of a class. */
function isPurePartial(args: PickleNode, context: ScanContext): boolean {
  const target = args.kind === 'tuple' ? args.items[0] : undefined
  return target !== undefined && isPure(target, context)
}

export function isPure(node: PickleNode, context: ScanContext): boolean {
  if (node.kind !== 'global') return false
  const standing = standingOf(node, context)
  if (standing.kind !== 'allowed') return false
  // A layer is made with what `partial` keeps: torchvision does so with its norms.
  const layer = standing.entry.kind === 'class' && /^torch(?:\.nn|vision)\./.test(node.module)
  return layer || standing.entry.kind === 'value'
}

/** `functools.partial.__setstate__` replaces the function: the state must be of a pure one, too. */
export function partialStateIsPure(call: PickleCall, context: ScanContext): boolean {
  if (!isGlobal(call.callee, PARTIAL)) return true
  return call.states.every(
    state => state.kind === 'tuple' && state.items[0] !== undefined && isPure(state.items[0], context),
  )
}

/** Globals that a helper's call uses up: not kept as values. */
export function consumed(call: PickleCall): readonly PickleGlobal[] {
  if (!isGlobal(call.callee, FROM_TYPE) || call.args.kind !== 'tuple') return []
  const [func] = call.args.items
  return func?.kind === 'global' ? [func] : []
}

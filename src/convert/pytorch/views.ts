import type { TorchArgument, TorchCall } from '../../formats/index.ts'

/**
 * Operators that give another view of a tensor's memory: what is changed through one is seen through all. What gives
 * several at once is not among them.
 */
const VIEWS =
  /^aten\.(view|_unsafe_view|slice|select|narrow|transpose|permute|t|numpy_T|mT|movedim|squeeze|unsqueeze|unflatten|flatten|reshape|alias|detach|expand)(\.|$)/
const SEVERAL = /^aten\.(split|split_with_sizes|chunk|unbind)(\.|$)/

/** Views of views; those of real programs are a handful deep. Beyond, they are not followed. */
const MAX_CALLS = 64

/** How a name is a view: the tensor whose memory it is, and the calls from that to it. */
export interface View {
  readonly base: string
  readonly calls: readonly TorchCall[]
  /** One of several pieces, or too long a way: which place it has is not followed. */
  readonly piece: boolean
}

/** Views by name, over all calls of a program. */
export function viewsOf(calls: readonly TorchCall[]): ReadonlyMap<string, View> {
  const views = new Map<string, View>()
  for (const call of calls) {
    const piece = SEVERAL.test(call.target)
    const self = nameOf(call.arguments.get('self'))
    if (self === undefined || !(piece || VIEWS.test(call.target))) continue
    const above = views.get(self)
    const long = (above?.calls.length ?? 0) >= MAX_CALLS
    const view: View = {
      base: above?.base ?? self,
      calls: long ? [] : [...(above?.calls ?? []), call],
      piece: piece || long || above?.piece === true,
    }
    for (const output of call.outputs) if (output !== '') views.set(output, view)
  }
  return views
}

/** Names of views by what they are views of. */
export function byBase(views: ReadonlyMap<string, View>): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const [name, { base }] of views) {
    const of = names.get(base)
    if (of) of.push(name)
    else names.set(base, [name])
  }
  return names
}

export function nameOf(argument: TorchArgument | undefined): string | undefined {
  if (typeof argument !== 'object' || argument === null || !('kind' in argument)) return undefined
  return argument.kind === 'value' ? argument.name : undefined
}

import { fail, MAX_NAME_BYTES } from '../limits.ts'
import type { Line } from '../machine/cursor.ts'
import { isArrayWrapper, readWrapped } from '../machine/joblib.ts'
import { type Handler, type Machine, NODE_BYTES, SLOT_BYTES } from '../machine/machine.ts'
import { asciiOf, decodeUtf8 } from '../machine/texts.ts'
import type { PickleCall, PickleGlobal, PickleNode } from '../types.ts'
import { mutate } from './containers.ts'
import { MODULES, NAMES } from './renames.ts'

/** Classes and functions by name, and what would be called. */
export const OBJECTS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['GLOBAL', m => global(m)],
  ['STACK_GLOBAL', stackGlobal],
  ['REDUCE', m => call(m, 'REDUCE', m.stack.take(2))],
  ['NEWOBJ', m => call(m, 'NEWOBJ', m.stack.take(2))],
  ['NEWOBJ_EX', m => call(m, 'NEWOBJ_EX', m.stack.take(3))],
  ['OBJ', object],
  ['INST', instance],
  ['BUILD', build],
  ['PERSID', m => withName(m, id => persistent(m, { kind: 'text', value: ascii(m, id) }))],
  ['BINPERSID', m => persistent(m, m.stack.pop())],
  ['EXT1', m => extension(m, m.cursor.uint(1))],
  ['EXT2', m => extension(m, m.cursor.uint(2))],
  ['EXT4', m => extension(m, m.cursor.int32())],
  ['NEXT_BUFFER', m => m.push({ kind: 'buffer', offset: m.at })],
  ['READONLY_BUFFER', m => void m.stack.top()],
])

function global(m: Machine): void | Promise<void> {
  return withName(m, first => {
    const module = utf8(m, first)
    return withName(m, second => {
      const name = utf8(m, second)
      pushGlobal(m, module, name)
      // The C unpickler stops at the line; Python's own has imported the module before it finds no such name.
      if (module === '' || name === '') throw m.malformed('a name is empty')
    })
  })
}

function stackGlobal(m: Machine): void {
  const name = m.stack.pop()
  const module = m.stack.pop()
  if (module.kind === 'text' && name.kind === 'text' && !module.whole && !name.whole)
    pushGlobal(m, module.value, name.value)
  else
    record(m, {
      kind: 'global',
      module: '',
      name: '',
      offset: m.at,
      protocol: m.protocol,
      computed: { module, name },
    })
}

function pushGlobal(m: Machine, module: string, name: string): void {
  record(m, globalOf(m, module, name))
}

function globalOf(m: Machine, module: string, name: string): PickleGlobal {
  const renamed = m.protocol < 3 ? renameOf(module, name) : undefined
  return { kind: 'global', module, name, offset: m.at, protocol: m.protocol, ...(renamed && { renamed }) }
}

function record(m: Machine, node: PickleGlobal): void {
  m.push(node, NODE_BYTES + 2 * (node.module.length + node.name.length))
  m.seen.globals.push(node)
}

function renameOf(module: string, name: string): PickleGlobal['renamed'] {
  const both = NAMES.get(`${module} ${name}`)
  if (both) return { module: both[0], name: both[1] }
  const renamed = MODULES.get(module)
  return renamed === undefined ? undefined : { module: renamed, name }
}

function call(m: Machine, via: PickleCall['via'], operands: readonly PickleNode[]): void {
  const [callee, args, kwargs] = operands
  pushCall(m, via, callee!, args!, kwargs)
}

function pushCall(
  m: Machine,
  via: PickleCall['via'],
  callee: PickleNode,
  args: PickleNode,
  kwargs?: PickleNode,
): void {
  const node: PickleCall = {
    kind: 'call',
    via,
    callee,
    args,
    ...(kwargs && { kwargs }),
    offset: m.at,
    states: [],
    items: [],
    entries: [],
  }
  m.push(node, 2 * NODE_BYTES)
  m.seen.calls.push(node)
}

function object(m: Machine): void {
  const [callee, ...items] = m.stack.takeMarked()
  if (!callee) throw m.malformed('OBJ has no class above its MARK')
  m.charge(items.length * SLOT_BYTES)
  pushCall(m, 'OBJ', callee, { kind: 'tuple', items })
}

/** Python's own unpickler, which joblib uses, imports before it misses the MARK; the C one does not. */
function instance(m: Machine): void | Promise<void> {
  return withName(m, first => {
    const module = ascii(m, first)
    return withName(m, second => {
      const callee = globalOf(m, module, ascii(m, second))
      m.charge(2 * NODE_BYTES)
      m.seen.globals.push(callee)
      const items = m.stack.takeMarked()
      m.charge(items.length * SLOT_BYTES)
      pushCall(m, 'INST', callee, { kind: 'tuple', items })
    })
  })
}

function build(m: Machine): void | Promise<void> {
  const [target, state] = m.stack.take(2)
  m.stack.push(target!)
  if (target!.kind === 'call') {
    m.charge(SLOT_BYTES)
    target!.states.push(state!)
    if (m.joblib && isArrayWrapper(target!)) return unwrap(m, target!)
  } else mutate(m, 'BUILD', target!, [state!])
}

async function unwrap(m: Machine, wrapper: PickleCall): Promise<void> {
  const array = await readWrapped(m, wrapper)
  m.stack.pop()
  m.stack.push(array)
}

function persistent(m: Machine, id: PickleNode): void {
  const node = { kind: 'persistent', id, offset: m.at } as const
  m.push(node, NODE_BYTES)
  m.seen.persistent.push(node)
}

function extension(m: Machine, code: number): void {
  if (code <= 0) throw m.malformed(`the extension code ${code} is not above 0`)
  const node = { kind: 'extension', code, offset: m.at } as const
  m.push(node)
  m.seen.extensions.push(node)
}

function withName(m: Machine, use: (line: Line) => void | Promise<void>): void | Promise<void> {
  const line = m.cursor.line(MAX_NAME_BYTES)
  const run = (found: Line): void | Promise<void> => {
    if (found.length > MAX_NAME_BYTES)
      throw fail.limit(m.place, `a name of ${found.length} bytes; the limit is ${MAX_NAME_BYTES}`)
    return use(found)
  }
  return line instanceof Promise ? line.then(run) : run(line)
}

function utf8(m: Machine, { bytes }: Line): string {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw m.malformed('a name is not UTF-8')
  return text
}

function ascii(m: Machine, { bytes }: Line): string {
  const text = asciiOf(bytes)
  if (text === undefined) throw m.malformed('a name is not ASCII')
  return text
}

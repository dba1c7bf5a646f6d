import type { ByteSource } from '../../../core/index.ts'
import { FormatsError } from '../../errors.ts'
import { fail, MAX_PICKLES } from '../limits.ts'
import { CONTAINERS } from '../opcodes/containers.ts'
import { OPCODES } from '../opcodes/names.ts'
import { OBJECTS } from '../opcodes/objects.ts'
import { SCALARS } from '../opcodes/scalars.ts'
import { STRINGS } from '../opcodes/strings.ts'
import type { PickleRun } from '../types.ts'
import { Budget, type Handler, Machine, nothingSeen } from './machine.ts'

/** The highest that CPython knows; it refuses others. */
const HIGHEST_PROTOCOL = 5
const STOP = 0x2e

export interface PickleOptions {
  /** Where the pickle begins; 0 without. */
  readonly start?: number
  /** Arrays stand raw behind the BUILD of their NumpyArrayWrapper, as joblib (0.10 and later) writes them. */
  readonly joblib?: boolean
  /** Bytes that objects may take, as estimated; MAX_NODE_BYTES without. */
  readonly memory?: number
}

const HANDLERS: readonly (Handler | undefined)[] = handlers()

/**
 * Runs a pickle of the protocols 0 to 5 symbolically: nothing is imported or called, and what would be is recorded.
 * It goes on wherever CPython's C unpickler could, so what a loader executes is seen. Never throws on content: a
 * fault is in the result, with everything before it. Throws what the source throws.
 *
 *   const { globals, root } = await runPickle(source)
 */
export async function runPickle(source: ByteSource, options: PickleOptions = {}): Promise<PickleRun> {
  return runOne(source, options.start ?? 0, options.joblib ?? false, new Budget(options.memory))
}

/** The pickles that follow one another in a file, up to its end, a fault or a limit on their count. */
export async function runAll(
  source: ByteSource,
  options: PickleOptions & { readonly most?: number } = {},
): Promise<readonly PickleRun[]> {
  const { start = 0, joblib = false, most = MAX_PICKLES } = options
  const budget = new Budget(options.memory)
  const runs: PickleRun[] = []
  for (let at = start; at < source.size && runs.length < most; ) {
    const run = await runOne(source, at, joblib, budget)
    runs.push(run)
    if (run.fault) break
    at = run.end
  }
  return runs
}

async function runOne(
  source: ByteSource,
  start: number,
  joblib: boolean,
  budget: Budget,
): Promise<PickleRun> {
  const seen = nothingSeen()
  const machine = new Machine(source, start, joblib, seen, budget, loop)
  const before = budget.opcodes
  const fault = await faultOf(machine)
  const { trace, ...lists } = seen
  return {
    protocol: machine.protocol,
    ...(machine.root && { root: machine.root }),
    ...lists,
    opcodes: budget.opcodes - before,
    end: fault ? machine.at : machine.cursor.rawPosition,
    ...(fault && { fault }),
    traceBefore: offset => trace.before(offset),
  }
}

async function faultOf(machine: Machine): Promise<FormatsError | undefined> {
  try {
    await loop(machine)
    return undefined
  } catch (error) {
    if (error instanceof FormatsError && error.details['format'] === 'pickle') return error
    throw error
  }
}

async function loop(machine: Machine): Promise<void> {
  const { cursor, seen } = machine
  for (;;) {
    const reading = cursor.prepare()
    if (reading) await reading
    machine.at = cursor.position
    machine.count()
    const code = cursor.byte()
    seen.trace.add(code, machine.at)
    if (code === STOP) {
      machine.root = machine.stack.pop()
      return
    }
    const handler = HANDLERS[code]
    if (!handler) throw machine.malformed(`no opcode is ${byteText(code)}`)
    const pending = handler(machine)
    if (pending) await pending
  }
}

function handlers(): (Handler | undefined)[] {
  const own: [string, Handler][] = [
    ['PROTO', protocol],
    ['FRAME', m => m.cursor.frame(m.cursor.uint64())],
  ]
  const named = new Map([...SCALARS, ...STRINGS, ...CONTAINERS, ...OBJECTS, ...own])
  const table = new Array<Handler | undefined>(256).fill(undefined)
  for (const [code, name] of OPCODES) table[code] = named.get(name)
  return table
}

/** PROTO: at any place, and as often as anybody likes. */
function protocol(machine: Machine): void {
  const version = machine.cursor.uint(1)
  if (version > HIGHEST_PROTOCOL)
    throw fail.unsupported(machine.place, `protocol ${version}; the highest known is ${HIGHEST_PROTOCOL}`)
  machine.protocol = version
}

function byteText(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, '0')}`
  return code > 0x20 && code < 0x7f ? `${hex} ('${String.fromCharCode(code)}')` : hex
}

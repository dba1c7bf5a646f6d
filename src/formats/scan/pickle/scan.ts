import type { ByteSource } from '../../../core/index.ts'
import { type PickleRun, runAll } from '../../pickle/index.ts'
import { MAX_PICKLES } from '../../pickle/limits.ts'
import type { ScanSink } from '../types.ts'
import { dangerOf } from './dangers.ts'
import { type JudgeSink, judge } from './judge.ts'
import { scanPayloads } from './payloads.ts'
import { searchTexts } from './secrets.ts'
import { scanStorages } from './storages.ts'

/** Modules whose import alone does something. */
const ACTS_ON_IMPORT =
  /^(?:antigravity|idlelib\.idle|turtledemo(?:\..*)?|.*\.__main__|__main__|test\..*|this)$/

/** PROTO and fewer opcodes than these call nothing; raw weights begin so by accident. */
const LEAST_OPCODES = 4

/** How much of what stands behind a pickle is looked at. */
const MAX_REST = 4096

const WRAPPER = /^(?:sklearn\.externals\.)?joblib\.numpy_pickle(?:_compat)?$/

/**
 * Scans content as a loader of pickles would read it: one pickle, or several in a row, with joblib's arrays between
 * them or without. Gives what it is, or undefined where it is none.
 */
export async function scanPickles(source: ByteSource, sink: ScanSink): Promise<string | undefined> {
  if (source.size === 0) return undefined
  const plain = await runAll(source)
  const [first] = plain
  if (!first || !isPickle(first, await source.read(0, Math.min(2, source.size))))
    return reportImports(first, sink)
  const joblib = first.globals.some(({ module }) => WRAPPER.test(module))
  const runs = joblib ? await runAll(source, { joblib: true }) : plain
  const last = await judgeAll(runs, source, sink)
  const end = runs.at(-1)?.end ?? 0
  if (runs.length >= MAX_PICKLES && end < source.size) {
    const what = `more than ${MAX_PICKLES} pickles follow one another; the rest was not looked at`
    sink.add({ rule: 'content/limit', level: 'unknown', what, at: { offset: end } })
  }
  // A loader that knows nothing of joblib's arrays takes their bytes for opcodes.
  if (joblib) judgeOtherReading(plain, sink)
  if (joblib) return 'joblib'
  if (!isLegacyTorch(first) && !sink.context.speculative) await tellRest(runs, source, sink)
  return isLegacyTorch(first) ? 'pytorch-legacy' : last
}

async function judgeAll(runs: readonly PickleRun[], source: ByteSource, sink: ScanSink): Promise<string> {
  for (const [index, run] of runs.entries()) {
    const start = index === 0 ? 0 : runs[index - 1]!.end
    if (index > 0 && run.fault && !(await goesOn(run, source, start))) break
    judge(run, run.fault && sink.context.speculative ? certain(sink) : sink)
    if (run.fault) {
      const limit = run.fault.code === 'FORMAT_LIMIT'
      if (!sink.context.speculative || limit)
        sink.add({
          rule: limit ? 'content/limit' : 'pickle/malformed',
          level: 'unknown',
          what: run.fault.message.slice(0, 400),
          at: { offset: run.end, trace: run.traceBefore(run.end) },
        })
    }
    await scanStorages(run, sink)
    await scanPayloads(run, source, sink)
    if (!sink.context.speculative) await searchTexts(run, source, sink)
  }
  return 'pickle'
}

/** Bytes behind the last pickle that are none: a loader that goes on elsewhere finds something there. */
async function tellRest(runs: readonly PickleRun[], source: ByteSource, sink: ScanSink): Promise<void> {
  const whole = runs.findLast(run => !run.fault)
  if (!whole || runs.at(-1)?.fault === undefined || runs.length >= MAX_PICKLES) return
  const length = source.size - whole.end
  const rest = await source.read(whole.end, Math.min(length, MAX_REST))
  if (rest.every(byte => byte === 0 || byte === 0x0a || byte === 0x0d || byte === 0x20)) return
  // What begins like a pickle was told where it breaks off.
  if (await goesOn(runs.at(-1)!, source, whole.end)) return
  const what = `${length} bytes behind the pickle are none`
  sink.add({ rule: 'content/unrecognised', level: 'unknown', what, at: { offset: whole.end } })
}

/** Whether what follows a pickle is another one that breaks off, and not the raw data that PyTorch's legacy form has. */
async function goesOn(run: PickleRun, source: ByteSource, start: number): Promise<boolean> {
  if (run.calls.length > 0 && run.globals.some(isPlausible)) return true
  const head = await source.read(start, Math.min(2, source.size - start))
  return claims(head) && run.opcodes > 8
}

/** Whether content is a pickle: it comes to its end, says so, or gets as far as calling something. */
function isPickle(run: PickleRun, head: Uint8Array): boolean {
  // Two lines of a table that begin with c and a line that begins with a dot are no import.
  if (!run.fault) return claims(head) || run.globals.length === 0 || run.globals.some(isPlausible)
  if (claims(head)) return run.opcodes >= LEAST_OPCODES
  return run.calls.length > 0 && run.globals.some(isPlausible)
}

/** PROTO. */
function claims(head: Uint8Array): boolean {
  return head[0] === 0x80 && head[1] !== undefined && head[1] <= 5
}

function isPlausible({ module, name, computed }: PickleRun['globals'][number]): boolean {
  return computed !== undefined || (/^[A-Za-z_][\w.]*$/.test(module) && /^[A-Za-z_][\w.]*$/.test(name))
}

/** Content that merely begins with an import, as many a text does: only what acts when imported counts. */
function reportImports(run: PickleRun | undefined, sink: ScanSink): undefined {
  for (const { module, name, offset } of run?.globals ?? []) {
    if (ACTS_ON_IMPORT.test(module) && dangerOf(module, name))
      sink.add({
        rule: 'pickle/dangerous-global',
        level: 'unsafe',
        what: `${module} is imported, which acts when it is imported`,
        at: { offset },
      })
  }
  return undefined
}

function judgeOtherReading(runs: readonly PickleRun[], sink: ScanSink): void {
  for (const run of runs) judge(run, certain(sink))
}

/** Bytes that are no pickle may import and call by accident, but not what does harm. */
function certain(sink: ScanSink): JudgeSink {
  return {
    context: sink.context,
    beside: sink.beside,
    add: finding => {
      if (finding.rule === 'pickle/dangerous-call' || finding.rule === 'pickle/standard-call')
        sink.add(finding)
    },
  }
}

/** The first pickle of PyTorch's legacy form is its magic number. */
function isLegacyTorch(run: PickleRun): boolean {
  return run.root?.kind === 'int' && run.root.value === 0x1950a86a20f9469cfc6cn
}

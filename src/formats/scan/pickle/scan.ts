import type { ByteSource } from '../../../core/index.ts'
import { type PickleRun, runAll } from '../../pickle/index.ts'
import { MAX_PICKLES } from '../../pickle/limits.ts'
import type { ScanSink } from '../types.ts'
import { dangerOf } from './dangers.ts'
import { type JudgeSink, judge } from './judge.ts'
import { scanPayloads } from './payloads.ts'

/** Modules whose import alone does something. */
const ACTS_ON_IMPORT =
  /^(?:antigravity|idlelib\.idle|turtledemo(?:\..*)?|.*\.__main__|__main__|test\..*|this)$/

/** PROTO and fewer opcodes than these call nothing; raw weights begin so by accident. */
const LEAST_OPCODES = 4

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
    await scanPayloads(run, source, sink)
  }
  return 'pickle'
}

/** Whether what follows a pickle is another one that breaks off, and not the raw data that PyTorch's legacy form has. */
async function goesOn(run: PickleRun, source: ByteSource, start: number): Promise<boolean> {
  if (run.calls.length > 0 && run.globals.some(isPlausible)) return true
  const head = await source.read(start, Math.min(2, source.size - start))
  return claims(head) && run.opcodes > 8
}

/** Whether content is a pickle: it comes to its end, says so, or gets as far as calling something. */
function isPickle(run: PickleRun, head: Uint8Array): boolean {
  if (!run.fault) return true
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

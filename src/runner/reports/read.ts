import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_DOTENV_VARIABLES, MAX_METRICS, type ReportSummaries } from '../../api/index.ts'
import { messageOf } from '../../core/index.ts'
import { RunnerError } from '../errors.ts'
import type { FoundReport } from '../workspace/artifacts/keep.ts'
import { CoverageCounter } from './coverage.ts'
import { type Dotenv, MAX_DOTENV_BYTES, parseDotenv } from './dotenv.ts'
import { JunitCounter } from './junit.ts'
import { parseMetrics } from './metrics.ts'
import { type XmlHandler, XmlProblem, XmlReader } from './xml.ts'

/** Of one report's file: hundreds of thousands of tests. Reading goes on beside everything else. */
const MAX_REPORT_BYTES = 128 * 1024 * 1024
/** Of all reports of a job that are XML: reading is at work for some 25 s then, while other jobs wait their turn. */
const MAX_ALL_REPORT_BYTES = 256 * 1024 * 1024
const MAX_METRICS_BYTES = 4 * 1024 * 1024
/** Files of one job that are read; the rest are kept all the same. */
const MAX_REPORTS = 2000
const MAX_PROBLEMS = 50
const MAX_PROBLEM = 500
const CHUNK = 256 * 1024

/**
 * Reads a job's reports. One that is no report is a problem that is told; a dotenv report that is none throws
 * REPORT_INVALID, because later jobs would run without what they need.
 */
export async function readReports(
  workspace: string,
  reports: readonly { readonly kind: FoundReport; readonly path: string }[],
): Promise<ReportSummaries | undefined> {
  if (reports.length === 0) return undefined
  const reading = new Reading(workspace)
  for (const { kind, path } of reports.slice(0, MAX_REPORTS)) await reading.read(kind, path)
  if (reports.length > MAX_REPORTS)
    reading.problem(`${reports.length - MAX_REPORTS} further reports were not read`)
  return reading.summaries
}

type Counter = XmlHandler & { begin(): void }

class Reading {
  readonly #workspace: string
  readonly #junit = new JunitCounter()
  readonly #coverage = new CoverageCounter()
  readonly #metrics = new Map<string, number>()
  readonly #variables = new Map<string, string>()
  readonly #kinds = new Set<FoundReport>()
  readonly #problems: string[] = []
  #xmlLeft = MAX_ALL_REPORT_BYTES

  constructor(workspace: string) {
    this.#workspace = workspace
  }

  get summaries(): ReportSummaries {
    const kinds = this.#kinds
    const pairs = (map: ReadonlyMap<string, number>) =>
      Array.from(map, ([name, value]) => ({ name, value })).slice(0, MAX_METRICS)
    return {
      ...(kinds.has('junit') && { tests: this.#junit.summary }),
      ...(kinds.has('coverage') && { coverage: this.#coverage.summary }),
      ...(kinds.has('metrics') && { metrics: pairs(this.#metrics) }),
      ...(kinds.has('dotenv') && {
        variables: Array.from(this.#variables, ([name, value]) => ({ name, value })),
      }),
      ...(this.#problems.length > 0 && { problems: this.#problems }),
    }
  }

  problem(text: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(text.slice(0, MAX_PROBLEM))
  }

  async read(kind: FoundReport, path: string): Promise<void> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    try {
      const handle = await open(join(this.#workspace, path), flags)
      try {
        await this.#readAs(kind, path, handle)
        this.#kinds.add(kind)
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (error instanceof RunnerError) throw error
      // Told, so that a count of some reports is not taken for that of all.
      this.problem(
        `${kind} report ${path}: ${error instanceof XmlProblem ? error.message : messageOf(error)}`,
      )
    }
  }

  async #readXml(handle: FileHandle, counter: Counter): Promise<void> {
    const { size } = await handle.stat()
    if (size > this.#xmlLeft)
      throw new XmlProblem(`of one job ${MAX_ALL_REPORT_BYTES} bytes of reports are read; this would be more`)
    this.#xmlLeft -= size
    await readXml(handle, size, counter)
  }

  async #readAs(kind: FoundReport, path: string, handle: FileHandle): Promise<void> {
    switch (kind) {
      case 'junit':
        return this.#readXml(handle, this.#junit)
      case 'coverage':
        return this.#readXml(handle, this.#coverage)
      case 'metrics':
        for (const { name, value } of parseMetrics((await readAtMost(handle, MAX_METRICS_BYTES)).toString()))
          this.#metrics.set(name, value)
        return
      case 'dotenv': {
        const dotenv = parseDotenv(await readAtMost(handle, MAX_DOTENV_BYTES + 1))
        if ('problems' in dotenv) throw invalidDotenv(path, dotenv.problems)
        for (const { name, value } of dotenv.variables) this.#variables.set(name, value)
        if (this.#variables.size > MAX_DOTENV_VARIABLES)
          throw invalidDotenv(path, [
            `with those before it there are more than ${MAX_DOTENV_VARIABLES} variables`,
          ])
      }
    }
  }
}

async function readXml(handle: FileHandle, size: number, counter: Counter): Promise<void> {
  if (size > MAX_REPORT_BYTES)
    throw new XmlProblem(`it has ${size} bytes; ${MAX_REPORT_BYTES} at most are read`)
  const decoder = new TextDecoder()
  const reader = new XmlReader(counter)
  const buffer = Buffer.allocUnsafe(CHUNK)
  counter.begin()
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK, size - at), at)
    if (bytesRead === 0) break
    at += bytesRead
    reader.write(decoder.decode(buffer.subarray(0, bytesRead), { stream: true }))
  }
  reader.write(decoder.decode())
  reader.end()
}

async function readAtMost(handle: FileHandle, limit: number): Promise<Buffer> {
  const buffer = Buffer.alloc(limit)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, limit - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === limit) return buffer.subarray(0, length)
  }
}

function invalidDotenv(
  path: string,
  problems: Extract<Dotenv, { problems: unknown }>['problems'],
): RunnerError {
  return new RunnerError('REPORT_INVALID', {
    message: `The dotenv report ${path} can't be read: ${problems.slice(0, 5).join('; ')}`,
    hint: 'Write one NAME=value on each line, without empty lines and comments.',
    details: { path, problems: problems.slice(0, 20) },
  })
}

import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RunnerError } from '../errors.ts'
import { type LogSink, LogStream } from './stream.ts'
import type { TrimLimits } from './trim.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-log-'))
  path = join(folder, 'log')
  await writeFile(path, '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Keeps what it is given, as the control plane does. */
class Kept implements LogSink {
  bytes: Buffer = Buffer.alloc(0)
  /** Thrown by the next calls, one each. */
  failures: Error[] = []
  async append(offset: number, bytes: Uint8Array): Promise<number> {
    const failure = this.failures.shift()
    if (failure) throw failure
    expect(offset).toBeLessThanOrEqual(this.bytes.length)
    this.bytes = Buffer.concat([this.bytes, bytes.subarray(this.bytes.length - offset)])
    return this.bytes.length
  }
  get text(): string {
    return this.bytes.toString()
  }
}

const SECRET = [{ bytes: Buffer.from('hunter2'), wraps: false }]

function aStream(sink: LogSink, limits?: TrimLimits): LogStream {
  return new LogStream(path, SECRET, sink, {
    signal: new AbortController().signal,
    ...(limits && { limits }),
  })
}

test('lines arrive while the file grows', async () => {
  const sink = new Kept()
  const stream = aStream(sink)
  await stream.start(false)
  await appendFile(path, 'one\n')
  await expect.poll(() => sink.text).toBe('one\n')
  await appendFile(path, 'hunt')
  await appendFile(path, 'er2\n')
  await expect.poll(() => sink.text).toBe('one\n[redacted]\n')
  await stream.finish()
  expect(sink.text).toBe('one\n[redacted]\n')
})

test('one that takes over sends what is missing, though its beginning was cut inside a secret’s line', async () => {
  await writeFile(path, 'before hunter2 after\n')
  const sink = new Kept()
  sink.bytes = Buffer.from('before [reda')
  const stream = aStream(sink)
  await stream.start(true)
  await stream.finish()
  expect(sink.text).toBe('before [redacted] after\n')
})

test('what could not be sent is sent again, once', async () => {
  const sink = new Kept()
  const away = (): RunnerError => new RunnerError('CONTROL_PLANE_UNREACHABLE', { message: 'away' })
  sink.failures = [away(), away()]
  await writeFile(path, 'one\ntwo\n')
  const stream = aStream(sink)
  await stream.start(false)
  await stream.finish()
  expect(sink.text).toBe('one\ntwo\n')
})

test('a control plane that went back to an older copy gets everything after that again', async () => {
  const sink = new Kept()
  const stream = aStream(sink)
  await stream.start(false)
  await appendFile(path, 'hunter2 and one\n')
  await expect.poll(() => sink.text).toBe('[redacted] and one\n')
  // Its answer to an append beyond its end is the length that it has.
  sink.bytes = sink.bytes.subarray(0, 4)
  const append = sink.append.bind(sink)
  sink.append = async (offset, bytes) =>
    offset > sink.bytes.length ? sink.bytes.length : append(offset, bytes)
  await appendFile(path, 'two\n')
  await stream.finish()
  expect(sink.text).toBe('[redacted] and one\ntwo\n')
})

test('of a long log head and tail are kept, and it is the same when somebody takes over, wherever', async () => {
  await writeFile(path, `${'x'.repeat(999)}\n${'y'.repeat(5000)}\nthe end, hunter2\n`)
  const limits = { head: 1000, tail: 30 }
  const whole = new Kept()
  const stream = aStream(whole, limits)
  await stream.start(false)
  await stream.finish()
  expect(whole.text).toBe(
    `${'x'.repeat(999)}\n\x1b[0m\n[The log is longer than 1 kB: of the rest the last 30 B follow when it has ended]\n` +
      '\x1b[0m\n[5 kB of the log were left out here]\nthe end, [redacted]\n',
  )
  for (const known of [500, 1000, 1010, 1090, 1100, whole.bytes.length - 3, whole.bytes.length]) {
    const resumed = new Kept()
    resumed.bytes = whole.bytes.subarray(0, known)
    const second = aStream(resumed, limits)
    await second.start(true)
    await second.finish()
    expect(resumed.text).toBe(whole.text)
  }
})

test('a long log streams its head while it grows, and its tail at the end', async () => {
  const sink = new Kept()
  const stream = aStream(sink, { head: 10, tail: 10 })
  await stream.start(false)
  await appendFile(path, '0123456789 more')
  await expect.poll(() => sink.text).toMatch(/^0123456789.*\[The log is longer than 10 B/s)
  expect(sink.text).not.toContain('more')
  await appendFile(path, ' or')
  await stream.finish()
  // No longer than both together: nothing is lost.
  expect(sink.text).toMatch(/ended\]\n more or$/)
})

test('a lease that was lost ends it with that reason', async () => {
  const sink = new Kept()
  sink.failures = [new RunnerError('LEASE_LOST', { message: 'taken away' })]
  await writeFile(path, 'one\n')
  const stream = aStream(sink)
  await stream.start(false)
  await expect(stream.finish()).rejects.toMatchObject({ code: 'LEASE_LOST' })
})

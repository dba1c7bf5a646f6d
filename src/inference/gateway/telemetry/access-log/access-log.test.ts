import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { gapLine } from './access-line.ts'
import { Lines, type LineTarget } from './lines.ts'
import { RollingFile } from './rolling-file.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'access-log-'))
  folders.push(folder)
  return folder
}

/** A target whose writes end when the test says so. */
class HeldTarget implements LineTarget {
  readonly written: string[] = []
  readonly #waiting: (() => void)[] = []
  failing = false
  held = false

  async write(text: string): Promise<void> {
    if (this.held) await new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.failing) throw new Error('no space')
    this.written.push(text)
  }

  release(): void {
    this.held = false
    for (const go of this.#waiting.splice(0)) go()
  }

  async close(): Promise<void> {}
}

test('lines are gathered into few writes, in their order, and all are there after closing', async () => {
  const target = new HeldTarget()
  const lines = new Lines(target, { gap: gapLine })
  for (let i = 0; i < 10_000; i++) lines.add(`line ${i} ${'x'.repeat(40)}`)
  await lines.close()
  const text = target.written.join('')
  expect(
    text
      .split('\n')
      .slice(0, -1)
      .map(line => Number(line.split(' ')[1])),
  ).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
  expect(target.written.length).toBeLessThan(20)
  expect(lines.lost).toBe(0)
})

test('while a disk hangs, memory stays bounded; what was lost is counted and said in the log', async () => {
  const target = new HeldTarget()
  target.held = true
  const lines = new Lines(target, { gap: gapLine })
  const line = 'x'.repeat(1023)
  for (let i = 0; i < 20_000; i++) lines.add(line)
  const { lost } = lines
  expect(lost).toBeGreaterThan(10_000)
  target.release()
  await lines.close()
  const written = target.written.join('').split('\n').slice(0, -1)
  expect(written.filter(each => each === line)).toHaveLength(20_000 - lost)
  expect(written.filter(each => each.startsWith('{')).map(each => JSON.parse(each).lost)).toEqual([lost])
})

test('lines that could not be written are lost, and told once writing works again', async () => {
  const target = new HeldTarget()
  const problems: number[] = []
  const lines = new Lines(target, { gap: gapLine, onProblem: (_, lost) => problems.push(lost) })
  target.failing = true
  target.held = true
  const big = 'x'.repeat(300_000)
  lines.add(big)
  lines.add('kept')
  target.release()
  await Promise.resolve()
  await new Promise(resolve => setImmediate(resolve))
  target.failing = false
  await lines.close()
  expect(problems).toEqual([1, 0])
  const [gap, kept] = target.written.join('').split('\n')
  expect(JSON.parse(gap!)).toMatchObject({ lost: 1 })
  expect(kept).toBe('kept')
})

test('a file that is full becomes .1, and .1 becomes .2; the oldest goes', async () => {
  const path = join(aFolder(), 'deep', 'access.log')
  const file = new RollingFile(path, { maxBytes: 100, kept: 2 })
  for (let i = 0; i < 10; i++) await file.write(`${`${i}`.repeat(39)}\n`)
  await file.close()
  const folder = join(path, '..')
  expect(readdirSync(folder).toSorted()).toEqual(['access.log', 'access.log.1', 'access.log.2'])
  const firsts = ['.2', '.1', ''].flatMap(suffix =>
    readFileSync(path + suffix, 'utf8')
      .trim()
      .split('\n')
      .map(line => line[0]),
  )
  expect(firsts).toEqual(['4', '5', '6', '7', '8', '9'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('one write that is larger than a file goes whole into one of its own', async () => {
  const path = join(aFolder(), 'access.log')
  const file = new RollingFile(path, { maxBytes: 10, kept: 3 })
  await file.write('small\n')
  await file.write(`${'x'.repeat(50)}\n`)
  await file.close()
  expect(readFileSync(path, 'utf8')).toHaveLength(51)
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('small\n')
})

test('half a line of a process that was killed is ended before the next begins', async () => {
  const path = join(aFolder(), 'access.log')
  writeFileSync(path, '{"a":1}\n{"b":')
  const file = new RollingFile(path, { maxBytes: 1000, kept: 1 })
  await file.write('{"c":3}\n')
  await file.close()
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"b":\n{"c":3}\n')
})

test('a folder that went away is made anew', async () => {
  const folder = aFolder()
  const path = join(folder, 'logs', 'access.log')
  const file = new RollingFile(path, { maxBytes: 10, kept: 1 })
  await file.write('one\n')
  rmSync(join(folder, 'logs'), { recursive: true })
  await file.write('two two two\n')
  await file.close()
  expect(readFileSync(path, 'utf8')).toBe('two two two\n')
})

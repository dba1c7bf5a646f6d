import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../core/index.ts'
import { UNFIT_EXIT_STATUS } from '../replica/index.ts'
import { startDetached } from './processes.ts'
import { Spare } from './spare.ts'

const COMMAND = [process.execPath, new URL('../../cli/main.ts', import.meta.url).pathname]
let folder: string
let spare: Spare
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spare-'))
  spare = spareOf(COMMAND)
})
afterEach(async () => {
  await spare.close()
  await rm(folder, { recursive: true, force: true })
})

function spareOf(command: readonly string[]): Spare {
  return new Spare({ command, env: {}, folder: join(folder, 'spare'), logger: createLogger('test') })
}

/** Reads a file until it says something. */
async function says(path: () => Promise<string>, text: string): Promise<string> {
  for (;;) {
    const found = await readFile(await path(), 'utf8').catch(() => '')
    if (found.includes(text)) return found
    await wait(10)
  }
}

const ownLog = async () =>
  join(folder, 'spare', (await readdir(join(folder, 'spare')).catch(() => []))[0] ?? '')

test('it waits, becomes what it is told, and writes on in that log', async () => {
  spare.prepare()
  await says(ownLog, 'waits for a model')
  const spec = join(folder, 'spec.json')
  await writeFile(spec, '{"replica":1}')
  const log = join(folder, 'log.txt')
  const child = await spare.take({ spec, tied: false }, log)
  const [status] = await once(child!, 'exit')
  expect(status).toBe(UNFIT_EXIT_STATUS)
  expect(await readFile(log, 'utf8')).toContain("The replica's specification can't be read")
  expect(await readdir(join(folder, 'spare'))).toEqual([])
  expect(await spare.take({ spec, tied: false }, log)).toBeUndefined()
})

test('one that is told before it is ready becomes it all the same', async () => {
  spare.prepare()
  const child = await spare.take({ spec: join(folder, 'none.json'), tied: true }, join(folder, 'log.txt'))
  const [status] = await once(child!, 'exit')
  expect(status).toBe(UNFIT_EXIT_STATUS)
})

test('it ends with whoever started it', async () => {
  const log = join(folder, 'log.txt')
  const child = await startDetached([...COMMAND, 'replica', '--spare'], log, { tied: true })
  await says(async () => log, 'waits for a model')
  child.stdin!.destroy()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('where it can not be started there is none, and nothing is thrown', async () => {
  spare = spareOf([join(folder, 'no-such-program')])
  spare.prepare()
  expect(await spare.take({ spec: 'x', tied: false }, join(folder, 'log.txt'))).toBeUndefined()
})

test('one that has ended is not taken, and leaves no trace', async () => {
  const mark = join(folder, 'mark')
  spare = spareOf([process.execPath, '-e', `require('fs').writeFileSync(${JSON.stringify(mark)}, 'gone')`])
  spare.prepare()
  await says(async () => mark, 'gone')
  await expect.poll(() => readdir(join(folder, 'spare'))).toEqual([])
  expect(await spare.take({ spec: 'x', tied: false }, join(folder, 'log.txt'))).toBeUndefined()
})

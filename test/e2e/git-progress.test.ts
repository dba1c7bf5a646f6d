import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readRefs } from '../../src/git/index.ts'
import {
  clientEnvironment,
  type GitWorld,
  type GitWorldOptions,
  startGitWorld,
  TOKEN,
  until,
} from './git-world.ts'

let world: GitWorld
afterEach(() => world.stop())

async function aWorldWithACommit(options: GitWorldOptions, content: string | Buffer = 'x'): Promise<void> {
  world = await startGitWorld(options)
  await world.git('.', 'clone', '-q', `${world.url}/digits.git`, 'work')
  await writeFile(join(world.folder, 'work', 'model.onnx'), content)
  await world.git('work', 'add', '-A')
  await world.git('work', 'commit', '-q', '-m', 'Begin')
}

/** `git push` as a process of its own group, as in a terminal. */
function pushing(...config: readonly string[]): {
  child: ChildProcessWithoutNullStreams
  shown: () => string
} {
  const child = spawn('git', [...config, 'push', 'origin', 'main'], {
    cwd: join(world.folder, 'work'),
    env: clientEnvironment(),
    detached: true,
  })
  let text = ''
  child.stderr.on('data', chunk => {
    text += chunk
  })
  return { child, shown: () => text }
}

/** A line that is only said once the test has seen the one before. */
function aTeller() {
  const queue: string[] = []
  let wake = () => {}
  return {
    say(line: string) {
      queue.push(line)
      wake()
    },
    async *lines(signal: AbortSignal): AsyncGenerator<string> {
      while (!signal.aborted) {
        const line = queue.shift()
        if (line === 'END') return
        if (line !== undefined) yield line
        else {
          await new Promise<void>(resolve => {
            wake = resolve
            signal.addEventListener('abort', () => resolve(), { once: true })
          })
        }
      }
    },
  }
}

test('each line is shown while the push still waits', async () => {
  const teller = aTeller()
  await aWorldWithACommit({ postReceive: (_, signal) => teller.lines(signal) })
  const { child, shown } = pushing()
  teller.say('unit: running')
  await until(() => shown().includes('remote: unit: running'), 'the first line')
  expect((await readRefs(world.directory)).size).toBe(1)
  teller.say('unit: succeeded\n状态：通过')
  await until(() => shown().includes('remote: 状态：通过'), 'the second line')
  expect(child.exitCode).toBeNull()
  teller.say('END')
  expect(await once(child, 'close')).toEqual([0, null])
})

test('Ctrl-C at the client ends the telling, and nothing else', async () => {
  const teller = aTeller()
  let aborted = false
  await aWorldWithACommit({
    postReceive: (_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return teller.lines(signal)
    },
  })
  const { child, shown } = pushing()
  teller.say('unit: running')
  await until(() => shown().includes('unit: running'), 'the first line')
  process.kill(-child.pid!, 'SIGINT')
  await once(child, 'close')
  await until(() => aborted, 'the signal')
  expect((await readRefs(world.directory)).size).toBe(1)
  expect(await world.leftovers()).toEqual([])
  expect(world.ended).toEqual([])
})

test('closing the front door lets a waiting push end well', async () => {
  const teller = aTeller()
  await aWorldWithACommit({ postReceive: (_, signal) => teller.lines(signal) })
  const { child, shown } = pushing()
  teller.say('unit: running')
  await until(() => shown().includes('unit: running'), 'the first line')
  await world.door.close()
  expect(await once(child, 'close')).toEqual([0, null])
})

test('a push that is cut off in the middle of its upload leaves nothing', async () => {
  await aWorldWithACommit({}, randomBytes(8 << 20))
  const pack = await packOfMain()
  const socket = connect(world.port, '127.0.0.1')
  await once(socket, 'connect')
  const head = [
    'POST /digits.git/git-receive-pack HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Basic ${Buffer.from(`x:${TOKEN}`).toString('base64')}`,
    'Content-Type: application/x-git-receive-pack-request',
    `Content-Length: ${pack.length}`,
    '\r\n',
  ]
  socket.write(head.join('\r\n'))
  socket.write(pack.subarray(0, pack.length >> 1))
  await until(async () => (await world.leftovers()).length > 0, 'the quarantine')
  socket.destroy()
  await until(async () => (await world.leftovers()).length === 0, 'its removal')
  expect(await readRefs(world.directory)).toEqual(new Map())
  expect(world.received).toEqual([])
})

/** What git would send: the command, a flush, the pack. */
async function packOfMain(): Promise<Buffer> {
  const id = (await world.git('work', 'rev-parse', 'HEAD')).stdout.trim()
  await world.git('work', 'repack', '-q', '-a', '-d')
  const packs = join(world.folder, 'work/.git/objects/pack')
  const name = (await readdir(packs)).find(file => file.endsWith('.pack'))!
  const pack = await readFile(join(packs, name))
  const command = `${'0'.repeat(40)} ${id} refs/heads/main\0 report-status\n`
  const line = (command.length + 4).toString(16).padStart(4, '0') + command
  return Buffer.concat([Buffer.from(`${line}0000`), pack])
}

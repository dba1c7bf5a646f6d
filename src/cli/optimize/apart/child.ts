import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { deserialize, serialize } from 'node:v8'
import { BallastError, messageOf } from '../../../core/index.ts'
import { peakBytes } from '../memory/peak.ts'
import { DONE, REPLY_FILE, REQUEST_FILE, type Reply, type Request, type WrittenError } from './files.ts'
import { limitMemory } from './limit.ts'
import { TASKS, type TaskName, type Worker } from './tasks.ts'

/**
 * Does tasks, a line of standard input each: its name, and the folder where the request is and the reply goes. Progress
 * goes to standard output. Ends with its input: nothing is done for one that is gone.
 */
export async function workApart(): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  lines.once('close', () => process.exit(0))
  for await (const line of lines) {
    const [, task = '', folder = ''] = /^(\S+) (.+)$/.exec(line) ?? []
    if (!isTask(task)) throw new TypeError(`There is no task '${task}'`)
    await workOn(task, folder)
    process.stdout.write(`${DONE}\n`)
  }
}

function isTask(name: string): name is TaskName {
  return Object.hasOwn(TASKS, name)
}

async function workOn(task: TaskName, folder: string): Promise<void> {
  const reply = await replyOf(task, folder, line => void process.stdout.write(`${line}\n`))
  const draft = join(folder, `${REPLY_FILE}.part`)
  await writeFile(draft, serialize(reply))
  await rename(draft, join(folder, REPLY_FILE))
}

async function replyOf(task: TaskName, folder: string, say: (line: string) => void): Promise<Reply> {
  try {
    const { asks, memory } = deserialize(await readFile(join(folder, REQUEST_FILE))) as Request
    // The request is of this very task: the process that started this one wrote both.
    const work = (await TASKS[task]()) as (...given: Parameters<Worker<TaskName>>) => Promise<unknown>
    if (memory !== undefined) await limitMemory(memory)
    const result = await work(asks as Parameters<typeof work>[0], folder, say)
    return { kind: 'done', result, peak: peakBytes() }
  } catch (error) {
    return { kind: 'failed', error: written(error), peak: peakBytes() }
  }
}

function written(error: unknown): WrittenError {
  if (!(error instanceof BallastError))
    return { message: error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error) }
  const { code, message, hint, details } = error
  return { code, message, details: JSON.parse(JSON.stringify(details)), ...(hint !== undefined && { hint }) }
}

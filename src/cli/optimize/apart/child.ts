import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { BallastError, messageOf } from '../../../core/index.ts'
import { REPLY_FILE, REQUEST_FILE, type Reply, type WrittenError } from './files.ts'
import { TASKS, type TaskName, type Worker } from './tasks.ts'

/** Does the task of a folder, and writes what it came to there. Progress goes to standard output, a line each. */
export async function workApart(task: TaskName, folder: string): Promise<void> {
  // Whoever asked holds the other end: nothing is done for one that is gone.
  process.stdin.once('close', () => process.exit(1)).resume()
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const reply = await replyOf(task, folder, say)
  const draft = join(folder, `${REPLY_FILE}.part`)
  await writeFile(draft, serialize(reply))
  await rename(draft, join(folder, REPLY_FILE))
  process.exit(0)
}

async function replyOf(task: TaskName, folder: string, say: (line: string) => void): Promise<Reply> {
  try {
    const asks = deserialize(await readFile(join(folder, REQUEST_FILE)))
    // The request is of this very task: the process that started this one wrote both.
    const work = (await TASKS[task]()) as Worker<TaskName>
    return { kind: 'done', result: await work(asks, folder, say) }
  } catch (error) {
    return { kind: 'failed', error: written(error) }
  }
}

function written(error: unknown): WrittenError {
  if (!(error instanceof BallastError))
    return { message: error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error) }
  const { code, message, hint, details } = error
  return { code, message, details: JSON.parse(JSON.stringify(details)), ...(hint !== undefined && { hint }) }
}

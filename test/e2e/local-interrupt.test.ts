import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemCode } from '../../src/core/index.ts'
import { job, type LocalWorld, openLocalWorld } from './local-world.ts'

let local: LocalWorld
beforeEach(async () => {
  local = await openLocalWorld()
})
afterEach(() => local.close())

/** Resolves once the command has printed this. */
function printed(child: ChildProcess, text: string): Promise<void> {
  let all = ''
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (bytes: Buffer) => {
      all += bytes.toString()
      if (all.includes(text)) resolve()
    })
    child.once('exit', () => reject(new Error(`It ended before it printed '${text}':\n${all}`)))
  })
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('close', resolve))
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return systemCode(error)
  }
}

/** No process of the job's group, once the system has put away those that were killed; they'd sleep for 60 s. */
async function nothingIsLeft(): Promise<void> {
  const pid = Number(await readFile(join(local.root, 'pid'), 'utf8'))
  await expect.poll(() => codeOf(() => process.kill(-pid, 0)), { timeout: 10_000 }).toBe('ESRCH')
}

describe('Ctrl-C', () => {
  test('asks the jobs to end, tells what became of them, and leaves no process behind', async () => {
    const ci =
      `ask:\n  script: [ "trap 'echo asked; exit 1' TERM; echo $$ > ${local.root}/pid; echo ready; sleep 60 & wait" ]\n` +
      '  after_script: [ "echo cleaned up" ]\n' +
      job('next', 'echo next', '  needs: [ask]\n')
    await local.repository({ '.gitlab-ci.yml': ci })
    const child = local.start('run')
    const end = ended(child)
    await printed(child, 'ready')
    child.kill('SIGINT')
    expect(await end).toBe(130)
    expect(await local.states()).toEqual({ ask: 'canceled', next: 'canceled' })
    const log = await local.logOf('ask')
    expect(log).toContain('asked')
    expect(log).toContain('cleaned up')
    await nothingIsLeft()
  })

  test('twice kills what does not listen', async () => {
    const deaf = job('deaf', `trap '' TERM INT; echo $$ > ${local.root}/pid; echo ready; sleep 60; sleep 60`)
    await local.repository({ '.gitlab-ci.yml': deaf })
    const child = local.start('run')
    const end = ended(child)
    const told = printed(child, 'Ctrl-C again kills them')
    await printed(child, 'ready')
    child.kill('SIGINT')
    await told
    child.kill('SIGINT')
    expect(await end).toBe(130)
    await nothingIsLeft()
  })
})

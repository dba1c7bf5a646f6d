import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseExecutor, detectSandbox } from '../../src/runner/index.ts'
import { containersMissing, openContainers } from './containers.ts'
import { describeExecutor, type ExecutorWorld } from './executors.ts'

async function open(sandbox: 'bubblewrap' | 'uid' | 'none'): Promise<ExecutorWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-executor-'))
  const executor = await chooseExecutor({ sandbox, dataDir: folder })
  return {
    executor,
    folder,
    async close() {
      await rm(folder, { recursive: true, force: true })
      if (executor.placesRoot) await rm(executor.placesRoot, { recursive: true, force: true })
    },
  }
}

const report = await detectSandbox()
describeExecutor('none', () => open('none'), { confines: false })
if (report.bubblewrap.works) describeExecutor('bubblewrap', () => open('bubblewrap'), { confines: true })
else console.warn(`skipped: bubblewrap does not work here: ${report.bubblewrap.reason}`)
if (report.uid.works) describeExecutor('uid', () => open('uid'), { confines: report.uid.namespaces })
else console.warn(`skipped: uid does not work here: ${report.uid.reason}`)

const missing = await containersMissing()
if (missing === undefined) describeExecutor('container', openContainers, { confines: true })
else console.warn(`skipped: containers do not work here: ${missing}`)

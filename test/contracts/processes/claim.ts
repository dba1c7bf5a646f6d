/** Claims ready jobs until there are none, and says which it got: `node claim.ts DATABASE RUNNER`. */
import { openSqlite } from '../../../src/storage/index.ts'
import { anAttempt } from '../stores/world.ts'

const [path, runner] = process.argv.slice(2)
const stores = await openSqlite(path!)
const claimed: string[] = []
for (;;) {
  // All of them, in the same order as everybody else: the fiercest contention.
  const ready = await stores.pipelines.jobsIn('ready')
  if (ready.length === 0) break
  for (const job of ready) {
    const fence = await stores.pipelines.nextFence()
    if (await stores.pipelines.claim(job.id, anAttempt(job, { runner: runner!, fence }))) claimed.push(job.id)
  }
}
await stores.close()
process.stdout.write(JSON.stringify(claimed))
